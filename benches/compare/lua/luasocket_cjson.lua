-- The usual peer in Lua: luasocket and cjson. Its http opens a connection for each request.
local bench = require("bench")
local http = require("socket.http")
local ltn12 = require("ltn12")

local headers = { accept = "application/json", authorization = "key" }

bench.measure_peer(function(path)
  local pieces = {}
  local _, status = http.request({ url = bench.url .. path, headers = headers, sink = ltn12.sink.table(pieces) })
  assert(status == 200, status)
  return table.concat(pieces)
end)
