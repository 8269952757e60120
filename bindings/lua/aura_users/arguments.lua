-- Arguments and options, which C takes as texts.
local records = require("aura_users.records")
local refuse, type_of = records.refuse, records.type_of

local arguments = { OPTIONS = {} }

for _, option in ipairs(require("aura_users.options")) do
  arguments.OPTIONS[option.name] = option
end

function arguments.check_text(name, value)
  if type(value) ~= "string" then
    return nil, refuse(name .. " must be a string, not " .. type_of(value))
  elseif value:find("\0", 1, true) then
    return nil, refuse(name .. " contains a NUL")
  end
  return value
end

local function encode_option(name, value, scope)
  local option = arguments.OPTIONS[name]
  if not option then
    -- C refuses the name, and suggests one. It does not repeat a name or a value that may be a secret.
    local found, err = arguments.check_text("an option's name", name)
    if not found then
      return nil, err
    end
    return arguments.check_text("an option", tostring(value))
  elseif option.scope == "client" and scope == "call" then
    return nil, refuse(name .. " is an option of a client, not of a call")
  end
  local wanted = ({ seconds = "number", whole = "number", boolean = "boolean" })[option.type] or "string"
  -- A whole number may be text, because a number of Lua may be too small for it.
  if option.type == "whole" and type(value) == "string" and value:match("^%d+$") then
    return value
  elseif type(value) ~= wanted then
    local allowed = wanted == "boolean" and "true or false" or option.allowed
    return nil, refuse(("%s is a %s; allowed: %s"):format(name, type(value), allowed))
  elseif wanted == "number" then
    local text = (option.type == "whole" and value == math.floor(value) and "%.0f" or "%.14g"):format(value)
    return (text:gsub("[^%w+-]+", ".")) -- The program's locale may have a decimal comma.
  end
  return arguments.check_text(name, wanted == "boolean" and tostring(value) or value)
end

function arguments.encode_options(options, scope, more)
  if options ~= nil and type(options) ~= "table" then
    return nil, refuse("options must be a table, not " .. type_of(options))
  end
  local texts = more or {}
  for name, value in pairs(options or {}) do
    local found, err = encode_option(name, value, scope)
    if err then
      return nil, err
    end
    texts[name] = found
  end
  return texts
end

return arguments
