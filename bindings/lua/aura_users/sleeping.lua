-- Waits with a function of the host that sleeps, such as ngx.sleep: see set_sleep() in init.lua. The host cannot watch
-- a descriptor of C, so this looks for ended calls between short sleeps.
local core = require("aura_users.core")

local sleeping = {}

-- Seconds. The sleeps get longer, so that a slow call costs little.
local SHORTEST, LONGEST = 0.001, 0.01

local sleep
-- Calls complete into this queue. All coroutines that sleep share it.
local queue
local last = 0
-- The host may end a coroutine while it sleeps, so these tables keep no call.
local call_of = setmetatable({}, { __mode = "v" })
local has_ended = setmetatable({}, { __mode = "k" })

-- Makes calls sleep with this function, or with none if it is nil.
function sleeping.set(new)
  sleep, queue = new, nil
end

function sleeping.is_on()
  return sleep ~= nil
end

-- Sleeps until the question has an answer, and returns that.
local function sleep_until(question)
  local pause, sleep_now = SHORTEST, sleep
  while true do
    local answer = question()
    if answer then
      return answer
    end
    sleep_now(pause)
    pause = math.min(2 * pause, LONGEST)
  end
end

-- Sleeps until the queue has tokens, and returns them.
function sleeping.wait_for_any(some)
  return sleep_until(function()
    local tokens = some:wait(0)
    return #tokens > 0 and tokens
  end)
end

-- Sleeps until the call has ended.
function sleeping.wait(call)
  queue = queue or core.queue()
  local shared = queue
  last = last + 1
  call_of[last] = call
  call:complete(shared, last)
  sleep_until(function()
    for _, token in ipairs(shared:wait(0)) do
      local ended = call_of[token]
      call_of[token] = nil
      if ended then
        has_ended[ended] = true
      end
    end
    return has_ended[call]
  end)
end

return sleeping
