-- The rock's own tests: lua test/test.lua SANDBOX_URL SILENT_URL, on the sandbox that test/run.py has prepared.
local aura = require("aura_users")
local url, silent_url = arg[1], arg[2]
local core = aura.internal.core
local passed, failed = 0, 0

local function test(name, run)
  local is_fine, problem = xpcall(run, debug.traceback)
  if is_fine then
    passed = passed + 1
  else
    failed = failed + 1
    print("failed: " .. name .. ": " .. tostring(problem))
  end
end

local function equal(expected, got)
  if expected ~= got then
    error(("expected %s, got %s"):format(tostring(expected), tostring(got)), 2)
  end
end

local function has(words, text)
  if not tostring(text):find(words, 1, true) then
    error(("%q is not in %q"):format(words, tostring(text)), 2)
  end
end

local function client(options)
  options = options or {}
  options.repo_url = options.repo_url or url
  options.api_key = options.api_key or "key"
  return assert(aura.client(options))
end

test("a record", function()
  local user = assert(client():get_user("ericmj"))
  equal("ericmj", user.username)
  equal("Eric", user.full_name)
  equal("ecto", user.packages[1].name)
  equal(nil, user.organizations)
  assert(aura.time(user.inserted_at) > 1.7e9)
  has('"username":"ericmj"', user.raw_json)
  equal("ericmj", aura.fields(user).username)
  equal("ericmj", assert(client():get_current_user()).username)
end)

-- A text is read without decoding the rest. The result is the same as from all fields.
test("fields, one by one", function()
  local record = aura.internal.make_record
  local json = [[ { "a" : "x" , "b\u0063":"y", "n":null,"i":7,"t":true,"q":"say \"hi\"","u":"é","e":"",
    "o":{"a":"inner","l":["]","}"]},"a":"last","l":[{"a":"deep"}] } ]]
  for _, name in ipairs({ "a", "bc", "n", "i", "t", "q", "u", "e", "missing" }) do
    equal(aura.fields(record(json))[name], record(json)[name])
  end
  json = json:gsub('"b\\u0063"', '"b"')
  for _, name in ipairs({ "a", "b", "n", "i", "t", "q", "u", "e", "missing" }) do
    equal(aura.fields(record(json))[name], record(json)[name])
  end
  equal("last", record(json).a)
  equal("inner", record(json).o.a)
  equal("]", record(json).o.l[1])
  equal("deep", record(json).l[1].a)
  equal(nil, record(json)[1])
  local changed = record(json)
  aura.fields(changed).a = "mine"
  equal("mine", changed.a)
end)

-- It never reads behind the end of the text.
test("a text of JSON that is cut", function()
  local json = '{"a":"x","o":{"l":["]",1]},"q":"\\""}'
  for length = 0, #json - 1 do
    for _, name in ipairs({ "a", "o", "q" }) do
      local text = aura.internal.core.text_of(json:sub(1, length), name)
      assert(text == nil or text == "x", text)
    end
  end
  equal("x", aura.internal.core.text_of(json, "a"))
end)

test("times", function()
  equal(951827696.5, aura.time("2000-02-29T12:34:56.5Z"))
  equal(0, aura.time("1970-01-01T00:00:00Z"))
  equal(0, aura.time("1970-01-01T02:00:00+02:00"))
  equal(1800, aura.time("1970-01-01T00:00:00-0030"))
  equal(0, aura.time("1970-01-01T00:00:00"))
  equal(nil, aura.time("never"))
  equal(nil, aura.time(nil))
  equal(1577880000, aura.time("2020-01-01 12:00:00Z"))
  equal(1577880000.5, aura.time("2020-01-01t12:00:00.5z"))
  equal(1483228800, aura.time("2016-12-31T23:59:60Z"))
  for _, bad in ipairs({ "2020-13-45T99:99:99Z", "2020-00-01T00:00:00Z", "2020-01-00T00:00:00Z", "2021-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:60:00Z", "2020-01-01T00:00:61Z",
    "2020-01-01T00:00:00+24:00", "2020-01-01T00:00:00+00:60", "2014-03-01T12:00:00.1.2Z", "2020-01-01T00:00:00.Z",
    "2020-1-1T00:00:00Z", "20200101T000000Z" }) do
    equal(nil, aura.time(bad))
  end
end)

