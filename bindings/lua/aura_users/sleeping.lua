-- Waits with a function of the host that sleeps, such as ngx.sleep: see set_sleep() in init.lua. The host cannot watch
-- a descriptor of C, so this looks for ended calls between short sleeps.
local sleeping = {}

-- Seconds. The sleeps get longer, so that a slow call costs little.
local SHORTEST, LONGEST = 0.001, 0.01

local sleep

-- Makes calls sleep with this function, or with none if it is nil.
function sleeping.set(new)
  sleep = new
end

function sleeping.is_on()
  return sleep ~= nil
end

-- Sleeps until the question has the answer true.
function sleeping.wait_until(question)
  local pause, sleep_now = SHORTEST, sleep
  while not question() do
    sleep_now(pause)
    pause = math.min(2 * pause, LONGEST)
  end
end

return sleeping
