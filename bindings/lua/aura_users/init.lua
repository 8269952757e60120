-- A client of the users API of Hex.pm and of every Hex-compatible server.
--
-- A function that fails returns nil and an error. An error is a table with `kind`, `message` and more fields;
-- tostring() returns its text. A stream in a `for` raises the error.
local core = require("aura_users.core")
local library = require("aura_users.library")
local records = require("aura_users.records")
local arguments = require("aura_users.arguments")
local sleeping = require("aura_users.sleeping")

library.load(core)
local refuse, decode, make_error, make_record = records.refuse, records.decode, records.make_error, records.make_record
local type_of, check_text, encode_options = records.type_of, arguments.check_text, arguments.encode_options

local aura = { VERSION = library.VERSION, OPTIONS = arguments.OPTIONS, fields = records.fields, time = records.time }

-- Logging

local LEVELS = { debug = 1, info = 2, warn = 3 }
local log

-- Calls log(level, text) after each call, for each log line of `level` and above. nil disables it.
function aura.set_log(level, call)
  if not LEVELS[level] then
    error(refuse(('level is %q; allowed: debug, info or warn'):format(tostring(level))), 0)
  elseif call ~= nil and type(call) ~= "function" then
    error(refuse("the log function must be a function, not " .. type_of(call)), 0)
  end
  log = call
  core.log_keep(LEVELS[level], call and 10000 or 0)
end

local function write_log(level, line)
  if not log then
    return -- The log function may disable the log.
  end
  -- An error of the program must not lose the result of a call.
  local is_fine, problem = pcall(log, level, line)
  if is_fine then
    return
  elseif type(problem) == "string" and problem:find("interrupted!$") then
    error(problem, 0) -- Ctrl-C in lua and luajit.
  end
  local has_text, text = pcall(tostring, problem)
  text = has_text and text or "its error has no text"
  io.stderr:write(("aura_users: the log function failed: %s\n"):format(text))
end

-- How often the function is on the stack of a coroutine, or of this one if `thread` is nil.
local function times_on_stack(func, thread)
  local times, level = 0, 0
  local info
  repeat
    level = level + 1
    if thread then
      info = debug.getinfo(thread, level - 1, "f")
    else
      info = debug.getinfo(level, "f")
    end
    times = times + (info and info.func == func and 1 or 0)
  until not info
  return times
end

-- The coroutine in which the log function runs. LuaJIT has no value for the main one.
local delivering
local MAIN = {}

-- Whether deliver_log runs already, besides the call that asks. Ctrl-C may have left the mark of a delivery that ended.
local function is_delivering(deliver_log, here)
  if delivering == nil then
    return false
  elseif delivering == here then
    return times_on_stack(deliver_log) > 1
  elseif delivering == MAIN then
    return true -- LuaJIT cannot look into the main program from here.
  end
  return coroutine.status(delivering) ~= "dead" and times_on_stack(deliver_log, delivering) > 0
end

-- Passes the new lines to the log function. It may make calls: their lines follow with the next call's.
local function deliver_log()
  local here = coroutine.running() or MAIN
  if not log or is_delivering(deliver_log, here) then
    return
  end
  local json = core.log_take()
  if not json then
    return
  end
  local taken = decode(json)
  delivering = here
  for _, line in ipairs(taken.lines) do
    write_log(line.level, line.text)
  end
  if taken.dropped > 0 then
    write_log("warn", ("%d lines of the log were dropped"):format(taken.dropped))
  end
  delivering = nil
end

-- Waiting: a task of aura.run() yields, a host's coroutine sleeps, everything else waits in C.

-- The tasks of aura.run() by their coroutines.
local task_of = setmetatable({}, { __mode = "kv" })

-- Lets a call wait with sleep(seconds), so that the other coroutines of the host run meanwhile: in OpenResty,
-- aura.set_sleep(ngx.sleep). nil lets it wait in C.
function aura.set_sleep(sleep)
  if sleep ~= nil and type(sleep) ~= "function" then
    error(refuse("sleep must be a function, not " .. type_of(sleep)), 0)
  end
  sleeping.set(sleep)
end

local function current_task()
  return task_of[coroutine.running()]
end

-- Lets other coroutines run until the call has ended, if that is possible here.
local function yield_until_end(call)
  local task = current_task()
  if task then
    call:complete(task.loop.queue, task.number)
    repeat
      coroutine.yield(task.loop)
    until call:has_ended()
  elseif sleeping.is_on() then
    sleeping.wait_until(function()
      return call:has_ended()
    end)
  end
end

