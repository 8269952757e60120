-- Interrupts at any point, as Ctrl-C makes them.
local aura = require("aura_users")
local support = require("support")
local core = aura.internal.core
local actions, client, equal, has, test = support.actions, support.client, support.equal, support.has, support.test

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
