-- Ours in Lua.
local aura = require("aura_users")
local bench = require("bench")

local options = bench.options
options.repo_url, options.api_key, options.env = bench.url, "key", false
local client = assert(aura.client(options))

bench.measure({
  user = function(seen)
    seen.checksum = seen.checksum + #assert(client:get_user("orguser")).username
  end,
  stream = function(seen)
    for row in client:stream_audit_logs() do
      seen.checksum = seen.checksum + #row.action
      seen.rows = seen.rows + 1
    end
  end,
})
