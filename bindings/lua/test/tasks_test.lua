-- Tasks of aura.run(), and coroutines of a host.
local aura = require("aura_users")
local support = require("support")
local client, equal, has, test = support.client, support.equal, support.has, support.test
local silent_url = support.silent_url

-- Calls a server that never answers until is_over() is true, but not forever. Returns the last error.
local function wait_in_vain(silent, is_over)
  local err
  for _ = 1, 30 do
    err = select(2, silent:get_user("e"))
    if err.kind ~= "timeout" or is_over() then
      break
    end
  end
  return err
end

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
      local err = wait_in_vain(silent, function()
        return #order > 0
      end)
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
    local err = wait_in_vain(silent, function()
      return #order > 0
    end)
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
  local silent = client({ repo_url = silent_url, max_retries = 0, timeout = 0.3 })
  local function work()
    local names, before = {}, #order
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
        local err = wait_in_vain(silent, function()
          return #order > before
        end)
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
