-- Runs the commands of `aura-replay drive lua5.4 test/driver.lua`.
local has_ffi, ffi = pcall(require, "ffi")
local cjson = require("cjson")
local aura = require("aura_users")
cjson.encode_sparse_array(true)
-- Debian's cjson cannot write an empty list.
local EMPTY = "@empty"
if has_ffi then
  ffi.cdef("int fork(void); int waitpid(int, int *, int); int getpid(void);")
end

local function of(err)
  return err.json and cjson.decode(err.json) or { kind = err.kind, message = err.message }
end

-- Ends the call as the command says.
local function ended(command, status, call)
  local after = command.cancel_after_ms or command.deadline_ms
  if status == "ok" and after and call:wait(after) == "pending" then
    if command.cancel_after_ms then
      call:cancel()
    else
      call:expire()
    end
  end
  return aura.internal.finish(status, call)
end

local function stream(command, client)
  local answer = { ok_rows = {}, errors = {} }
  local logs = client:stream_audit_logs()
  if command.cancel_after_ms then
    local rows = {}
    local status, problem = logs.handle:start(rows)
    local _, err = ended(command, status, rows.call or problem)
    return { error = of(err) }
  end
  while true do
    local row, err = logs:next()
    if row then
      table.insert(answer.ok_rows, row.raw_json)
    elseif err and command.resume and #answer.errors < 10 then
      table.insert(answer.errors, of(err))
    else
      answer.error = err and of(err) or nil
      answer.ok_rows = #answer.ok_rows > 0 and answer.ok_rows or EMPTY
      answer.errors = #answer.errors > 0 and answer.errors or nil
      return answer
    end
  end
end

local function once(command, client)
  local args, operation = command.args, command.operation
  local user, err
  if operation == "stream_audit_logs" then
    return stream(command, client)
  elseif command.cancel_after_ms or command.deadline_ms then
    user, err = ended(command, client.handle:start(operation, {}, args.username_or_email))
  elseif operation == "create_user" then
    user, err = client:create_user(args.username, args.password, args.emails)
  elseif operation == "get_current_user" then
    user, err = client:get_current_user()
  else
    user, err = client[operation](client, args.username_or_email)
  end
  if err then
    return { error = of(err) }
  end
  return user == true and { ok_empty = true } or { ok = user.raw_json }
end

local function many(command, client)
  local counts, jobs, core = {}, {}, aura.internal.core
  local function count(result)
    local kind = result.error and result.error.kind or "ok"
    counts[kind] = (counts[kind] or 0) + 1
  end
  if command.cancel_after_ms then
    local queue = core.queue()
    for number = 1, command.times do
      local _, call = client.handle:start(command.operation, {}, command.args.username_or_email)
      call:complete(queue, number)
      jobs[number] = call
    end
    queue:wait(command.cancel_after_ms)
    for _, call in ipairs(jobs) do
      call:cancel()
      local _, err = aura.internal.finish("ok", call)
      count({ error = err })
    end
  elseif command.at_once then
    for number = 1, command.times do
      jobs[number] = function()
        count(once(command, client))
      end
    end
    aura.run((table.unpack or unpack)(jobs)) -- luacheck: ignore
  else
    for _ = 1, command.times do
      count(once(command, client))
    end
  end
  return { outcomes = counts }
end

local function answer_of(command)
  local client, err = aura.client(command.options)
  local answer = err and { error = of(err) } or (command.times and many or once)(command, client)
  if client then
    client:close()
  end
  return answer
end

for line in io.lines() do
  local command = cjson.decode(line)
  local lines, child = {}, nil
  -- A number of Lua may be too small for a page, so it is passed as text.
  command.options.page = command.options.page and line:match('"page":(%d+)')
  if command.log then
    aura.set_log("debug", function(_, text)
      table.insert(lines, text)
    end)
  end
  if command.fork and has_ffi then
    child = ffi.C.fork()
  end
  if child and child ~= 0 then
    ffi.C.waitpid(child, nil, 0) -- The child writes the answer.
  else
    local answer = command.fork and not has_ffi and { cannot = "Lua 5.4 has no fork" } or answer_of(command)
    answer.id = command.id
    answer.log = #lines > 0 and lines or nil
    answer.pid = child and ffi.C.getpid()
    io.write((cjson.encode(answer):gsub('"@empty"', "[]")), "\n")
    io.flush()
    if child then
      os.exit(0)
    end
  end
  aura.set_log("warn", nil)
end
