-- A client of the users API of Hex.pm and of every Hex-compatible server.
--
-- A function that fails returns nil and an error, a table with `kind`, `message` and so on; tostring() gives its text.
-- A stream in a `for` raises it.
local cjson = require("cjson")
local core = require("aura_users.core")
local library = require("aura_users.library")

local aura = { VERSION = library.VERSION, OPTIONS = {} }
library.load(core)

for _, option in ipairs(require("aura_users.options")) do
  aura.OPTIONS[option.name] = option
end

-- Errors

local Error = {}
Error.__index = Error

function Error:__tostring()
  return self.text
end

local function refuse(message)
  local text = "invalid_argument: " .. message
  return setmetatable(
    { kind = "invalid_argument", message = message, text = text, attempts = 0, outcome_unknown = false, retryable = false },
    Error
  )
end

-- JSON's values as Lua's: null is nil. JSON that cjson does not read, as it is nested too deeply, gives nil.
local function without_null(value)
  if value == cjson.null then
    return nil
  elseif type(value) == "table" then
    for key, member in pairs(value) do
      value[key] = without_null(member)
    end
  end
  return value
end

local function decode(json)
  local is_fine, value = pcall(cjson.decode, json)
  return is_fine and without_null(value) or nil
end

local function error_of(json)
  local fields = decode(json) or { kind = "internal", text = json }
  fields.retry_after = fields.retry_after_ms and fields.retry_after_ms / 1000
  fields.json = json
  return setmetatable(fields, Error)
end

-- Records: fields of the server's JSON, which stays in raw_json and is decoded when a field is first read.

local Record = {}

-- All fields of a record as a table, unknown ones included; null is nil.
function aura.fields(record)
  local fields = rawget(record, "_fields")
  if not fields then
    fields = decode(record.raw_json) or {}
    rawset(record, "_fields", fields)
  end
  return fields
end

function Record:__index(name)
  local text = type(name) == "string" and not rawget(self, "_fields") and core.text_of(self.raw_json, name)
  return text or aura.fields(self)[name]
end

local function record_of(json)
  return setmetatable({ raw_json = json }, Record)
end

-- A time of a record in seconds since 1970, UTC; nil if there is none.
function aura.time(text)
  local year, month, day, hour, minute, second = tostring(text):match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):([%d.]+)")
  if not year then
    return nil
  end
  -- Days since 1970 by the civil calendar, which begins its years in March.
  local y, m = tonumber(year), (tonumber(month) + 9) % 12
  y = m >= 10 and y - 1 or y
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
  days = days + math.floor((m * 306 + 5) / 10) + tonumber(day) - 1 - 719468
  return ((days * 24 + tonumber(hour)) * 60 + tonumber(minute)) * 60 + tonumber(second)
end

-- Arguments and options as texts for C

local function text(name, value)
  if type(value) ~= "string" then
    return nil, refuse(name .. " is to be a string, not a " .. type(value))
  elseif value:find("\0", 1, true) then
    return nil, refuse(name .. " contains a NUL")
  end
  return value
end

local function option_text(name, value, scope)
  local option = aura.OPTIONS[name]
  if not option then
    -- C refuses the name, and suggests one. It repeats neither the name nor the value if they may be secret.
    local found, err = text("an option's name", name)
    if not found then
      return nil, err
    end
    return text("an option", tostring(value))
  elseif option.scope == "client" and scope == "call" then
    return nil, refuse(name .. " is an option of a client, not of a call")
  end
  local wanted = ({ seconds = "number", whole = "number", boolean = "boolean" })[option.type] or "string"
  -- A whole number may be text: a number of Lua may be too small for it.
  if option.type == "whole" and type(value) == "string" and value:match("^%d+$") then
    return value
  elseif type(value) ~= wanted then
    return nil, refuse(("%s is a %s; allowed: %s"):format(name, type(value), option.allowed))
  elseif wanted == "number" then
    return option.type == "whole" and value == math.floor(value) and ("%.0f"):format(value) or ("%.17g"):format(value)
  end
  return text(name, wanted == "boolean" and tostring(value) or value)
end

local function option_texts(options, scope, more)
  local texts = {}
  for name, value in pairs(more or {}) do
    texts[name] = value
  end
  for name, value in pairs(options or {}) do
    local found, err = option_text(name, value, scope)
    if err then
      return nil, err
    end
    texts[name] = found
  end
  return texts
end

-- Logging: aura_users.log(level, text) gets the lines of `level` and above after each call.

local log

function aura.set_log(level, call)
  log = call
  core.log_keep(({ debug = 1, info = 2, warn = 3 })[level] or 3, call and 10000 or 0)
end

local function deliver()
  local json = log and core.log_take()
  for _, line in ipairs(json and decode(json).lines or {}) do
    log(line.level, line.text)
  end
end

-- Waiting: in a task of aura_users.run() the task yields; elsewhere C waits.

local tasks

local function wait(call)
  local task = tasks and tasks.of[coroutine.running()]
  if task then
    call:complete(tasks.queue, task)
    coroutine.yield(tasks)
  end
  local status, json
  repeat
    status, json = call:wait()
  until status ~= "pending"
  deliver()
  return status, json
end

