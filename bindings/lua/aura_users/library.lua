-- Finds the C library: AURA_USERS_LIBRARY, then the rock's own folder, then the system's.
local library = { VERSION = "0.1.0", ABI = "0.1" }

local function exists(path)
  local opened = io.open(path)
  return opened and opened:close() or false
end

local is_mac = exists("/System/Library/CoreServices/SystemVersion.plist")
local file = is_mac and "libaura_users.dylib" or "libaura_users.so"
local system = is_mac and "libaura_users.0.1.dylib" or "libaura_users.so.0.1"

local function machine()
  local pipe = io.popen and io.popen("uname -m")
  local name = pipe and pipe:read("*l") or "unknown"
  if pipe then
    pipe:close()
  end
  return (is_mac and "macos-" or "linux-") .. name
end

local function try(core, path, problem)
  local version, why = core.load(path)
  if not version then
    error(problem .. ": " .. why, 0)
  end
  local pattern = "^(%d+%.%d+)%.(%d+)"
  local abi, patch = version:match(pattern)
  local _, oldest = library.VERSION:match(pattern)
  if abi ~= library.ABI or tonumber(patch) < tonumber(oldest) then
    error(("%s has version %s; this rock needs %s, from %s on"):format(path, version, library.ABI, library.VERSION), 0)
  end
end

function library.load(core)
  local chosen = os.getenv("AURA_USERS_LIBRARY")
  if chosen and chosen ~= "" then
    return try(core, chosen, ("AURA_USERS_LIBRARY is %q, and it cannot be loaded"):format(chosen))
  end
  local own = (debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or ".") .. "/native/" .. machine() .. "/" .. file
  if exists(own) then
    return try(core, own, own .. " cannot be loaded")
  end
  return try(
    core,
    system,
    "the C library of aura_users was not found. Looked at: AURA_USERS_LIBRARY (not set), "
      .. ("%s (not there), the system's %s"):format(own, system)
  )
end

return library
