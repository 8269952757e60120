-- Errors and records: tables of C's JSON.
local cjson = require("cjson")
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
    { kind = "invalid_argument", code = 10, message = message, text = text, attempts = 0, outcome_unknown = false,
      retryable = false },
    Error
  )
end

-- Larger numbers of cjson are rounded, so they stay floats.
local EXACT = 2 ^ 53

-- Makes nil of null, and integers of whole numbers, if this Lua has integers.
local function convert(value)
  if value == cjson.null then
    return nil
  elseif type(value) == "table" then
    for key, member in pairs(value) do
      value[key] = convert(member)
    end
  elseif math.tointeger and type(value) == "number" and value > -EXACT and value < EXACT then
    return math.tointeger(value) or value
  end
  return value
end

local own = cjson.new() -- The settings of the program's own cjson have no effect here.

-- Decodes JSON; null is nil.
function records.decode(json)
  local is_fine, value = pcall(own.decode, json)
  if not is_fine then
    -- The program may have changed its locale. A new cjson knows the locale's decimal point.
    own = cjson.new()
    value = own.decode(json)
  end
  return convert(value)
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

local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- Returns the days from 1970 to a date; nil if there is no such date.
local function days_of(year, month, day)
  local is_leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  if month < 1 or month > 12 or day < 1 or day > DAYS[month] + (month == 2 and is_leap and 1 or 0) then
    return nil
  end
  -- The years of this calendar begin in March.
  local m = (month + 9) % 12
  local y = m >= 10 and year - 1 or year
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
  return days + math.floor((m * 306 + 5) / 10) + day - 1 - 719468
end

-- Returns the seconds that a zone is before UTC; nil if it is not a zone.
local function offset_of(zone)
  if zone == "" or zone == "Z" or zone == "z" then
    return 0
  end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then
    return nil
  end
  return tonumber(sign .. "1") * (tonumber(hours) * 60 + tonumber(minutes)) * 60
end

-- Returns a time of a record in seconds since 1970; nil if it is not a time. Without an offset the time is UTC.
function records.time(text)
  local year, month, day, hour, minute, second, zone =
    tostring(text):match("^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d):(%d%d[%.%d]*)(.*)$")
  local days = year and days_of(tonumber(year), tonumber(month), tonumber(day))
  local offset = zone and offset_of(zone)
  hour, minute, second = tonumber(hour), tonumber(minute), second and not second:find("%.$") and tonumber(second)
  -- A leap second is the 61st of its minute.
  if not days or not offset or hour > 23 or minute > 59 or not second or second >= 61 then
    return nil
  end
  return ((days * 24 + hour) * 60 + minute) * 60 + second - offset
end

return records
