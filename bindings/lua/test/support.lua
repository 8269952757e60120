-- What all tests share.
local aura = require("aura_users")

-- The API of the sandbox that test/run.py has prepared, and a server that never answers.
local support = { url = arg[1], silent_url = arg[2], passed = 0, failed = 0 }

function support.test(name, run)
  local is_fine, problem = xpcall(run, debug.traceback)
  if is_fine then
    support.passed = support.passed + 1
  else
    support.failed = support.failed + 1
    print("failed: " .. name .. ": " .. tostring(problem))
  end
end

function support.equal(expected, got)
  if expected ~= got then
    error(("expected %s, got %s"):format(tostring(expected), tostring(got)), 2)
  end
end

function support.has(words, text)
  if not tostring(text):find(words, 1, true) then
    error(("%q is not in %q"):format(words, tostring(text)), 2)
  end
end

function support.client(options)
  options = options or {}
  options.repo_url = options.repo_url or support.url
  options.api_key = options.api_key or "key"
  return assert(aura.client(options))
end

function support.actions(stream)
  local rows = {}
  for log in stream do
    rows[#rows + 1] = log.raw_json
  end
  return rows
end

return support