-- Runs functions as tasks at once: while one waits for a call, the others go on. Returns when all have ended; raises
-- the first error that a task raised.
function aura.run(...)
  local outer = tasks
  local own = { queue = core.queue(), of = {}, left = 0 }
  local threads, failed = {}, nil
  local function resume(number)
    tasks = own
    local is_fine, problem = coroutine.resume(threads[number])
    tasks = outer
    failed = failed or (not is_fine and problem) or nil
    if coroutine.status(threads[number]) == "dead" then
      own.left = own.left - 1
    end
  end
  for number, task in ipairs({ ... }) do
    threads[number] = coroutine.create(task)
    own.of[threads[number]] = number
    own.left = own.left + 1
  end
  for number = 1, #threads do
    resume(number)
  end
  while own.left > 0 do
    for _, number in ipairs(own.queue:wait(50)) do
      resume(number)
    end
  end
  own.queue:close()
  if failed then
    error(failed, 0)
  end
end

local function finish(status, call)
  if status ~= "ok" then
    return nil, error_of(call)
  end
  local ended, json = wait(call)
  call:close()
  if ended == "error" then
    return nil, error_of(json)
  end
  return json
end

-- Streams

local Stream = {}
Stream.__index = Stream

-- The next row; nil at the end; nil and an error, after which the next call tries again.
function Stream:next()
  -- A call that an interrupt left is waited for first: no row is lost.
  if not self.call then
    local status, json = self.handle:at_hand()
    if status == "ok" then
      return record_of(json)
    elseif status == "error" then
      return nil, error_of(json)
    end
    status, self.call = self.handle:start()
    if status ~= "ok" then
      local problem = self.call
      self.call = nil
      return nil, error_of(problem)
    end
  end
  local status, json = wait(self.call)
  self.call:close()
  self.call = nil
  if status == "error" then
    return nil, error_of(json)
  end
  return status == "ok" and record_of(json) or nil
end

-- For `for log in stream do`: raises an error.
function Stream:__call()
  local row, err = self:next()
  if err then
    error(err, 0)
  end
  return row
end

-- The rows of a page at a time, for `for rows in stream:pages() do`.
function Stream:pages()
  return function()
    local page = self:page()
    local first = self()
    if not first then
      return nil
    end
    local rows = { first }
    while self:page() == page do
      local status, json = self.handle:at_hand()
      if status ~= "ok" then
        break
      end
      rows[#rows + 1] = record_of(json)
    end
    return rows
  end
end

-- The page that the next row is on: give it as the option `page` to go on another day.
function Stream:page()
  return self.handle:page()
end

function Stream:close()
  self.handle:close()
end

-- Clients

local Client = {}
Client.__index = Client

-- Makes a client with options; returns nil and an error for bad ones.
function aura.client(options)
  local runtime = rawget(_G, "jit") and rawget(_G, "jit").version or _VERSION
  local texts, err = option_texts(options, "client", { client_name = "aura-users rock/" .. aura.VERSION .. " " .. runtime })
  if err then
    return nil, err
  end
  local status, handle = core.client(texts)
  if status ~= "ok" then
    return nil, error_of(handle)
  end
  return setmetatable({ handle = handle }, Client)
end

local function call(client, name, options, ...)
  local texts, err = option_texts(options, "call")
  if err then
    return nil, err
  end
  return finish(client.handle:start(name, texts, ...))
end

-- A call that reads: it blocks, except in a task.
local function read(client, name, options, argument)
  if tasks and tasks.of[coroutine.running()] then
    return call(client, name, options, argument)
  end
  local texts, err = option_texts(options, "call")
  if err then
    return nil, err
  end
  local status, json = client.handle:read(argument, texts)
  deliver()
  if status == "error" then
    return nil, error_of(json)
  end
  return json
end

local function user(json, err)
  return json and record_of(json) or nil, err
end

-- Creates an account and returns its record; `emails` is a list of one address.
function Client:create_user(username, password, emails, options)
  local _, err = text("username", username)
  if not err then
    _, err = text("password", password)
  end
  if not err and (type(emails) ~= "table" or #emails > 1) then
    err = refuse("emails is to be a list of one string")
  elseif not err and emails[1] ~= nil then
    _, err = text("emails", emails[1])
  end
  if err then
    return nil, err
  end
  return user(call(self, "create_user", options, username, password, emails[1]))
end

-- The record of the credential's user.
function Client:get_current_user(options)
  return user(read(self, "get_current_user", options))
end

-- A user's public record.
function Client:get_user(username_or_email, options)
  local _, err = text("username_or_email", username_or_email)
  if err then
    return nil, err
  end
  return user(read(self, "get_user", options, username_or_email))
end

-- Has the server send an e-mail for a new password; returns true.
function Client:reset_user_password(username_or_email, options)
  local _, err = text("username_or_email", username_or_email)
  if err then
    return nil, err
  end
  local json
  json, err = call(self, "reset_user_password", options, username_or_email)
  return json and true or nil, err
end

-- The audit log, newest row first: `for log in client:stream_audit_logs() do`. Raises an error for bad options.
function Client:stream_audit_logs(options)
  local texts, err = option_texts(options, "call")
  if err then
    error(err, 0)
  end
  local status, handle = self.handle:stream(texts)
  if status ~= "ok" then
    error(error_of(handle), 0)
  end
  return setmetatable({ handle = handle }, Stream)
end

-- What the server last said of its rate limit: limit, remaining, resets_in (seconds); nil if nothing is known.
function Client:rate_limit()
  local status, json = self.handle:rate_limit()
  if status ~= "ok" then
    return nil, error_of(json)
  end
  local limit = decode(json)
  if type(limit) ~= "table" then
    return nil
  end
  return { limit = limit.limit, remaining = limit.remaining, resets_in = limit.resets_in_ms / 1000 }
end

function Client:close()
  self.handle:close()
end

-- For tests and drivers: the options of a call that is ended after so many milliseconds.
aura.internal = { core = core, finish = finish, error_of = error_of, record_of = record_of }

return aura
