-- The fastest peer in Lua: Lua-cURL, which uses libcurl, and cjson, over one kept-alive connection. Debian has it for
-- Lua 5.1 and LuaJIT.
local bench = require("bench")
local curl = require("curl")

local easy = curl.easy_init()
easy:setopt(curl.OPT_HTTPHEADER, { "Accept: application/json", "Authorization: key" })
local pieces
easy:setopt(curl.OPT_WRITEFUNCTION, function(one, other)
  pieces[#pieces + 1] = type(one) == "string" and one or other
  return #pieces[#pieces]
end)

bench.measure_peer(function(path)
  pieces = {}
  easy:setopt(curl.OPT_URL, bench.url .. path)
  easy:perform()
  return table.concat(pieces)
end)
