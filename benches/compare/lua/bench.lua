-- Measures a job and prints the figures as a line of JSON, for every Lua program.
--
-- Usage: PROGRAM JOB URL COUNT WARM_UP [OPTION VALUE]... A program runs the job's operation WARM_UP times,
-- then measures COUNT runs. CPU is that of all threads of the process.
local cjson = require("cjson")
local gettime = require("socket").gettime

local bench = { url = arg[2], options = {} }

for i = 5, #arg - 1, 2 do
  bench.options[arg[i]] = tonumber(arg[i + 1])
end

-- A field of the process's status, in kB.
local function memory(field)
  for line in io.lines("/proc/self/status") do
    local kb = line:match("^" .. field .. ":%s*(%d+)")
    if kb then
      return tonumber(kb)
    end
  end
end

-- Measures the job that the command line names. Each job counts in `seen` what it has read.
function bench.measure(jobs)
  local operation = assert(jobs[arg[1]], "no job " .. arg[1])
  local count = tonumber(arg[3])
  for _ = 1, tonumber(arg[4]) do
    operation({ rows = 0, checksum = 0 })
  end
  local seen, latencies = { rows = 0, checksum = 0 }, {}
  local cpu, start = os.clock(), gettime()
  local last = start
  for i = 1, count do
    operation(seen)
    local now = gettime()
    latencies[i] = now - last
    last = now
  end
  local used = os.clock() - cpu
  table.sort(latencies)
  print(cjson.encode({
    count = count,
    rows = seen.rows,
    checksum = seen.checksum,
    cpu_us = used * 1e6,
    wall_us = (last - start) * 1e6,
    p50_us = latencies[math.floor(count / 2) + 1] * 1e6,
    p99_us = latencies[math.floor(count * 99 / 100) + 1] * 1e6,
    rss_kb = memory("VmRSS"),
    peak_kb = memory("VmHWM"),
  }))
end

-- Measures a peer. `get` returns the JSON of a path as text.
function bench.measure_peer(get)
  bench.measure({
    user = function(seen)
      seen.checksum = seen.checksum + #cjson.decode(get("/users/orguser")).username
    end,
    stream = function(seen)
      for page = 1, math.huge do
        local rows = cjson.decode(get("/users/me/audit-logs?page=" .. page))
        if #rows == 0 then
          return
        end
        for _, row in ipairs(rows) do
          seen.checksum = seen.checksum + #row.action
        end
        seen.rows = seen.rows + #rows
      end
    end,
  })
end

return bench