test("whole numbers are integers, if this Lua has them", function()
  local is_integer = math.type and function(value)
    return math.type(value) == "integer"
  end or function(value)
    return value == math.floor(value)
  end
  local one = client()
  local _, err = one:get_user("nobody")
  for _, field in ipairs({ "status", "attempts", "code" }) do
    assert(is_integer(err[field]), field)
  end
  _, err = one:get_user(5)
  assert(is_integer(err.code) and is_integer(err.attempts))
  equal("2", tostring(one:stream_audit_logs({ page = 2 }):page()))
  local record = aura.internal.make_record('{"i":7,"l":[-3],"f":1.5,"big":9007199254740993}')
  assert(is_integer(record.i) and is_integer(record.l[1]))
  equal(1.5, record.f)
  equal(2 ^ 53, record.big)
  assert(not math.type or math.type(record.big) == "float")
end)

test("a locale with a decimal comma", function()
  local format = string.format
  string.format = function(...) -- luacheck: ignore
    return (format(...):gsub("(%d)%.(%d)", "%1,%2"))
  end
  local made, err = aura.client({ timeout = 2.5 })
  string.format = format -- luacheck: ignore
  assert(made, err)
end)

-- cjson reads the locale when it is created.
test("a change of the locale", function()
  local locale = os.setlocale()
  for _, name in ipairs({ "de_DE.UTF-8", "fr_FR.UTF-8", locale }) do
    if os.setlocale(name) then
      equal(1.5, aura.internal.make_record('{"f":1.5}').f)
    end
  end
  assert(os.setlocale(locale))
end)

test("errors", function()
  local user, err = client():get_user("nobody")
  equal(nil, user)
  equal("not_found", err.kind)
  equal(404, err.status)
  equal(1, err.attempts)
  equal("/users/{username_or_email}", err.route)
  has("not_found", err)
  local _, second = client():create_user("ericmj", "a long password", { "e@example.com" })
  equal("validation", second.kind)
  equal("has already been taken", second.errors.username)
  equal(true, assert(assert(aura.client({ repo_url = url })):reset_user_password("ericmj")))
  local _, none = client({ repo_url = "http://127.0.0.1:1/api", max_retries = 0 }):get_user("e")
  equal("connect", none.kind)
  equal(nil, none.status)
end)

test("bad arguments and options", function()
  for _, bad in ipairs({
    { { timout = 3 }, "Did you mean `timeout`?" },
    { { xyzzy = 3 }, "The options are repo_url, api_key" },
    { { ["0123456789abcdef"] = "api_key" }, "unknown option. " },
    { { [7] = 3 }, "an option's name must be a string" },
    { { timeout = "3" }, "timeout is a string; allowed: seconds" },
    { { timeout = 0 }, 'timeout is "0"' },
    { { page = 1.5 }, "page" },
    { { env = "false" }, "env is a string; allowed: true or false" },
    { { timeout = -0.1 }, 'timeout is "-0.1"; allowed: seconds' },
    { "timeout", "options must be a table, not a string" },
    { { user_agent = "a\0b" }, "user_agent contains a NUL" },
    { { rate_limit = "maybe" }, "rate_limit" },
  }) do
    local made, err = aura.client(bad[1])
    equal(nil, made)
    equal("invalid_argument", err.kind)
    has(bad[2], err)
  end
  local _, err = client():get_user("a\0b")
  has("NUL", err)
  _, err = client():get_user(nil)
  has("username_or_email must be a string, not nil", err)
  _, err = client():create_user("a", "b", "c@example.com")
  has("emails must be a list", err)
  _, err = client():get_user("e", 5)
  has("options must be a table, not a number", err)
  _, err = client():get_user("e", { env = false })
  has("an option of a client", err)
  has("page", select(2, pcall(client().stream_audit_logs, client(), { page = 0 })))
end)

