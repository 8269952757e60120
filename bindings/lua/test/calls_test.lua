-- Calls, options, errors and streams, and what they leave behind.
local aura = require("aura_users")
local support = require("support")
local actions, client, equal, has, test = support.actions, support.client, support.equal, support.has, support.test
local url, silent_url = support.url, support.silent_url

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
  local least = math.huge
  -- Lua may enlarge its heap in any round. What calls leave behind grows in every round.
  for _ = 1, 5 do
    local before = resident()
    work(10000)
    least = math.min(least, resident() - before)
    if least < 8192 then
      break
    end
  end
  assert(least < 8192, "grown by " .. least .. " kB or more in each round")
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
