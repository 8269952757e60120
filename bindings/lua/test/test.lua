-- The rock's own tests: lua test/test.lua SANDBOX_URL SILENT_URL, on the sandbox that test/run.py has prepared.
local folder = arg[0]:match("^(.*)/") or "."
package.path = folder .. "/?.lua;" .. package.path

local support = require("support")
for _, name in ipairs({ "records", "calls", "tasks", "interrupts", "log" }) do
  require(name .. "_test")
end

-- At exit a call runs and its handles are open.
local _, last = support.client({ repo_url = support.silent_url }).handle:start("get_user", {}, "e")
assert(last)
print(("%d passed, %d failed"):format(support.passed, support.failed))
os.exit(support.failed == 0 and 0 or 1, true)