local function actions(stream)
  local rows = {}
  for log in stream do
    rows[#rows + 1] = log.raw_json
  end
  return rows
end

test("the stream", function()
  local stream = client():stream_audit_logs()
  local first = stream:next()
  equal("key.generate", first.action)
  equal(1, stream:page())
  local rest = actions(stream)
  equal(249, #rest)
  equal(nil, stream:next())
  local sizes = {}
  for rows in client():stream_audit_logs():pages() do
    sizes[#sizes + 1] = #rows
  end
  equal("100 100 50", table.concat(sizes, " "))
  equal(50, #actions(client():stream_audit_logs({ page = 3 })))
end)

test("a closed client and a closed stream", function()
  local one = client()
  local stream = one:stream_audit_logs()
  one:close()
  one:close()
  assert(stream:next())
  stream:close()
  local function is_closed(what, result, err)
    equal(nil, result)
    equal("invalid_argument", err.kind)
    has("the " .. what .. " is closed", err)
  end
  is_closed("client", one:get_user("ericmj"))
  is_closed("client", one:reset_user_password("ericmj"))
  is_closed("client", one:rate_limit())
  is_closed("client", nil, select(2, pcall(one.stream_audit_logs, one)))
  is_closed("stream", stream:next())
  is_closed("stream", stream:page())
  if load("local x <close> = nil") then
    is_closed("client", load("local c <close> = ...; return c")(client()):get_user("ericmj"))
  end
end)

test("an error keeps the stream's place", function()
  local stream = client({ repo_url = "http://127.0.0.1:1/api", max_retries = 0 }):stream_audit_logs()
  for _ = 1, 2 do
    local row, err = stream:next()
    equal(nil, row)
    equal("connect", err.kind)
  end
  local is_fine, err = pcall(actions, stream)
  equal(false, is_fine)
  equal("connect", err.kind)
end)

test("a host's coroutines wait with its own sleep", function()
  local one, threads, rows, names = client(), {}, 0, {}
  local silent = client({ repo_url = silent_url, max_retries = 0, timeout = 0.3 })
  local stream, order = one:stream_audit_logs(), {}
  local function read()
    for _ in stream do
      rows = rows + 1
    end
  end
  aura.set_sleep(function(seconds)
    equal("number", type(seconds))
    coroutine.yield()
  end)
  for _, work in ipairs({
    function()
      local _, err = silent:get_user("e")
      order[#order + 1] = err.kind
    end,
    read,
    read,
    function()
      names[1] = assert(one:get_user("ericmj")).username
      names[2] = assert(one:get_current_user()).username
      order[#order + 1] = "names"
    end,
    function()
      aura.run(function()
        names[3] = assert(one:get_user("ericmj")).username
      end)
    end,
  }) do
    threads[#threads + 1] = coroutine.create(work)
  end
  local is_left = true
  while is_left do
    is_left = false
    for _, thread in ipairs(threads) do
      if coroutine.status(thread) ~= "dead" then
        is_left = true
        assert(coroutine.resume(thread))
      end
    end
  end
  aura.set_sleep(nil)
  equal("ericmj ericmj ericmj", table.concat(names, " "))
  equal("names timeout", table.concat(order, " "))
  equal(250, rows)
  equal("ericmj", assert(one:get_user("ericmj")).username)
  local is_fine, err = pcall(aura.set_sleep, 3)
  equal(false, is_fine)
  equal("sleep must be a function, not a number", err.message)
end)

test("tasks run at once", function()
  local one, rows, names = client(), 0, {}
  local silent = client({ repo_url = silent_url, max_retries = 0, timeout = 0.3 })
  local order = {}
  aura.run(function()
    local _, err = silent:get_user("e")
    order[#order + 1] = err.kind
  end, function()
    for _ in one:stream_audit_logs() do
      rows = rows + 1
    end
    order[#order + 1] = "rows"
  end, function()
    for _ = 1, 10 do
      names[#names + 1] = assert(one:get_user("ericmj")).username
    end
  end)
  equal(250, rows)
  equal(10, #names)
  equal("rows timeout", table.concat(order, " "))
  local is_fine, err = pcall(aura.run, function()
    error("mine", 0)
  end)
  equal(false, is_fine)
  equal("mine", err)
end)

test("tasks share a stream", function()
  local stream, rows = client({ prefetch = 0 }):stream_audit_logs(), {}
  local function read()
    for log in stream do
      rows[#rows + 1] = log.params.id
    end
  end
  aura.run(read, read, read)
  equal(250, #rows)
  table.sort(rows)
  for number = 2, #rows do
    assert(rows[number - 1] < rows[number])
  end
end)

test("wrong tasks", function()
  local _, err = pcall(aura.run, function() end, nil, function() end)
  has("task 2 must be a function, not nil", err)
  local count = 0
  _, err = pcall(aura.run, coroutine.yield, function()
    assert(client():get_user("ericmj"))
    count = count + 1
  end)
  has("a task of aura.run() yielded outside a call", err)
  equal(1, count)
  equal(false, (pcall(aura.run, function()
    error()
  end)))
end)

test("tasks of a task", function()
  local one, order = client(), {}
  local silent = client({ repo_url = silent_url, max_retries = 0, timeout = 1 })
  local function work()
    local names = {}
    local function add()
      local user = assert(one:get_user("ericmj"))
      names[#names + 1] = user.username
    end
    aura.run(function()
      aura.run(add, function() end, add)
      aura.run()
      equal(2, #names)
      local _, err = pcall(aura.run, add, function()
        error("mine", 0)
      end)
      equal("mine", err)
      add()
      equal(4, #names)
      order[#order + 1] = "inner"
    end, function()
      aura.run(function()
        local _, err = silent:get_user("e")
        order[#order + 1] = err.kind
      end)
    end)
  end
  work()
  aura.set_sleep(coroutine.yield)
  local host = coroutine.create(work)
  repeat
    local is_fine, problem = coroutine.resume(host)
    assert(is_fine, problem)
  until coroutine.status(host) == "dead"
  aura.set_sleep(nil)
  equal("inner timeout inner timeout", table.concat(order, " "))
end)

-- Runs call(argument) with a hook that raises an error at an event, as Ctrl-C does in lua and luajit at any time. `mask`
-- has the events of debug.sethook(), or is empty for each instruction. Returns whether it raised, and pcall's results.
local function interrupt(at, mask, call, argument)
  local here, has_raised = debug.getinfo(1, "f").func, false
  debug.sethook(function(event)
    local func = debug.getinfo(2, "f").func
    local is_ours = func == here or func == pcall or func == debug.sethook
    -- A row that a function has returned is the caller's.
    if is_ours or event == "return" and (func == call or func == core.hand_over) then
      return
    end
    at = at - 1
    if at == 0 then
      has_raised = true
      debug.sethook()
      error("interrupt", 0)
    end
  end, mask, mask == "" and 1 or 0)
  local is_fine, value, err = pcall(call, argument)
  debug.sethook()
  assert(is_fine or value == "interrupt", value)
  assert(not err, err)
  return has_raised, is_fine, value
end

-- Returns the next event to interrupt: each of the first, then fewer.
local function after(at)
  return at + 1 + math.floor(at / 50)
end

-- An interrupt comes at an event of a call, then the call is made again.
test("an interrupt loses no row", function()
  local expected = {}
  for log in client():stream_audit_logs({ page = 2 }) do
    expected[#expected + 1] = log.raw_json
  end
  equal(150, #expected)
  local one = client({ prefetch = 0 })
  local readers = {
    next = function(stream)
      return stream.next, stream
    end,
    call = function(stream)
      return getmetatable(stream).__call, stream
    end,
    pages = function(stream)
      return stream:pages()
    end,
  }
  for name, reader in pairs(readers) do
    for _, mask in ipairs({ "", "cr" }) do
      local at, has_raised = 0, true
      while has_raised do
        at, has_raised = after(at), false
        local stream, rows = one:stream_audit_logs({ page = 2 }), {}
        local call, argument = reader(stream)
        local is_again, page = false, 2
        while true do
          local raised, is_fine, value = interrupt(is_again and math.huge or at, mask, call, argument)
          has_raised, is_again = has_raised or raised, not is_fine
          assert(is_fine or stream:page() == page)
          if is_fine and not value then
            break
          end
          for _, row in ipairs(is_fine and (name == "pages" and value or { value }) or {}) do
            rows[#rows + 1] = row.raw_json
          end
          page = #rows < 100 and 2 or stream:page()
        end
        local where = ("%s, events %q, interrupt %d"):format(name, mask, at)
        equal(where .. table.concat(expected), where .. table.concat(rows))
      end
      assert(at > 10)
    end
  end
end)

test("calls work after an interrupt", function()
  local one = client()
  local stream = one:stream_audit_logs({ prefetch = 0 })
  local row, lines = stream:next(), 0
  local function read()
    row = stream:next() or row
  end
  local function work()
    assert(one:get_user("ericmj"))
    assert(one:reset_user_password("nobody"))
    aura.run(read, function()
      assert(one:get_user("ericmj"))
    end)
  end
  aura.set_log("debug", function()
    lines = lines + 1
  end)
  for _, sleep in ipairs({ false, function() end }) do
    aura.set_sleep(sleep or nil)
    for _, mask in ipairs({ "", "cr" }) do
      local at = 0
      repeat
        at = after(at)
        local has_raised = interrupt(at, mask, work)
        local before = lines
        work()
        assert(lines > before, "no log lines")
      until not has_raised
    end
  end
  aura.set_sleep(nil)
  aura.set_log("warn", nil)
end)

test("a forked child", function()
  local has_ffi, ffi = pcall(require, "ffi")
  if not has_ffi then
    return -- Lua 5.4 has no fork.
  end
  ffi.cdef("int fork(void); int waitpid(int, int *, int); void _exit(int);")
  local one, silent = client(), client({ repo_url = silent_url, timeout = 900, total_timeout = 900 })
  -- Ends the child. The parent returns the child's status.
  local function wait_for(child, is_fine)
    if child == 0 then
      ffi.C._exit(is_fine and 0 or 1)
    end
    local status = ffi.new("int[1]")
    equal(child, ffi.C.waitpid(child, status, 0))
    return status[0]
  end
  for _, sleep in ipairs({ false, function() end }) do
    aura.set_sleep(sleep or nil)
    local child, kinds, count = nil, {}, 0
    local function wait_in_vain()
      local _, err = silent:get_user("e")
      kinds[#kinds + 1] = err.kind
      assert(one:get_user("ericmj"))
      count = count + 1
    end
    -- In the parent the silent calls never end, so a hook ends the run.
    local _, problem = pcall(aura.run, wait_in_vain, function()
      aura.run(wait_in_vain, function()
        assert(one:get_user("ericmj"))
        child = ffi.C.fork()
        if child ~= 0 then
          debug.sethook(function()
            if not coroutine.running() then
              debug.sethook()
              error("in the parent", 0)
            end
          end, "", 1)
        end
      end)
    end)
    if child == 0 then
      wait_for(0, not problem and table.concat(kinds, " ") == "cancelled cancelled" and count == 2)
    end
    equal("in the parent", problem)
    equal(0, wait_for(child))
  end
  aura.set_sleep(nil)
end)

test("log lines", function()
  local lines = {}
  aura.set_log("debug", function(level, line)
    lines[#lines + 1] = level .. " " .. line
  end)
  client():get_user("ericmj")
  aura.set_log("warn", nil)
  has("debug GET /users/{username_or_email}: request (attempt 1, status 200", lines[1])
  has('level is "dbug"; allowed: debug, info or warn', select(2, pcall(aura.set_log, "dbug", print)))
  has("the log function must be a function, not a number", select(2, pcall(aura.set_log, "warn", 7)))
end)

test("log lines that were dropped", function()
  local lines = {}
  aura.set_log("debug", function(level, line)
    lines[#lines + 1] = level .. " " .. line
  end)
  aura.internal.core.log_keep(1, 1)
  client({ repo_url = "http://127.0.0.1:1/api", max_retries = 1 }):get_user("e")
  aura.set_log("warn", nil)
  has("lines of the log were dropped", table.concat(lines, " "))
end)

test("a log function that disables the log gets no further line", function()
  local lines, stderr, output = 0, io.stderr, {}
  io.stderr = { write = function(_, text) -- luacheck: ignore
    output[#output + 1] = text
  end }
  aura.set_log("debug", function()
    lines = lines + 1
    aura.set_log("warn", nil)
  end)
  local _, err = client({ repo_url = "http://127.0.0.1:1", max_retries = 1 }):get_user("ericmj")
  io.stderr = stderr -- luacheck: ignore
  equal("connect", err.kind)
  equal(1, lines)
  equal("", table.concat(output))
end)

test("a log function that makes calls", function()
  local one, calls = client(), 0
  aura.set_log("debug", function()
    calls = calls + 1
    if calls < 100 then
      one:get_user("ericmj")
    end
  end)
  equal("ericmj", one:get_user("ericmj").username)
  equal(1, calls)
  one:get_user("ericmj")
  equal(3, calls)
  aura.set_log("warn", nil)
end)

test("a log function that makes calls in coroutines of its own", function()
  local lines, one = 0, client()
  aura.set_log("debug", function()
    lines = lines + 1
    coroutine.wrap(function()
      assert(one:get_user("ericmj"))
    end)()
  end)
  assert(one:get_user("ericmj"))
  local first = lines
  assert(one:get_user("ericmj"))
  aura.set_log("warn", nil)
  assert(first >= 1 and first < 10 and lines > first and lines < 100, first .. " and then " .. lines .. " lines")
end)

test("a stream that is closed while tasks wait for it", function()
  local stream, ends = client({ prefetch = 0 }):stream_audit_logs(), {}
  local function reader()
    local row, err = stream:next()
    ends[#ends + 1] = row and "a row" or tostring(err)
  end
  aura.run(reader, reader, reader, function()
    stream:close()
  end)
  equal(3, #ends)
  for _, ending in ipairs(ends) do
    assert(ending == "a row" or ending == "invalid_argument: the stream is closed", ending)
  end
end)

test("a log function that fails loses no result", function()
  local stderr, output = io.stderr, {}
  io.stderr = { write = function(_, text) -- luacheck: ignore
    output[#output + 1] = text
  end }
  aura.set_log("debug", function()
    error("full", 0)
  end)
  local stream = client():stream_audit_logs()
  local first, user = stream:next(), client():get_user("ericmj")
  aura.set_log("warn", nil)
  io.stderr = stderr -- luacheck: ignore
  equal("ericmj", user.username)
  assert(first)
  equal(249, #actions(stream))
  has("the log function failed: full", table.concat(output))
end)

test("a log function whose error cannot be a text", function()
  local stderr, output, calls = io.stderr, {}, 0
  io.stderr = { write = function(_, text) -- luacheck: ignore
    output[#output + 1] = text
  end }
  aura.set_log("debug", function()
    calls = calls + 1
    error(setmetatable({}, { __tostring = function()
      error("no text")
    end }))
  end)
  local one = client()
  local is_fine, user = pcall(one.get_user, one, "ericmj")
  local second = one:get_user("ericmj")
  aura.set_log("warn", nil)
  io.stderr = stderr -- luacheck: ignore
  equal(true, is_fine)
  equal("ericmj", user.username)
  equal("ericmj", second.username)
  equal(2, calls)
  has("the log function failed: its error has no text", table.concat(output))
end)

-- run.py tests it with a signal.
test("Ctrl-C in a log function", function()
  local one, calls = client(), 0
  aura.set_log("debug", function()
    calls = calls + 1
    error("interrupted!")
  end)
  local stream = one:stream_audit_logs()
  local first, err = pcall(stream.next, stream)
  local _, second = pcall(one.get_user, one, "ericmj")
  aura.set_log("warn", nil)
  equal(false, first)
  has("interrupted!", err)
  has("interrupted!", second)
  equal(2, calls)
  equal(250, #actions(stream))
end)

test("settings of the program's cjson", function()
  local cjson = require("cjson")
  local user = assert(client():get_user("ericmj"))
  cjson.decode_max_depth(1)
  equal("ecto", user.packages[1].name)
  cjson.decode_max_depth(1000)
end)

test("the version of the library", function()
  local library = require("aura_users.library")
  local version = library.VERSION
  for _, case in ipairs({ { "0.1.0", true }, { "0.1.2", true }, { "0.1.12", true }, { "0.1.1", false, version = "0.1.2" },
    { "0.2.5", false }, { "0.0.9", false } }) do
    library.VERSION = case.version or version
    local is_fine, err = pcall(library.load, { load = function()
      return case[1]
    end })
    library.VERSION = version
    equal(case[2], is_fine)
    if not is_fine then
      has("has version " .. case[1], err)
    end
  end
end)

local function resident()
  local file = assert(io.open("/proc/self/statm"))
  local _, pages = file:read("*n", "*n")
  file:close()
  return pages * 4
end

test("10,000 calls and 20,000 rows do not grow", function()
  local one = client({ api_key = "key-of-many" })
  local function work(calls)
    for _ = 1, calls do
      assert(one:get_current_user())
      one:get_user("..")
    end
    local rows = 0
    for log in one:stream_audit_logs() do
      rows = rows + (log.action and 1 or 0)
    end
    equal(20000, rows)
    collectgarbage()
    collectgarbage()
  end
  work(2000)
  work(2000)
  local before = resident()
  work(10000)
  assert(resident() - before < 8192, "grown by " .. resident() - before .. " kB")
end)

test("garbage is freed once", function()
  for _ = 1, 200 do
    client():stream_audit_logs():next()
    local _, call = client({ repo_url = silent_url }).handle:start("get_user", {}, "e")
    call:close()
    call:close()
  end
  collectgarbage()
end)

-- At exit a call runs and its handles are open.
local _, last = client({ repo_url = silent_url }).handle:start("get_user", {}, "e")
assert(last)
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and 0 or 1, true)
