-- Errors and records: tables of C's JSON.
local cjson = require("cjson").new() -- The settings of the program's own cjson have no effect here.
local core = require("aura_users.core")

local records = {}

local Error = {}
Error.__index = Error

function Error:__tostring()
  return self.text
end

-- Returns the type of a value for a message.
function records.type_of(value)
  return value == nil and "nil" or "a " .. type(value)
end

-- Returns the error of a bad argument.
function records.refuse(message)
  local text = "invalid_argument: " .. message
  return setmetatable(
    { kind = "invalid_argument", message = message, text = text, attempts = 0, outcome_unknown = false, retryable = false },
    Error
  )
end

local function remove_null(value)
  if value == cjson.null then
    return nil
  elseif type(value) == "table" then
    for key, member in pairs(value) do
      value[key] = remove_null(member)
    end
  end
  return value
end

-- Decodes JSON; null is nil.
function records.decode(json)
  return remove_null(cjson.decode(json))
end

function records.make_error(json)
  local fields = records.decode(json)
  fields.retry_after = fields.retry_after_ms and fields.retry_after_ms / 1000
  fields.json = json
  return setmetatable(fields, Error)
end

-- Records. `raw_json` is the server's JSON. It is decoded when you first read a field that is not a plain text.

local Record = {}

-- Returns all fields of a record as a table, also unknown ones; null is nil.
function records.fields(record)
  local fields = rawget(record, "_fields")
  if not fields then
    fields = records.decode(record.raw_json)
    rawset(record, "_fields", fields)
  end
  return fields
end

function Record:__index(name)
  local text = type(name) == "string" and not rawget(self, "_fields") and core.text_of(self.raw_json, name)
  return text or records.fields(self)[name]
end

function records.make_record(json)
  return setmetatable({ raw_json = json }, Record)
end

-- Returns a time of a record in seconds since 1970; nil if it is not a time. Without an offset the time is UTC.
function records.time(text)
  local year, month, day, hour, minute, second, zone =
    tostring(text):match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+%.?%d*)(.*)$")
  local sign, hours, minutes = tostring(zone):match("^([+-])(%d%d):?(%d%d)$")
  if not (sign or zone == "Z" or zone == "") then
    return nil
  end
  local offset = sign and tonumber(sign .. "1") * (tonumber(hours) * 60 + tonumber(minutes)) or 0
  -- Days since 1970. The years of this calendar begin in March.
  local y, m = tonumber(year), (tonumber(month) + 9) % 12
  y = m >= 10 and y - 1 or y
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
  days = days + math.floor((m * 306 + 5) / 10) + tonumber(day) - 1 - 719468
  return ((days * 24 + tonumber(hour)) * 60 + tonumber(minute) - offset) * 60 + tonumber(second)
end

return records
