-- The log function.
local aura = require("aura_users")
local support = require("support")
local actions, client, equal, has, test = support.actions, support.client, support.equal, support.has, support.test

-- Replaces io.stderr. Returns a function that restores it and returns what was written.
local function capture_stderr()
  local stderr, output = io.stderr, {}
  io.stderr = { write = function(_, text) -- luacheck: ignore
    output[#output + 1] = text
  end }
  return function()
    io.stderr = stderr -- luacheck: ignore
    return table.concat(output)
  end
end

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
  local lines, captured = 0, capture_stderr()
  aura.set_log("debug", function()
    lines = lines + 1
    aura.set_log("warn", nil)
  end)
  local _, err = client({ repo_url = "http://127.0.0.1:1", max_retries = 1 }):get_user("ericmj")
  local output = captured()
  equal("connect", err.kind)
  equal(1, lines)
  equal("", output)
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

test("a log function that fails loses no result", function()
  local captured = capture_stderr()
  aura.set_log("debug", function()
    error("full", 0)
  end)
  local stream = client():stream_audit_logs()
  local first, user = stream:next(), client():get_user("ericmj")
  aura.set_log("warn", nil)
  local output = captured()
  equal("ericmj", user.username)
  assert(first)
  equal(249, #actions(stream))
  has("the log function failed: full", output)
end)

test("a log function whose error cannot be a text", function()
  local captured, calls = capture_stderr(), 0
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
  local output = captured()
  equal(true, is_fine)
  equal("ericmj", user.username)
  equal("ericmj", second.username)
  equal(2, calls)
  has("the log function failed: its error has no text", output)
end)