local function resume(task)
  local is_fine, problem = coroutine.resume(task.thread)
  if coroutine.status(task.thread) == "suspended" then
    if problem == task.loop then
      return
    end
    is_fine, problem = false, "a task of aura.run() yielded outside a call"
  end
  local run = task.run
  task.loop.tasks[task.number] = nil
  run.left = run.left - 1
  if not is_fine then
    run.failure = run.failure or { problem }
  end
  local outer = run.outer
  if run.left == 0 and outer and task.loop.tasks[outer.number] and coroutine.status(outer.thread) == "suspended" then
    resume(outer)
  end
end

-- Returns the numbers of the tasks whose calls ended. Waits so many milliseconds for the first.
local function wait_for_tasks(loop, milliseconds)
  local numbers, is_child = loop.queue:wait(milliseconds)
  if is_child then
    -- In a forked child the calls of all tasks have ended.
    for number in pairs(loop.tasks) do
      numbers[#numbers + 1] = number
    end
  end
  return numbers
end

-- Resumes the tasks whose calls ended.
local function turn(loop)
  local numbers
  if sleeping.is_on() then
    sleeping.wait_until(function()
      numbers = wait_for_tasks(loop, 0)
      return #numbers > 0
    end)
  else
    numbers = wait_for_tasks(loop, 50)
  end
  for _, number in ipairs(numbers) do
    if loop.tasks[number] then
      resume(loop.tasks[number])
    end
  end
end

-- Runs functions as tasks at once: while one waits for a call, the others continue. Returns when all have ended, and
-- raises the first error of a task. A task yields only in its calls. If a task calls aura.run(), the outermost run
-- resumes the tasks of both.
function aura.run(...)
  local outer = current_task()
  local loop = outer and outer.loop or { queue = core.queue(), tasks = {}, last = 0 }
  local run = { left = select("#", ...), outer = outer }
  local tasks = {}
  for number = 1, run.left do
    local body = select(number, ...)
    if type(body) ~= "function" then
      error(refuse(("task %d must be a function, not %s"):format(number, type_of(body))), 0)
    end
    tasks[number] = { thread = coroutine.create(body), number = loop.last + number, loop = loop, run = run }
  end
  loop.last = loop.last + #tasks
  for _, task in ipairs(tasks) do
    loop.tasks[task.number] = task
    task_of[task.thread] = task
    resume(task)
  end
  while run.left > 0 do
    if outer then
      coroutine.yield(loop)
    else
      turn(loop)
    end
  end
  if not outer then
    loop.queue:close()
  end
  if run.failure then
    error(run.failure[1], 0)
  end
end

local function finish(status, call)
  if status ~= "ok" then
    return nil, make_error(call)
  end
  yield_until_end(call)
  local ended, json
  repeat
    ended, json = call:wait() -- "pending" after Ctrl-C, whose hook raises an error here.
  until ended ~= "pending"
  call:close()
  deliver_log()
  if ended == "error" then
    return nil, make_error(json)
  end
  return json
end

-- Streams

local Stream = {}
Stream.__index = Stream

-- Waits until a row is in `rows`. Returns whether there is one; nil and an error.
local function wait_for_row(stream)
  local handle, rows = stream.handle, stream.rows
  while stream.is_closed or not rows[1] do
    if stream.is_closed then -- Another task may close it meanwhile.
      return nil, refuse("the stream is closed")
    end
    local status, err
    -- There is a call already if another task waits for it, or if Ctrl-C ended the wait. Its row comes first.
    if not rows.call then
      status, err = handle:at_hand(rows)
      if status == "pending" then
        status, err = handle:start(rows)
      end
    end
    local call = rows.call
    if call then
      yield_until_end(call)
      if rows.call == call then -- Otherwise another task took its row.
        status, err = core.take(rows)
        deliver_log()
      end
    end
    if status == "error" then
      return nil, make_error(err)
    elseif status == "end" then
      return false
    end
  end
  return true
end

-- Returns the next row; nil at the end; nil and an error, after which the next call tries again.
function Stream:next()
  local is_there, err = wait_for_row(self)
  if not is_there then
    return nil, err
  end
  return core.hand_over(self.rows, 1, make_record(self.rows[1]))
end

-- For `for log in stream do`; raises an error.
function Stream:__call()
  local is_there, err = wait_for_row(self)
  if err then
    error(err, 0)
  elseif is_there then
    return core.hand_over(self.rows, 1, make_record(self.rows[1]))
  end
end

-- Iterates over the same rows by pages: `for rows in stream:pages() do`. The first list is the rest of the current page.
function Stream:pages()
  return function()
    local is_there, err = wait_for_row(self)
    if err then
      error(err, 0)
    elseif not is_there then
      return nil
    end
    local rows, page = self.rows, {}
    while not rows.call and self.handle:at_hand(rows) == "ok" do -- luacheck: ignore 542
    end
    for number, json in ipairs(rows) do
      page[number] = make_record(json)
    end
    return core.hand_over(rows, #page, page)
  end
end

-- Returns the page of the next row. To continue later, pass it as the option `page`.
function Stream:page()
  if self.is_closed then
    return nil, refuse("the stream is closed")
  end
  return self.handle:page(self.rows)
end

function Stream:close()
  self.is_closed = true
  self.handle:close()
end
Stream.__close = Stream.close

-- Clients

local Client = {}
Client.__index = Client

-- Creates a client with these options.
function aura.client(options)
  local runtime = rawget(_G, "jit") and rawget(_G, "jit").version or _VERSION
  local texts, err = encode_options(options, "client", { client_name = "aura-users rock/" .. aura.VERSION .. " " .. runtime })
  if err then
    return nil, err
  end
  local status, handle = core.client(texts)
  if status ~= "ok" then
    return nil, make_error(handle)
  end
  return setmetatable({ handle = handle }, Client)
end

-- Returns the options of a call as texts.
local function prepare(client, options)
  if client.is_closed then
    return nil, refuse("the client is closed")
  end
  return encode_options(options, "call")
end

local function call(client, name, options, ...)
  local texts, err = prepare(client, options)
  if err then
    return nil, err
  end
  return finish(client.handle:start(name, texts, ...))
end

-- Runs a call that only reads. It waits in C, except in a task and if the host has a function that sleeps.
local function read(client, name, options, argument)
  if current_task() or sleeping.is_on() then
    return call(client, name, options, argument)
  end
  local texts, err = prepare(client, options)
  if err then
    return nil, err
  end
  local status, json = client.handle:read(argument, texts)
  deliver_log()
  if status == "error" then
    return nil, make_error(json)
  end
  return json
end

local function make_user(json, err)
  return json and make_record(json) or nil, err
end

-- Creates an account and returns its record. `emails` is a list of one address.
function Client:create_user(username, password, emails, options)
  local _, err = check_text("username", username)
  if not err then
    _, err = check_text("password", password)
  end
  if not err and (type(emails) ~= "table" or #emails > 1) then
    err = refuse("emails must be a list of one string")
  elseif not err and emails[1] ~= nil then
    _, err = check_text("emails", emails[1])
  end
  if err then
    return nil, err
  end
  return make_user(call(self, "create_user", options, username, password, emails[1]))
end

-- Returns the record of the credential's user.
function Client:get_current_user(options)
  return make_user(read(self, "get_current_user", options))
end

-- Returns a user's public record.
function Client:get_user(username_or_email, options)
  local _, err = check_text("username_or_email", username_or_email)
  if err then
    return nil, err
  end
  return make_user(read(self, "get_user", options, username_or_email))
end

-- Asks the server to send an e-mail for a new password; returns true.
function Client:reset_user_password(username_or_email, options)
  local _, err = check_text("username_or_email", username_or_email)
  if err then
    return nil, err
  end
  local json
  json, err = call(self, "reset_user_password", options, username_or_email)
  return json and true or nil, err
end

-- Returns the audit log, newest row first: `for log in client:stream_audit_logs() do`. Raises an error for bad options.
function Client:stream_audit_logs(options)
  local texts, err = prepare(self, options)
  if err then
    error(err, 0)
  end
  local status, handle = self.handle:stream(texts)
  if status ~= "ok" then
    error(make_error(handle), 0)
  end
  return setmetatable({ handle = handle, rows = {} }, Stream)
end

-- Returns the last rate limit that the server sent: limit, remaining, resets_in (seconds); nil if it sent none.
function Client:rate_limit()
  if self.is_closed then
    return nil, refuse("the client is closed")
  end
  local status, json = self.handle:rate_limit()
  if status ~= "ok" then
    return nil, make_error(json)
  end
  local limit = decode(json)
  if type(limit) ~= "table" then
    return nil
  end
  return { limit = limit.limit, remaining = limit.remaining, resets_in = limit.resets_in_ms / 1000 }
end

-- Closes the client. Its streams continue.
function Client:close()
  self.is_closed = true
  self.handle:close()
end
Client.__close = Client.close

-- For the tests and the driver.
aura.internal = { core = core, finish = finish, make_error = make_error, make_record = make_record }

return aura
