-- A tour of the five functions, in Lua. examples/tour.c is the same in C.
--
--     luarocks install aura-users
--     TOUR_PASSWORD=... lua tour.lua REPO_URL USERNAME EMAIL
--
-- It creates an account and does not delete it. Try it on a server of your own, such as aura-sandbox.
local aura = require("aura_users")

-- Returns the value, or prints the error and ends the program.
local function check(value, err)
  if err then
    io.stderr:write("tour: ", tostring(err), "\n")
    os.exit(1)
  end
  return value
end

local function make_account(client, username, password, email)
  local user = check(client:create_user(username, password, { email }))
  print("create_user: " .. user.raw_json)

  user = check(client:get_user(username))
  print("get_user: " .. user.raw_json)

  -- The server rejects a second account with this name.
  local _, err = client:create_user(username, password, { email })
  print("create_user again: " .. tostring(err))
end

-- Asks the user to create a key on the server's web site, and reads it.
local function ask_for_key(email)
  io.write(("Follow the link in the mail to %s, make an API key, and paste it here: "):format(email))
  io.flush()
  local key = io.read("*l") or ""
  print()
  return key
end

local function reset_password(client, username)
  local _, err = client:reset_user_password(username)
  if err and err.kind ~= "unsupported" then
    check(nil, err)
  end
  print("reset_user_password: " .. (err and tostring(err) or "a mail is on its way"))
end

local function read_audit_log(client)
  local counts, actions, rows = {}, {}, 0
  for log in client:stream_audit_logs() do
    if not counts[log.action] then
      table.insert(actions, log.action)
    end
    counts[log.action] = (counts[log.action] or 0) + 1
    rows = rows + 1
  end
  print(("stream_audit_logs: %d rows"):format(rows))
  table.sort(actions, function(a, b)
    return counts[a] > counts[b] or (counts[a] == counts[b] and a < b)
  end)
  for _, action in ipairs(actions) do
    print(("%6d %s"):format(counts[action], action))
  end
end

local password = os.getenv("TOUR_PASSWORD")
if #arg ~= 3 or not password then
  io.stderr:write("usage: TOUR_PASSWORD=... lua tour.lua REPO_URL USERNAME EMAIL\n")
  os.exit(1)
end
local repo_url, username, email = arg[1], arg[2], arg[3]
make_account(check(aura.client({ repo_url = repo_url })), username, password, email)

-- This client uses the key of the new account.
local client = check(aura.client({ repo_url = repo_url, api_key = ask_for_key(email) }))
print("get_current_user: " .. check(client:get_current_user()).raw_json)
reset_password(client, username)
local is_fine, err = pcall(read_audit_log, client)
check(is_fine, not is_fine and err or nil)
