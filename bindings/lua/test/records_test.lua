-- Records, their fields, times and numbers.
local aura = require("aura_users")
local support = require("support")
local client, equal, has, test = support.client, support.equal, support.has, support.test

test("a record", function()
  local user = assert(client():get_user("ericmj"))
  equal("ericmj", user.username)
  equal("Eric", user.full_name)
  equal("ecto", user.packages[1].name)
  equal(nil, user.organizations)
  assert(aura.time(user.inserted_at) > 1.7e9)
  has('"username":"ericmj"', user.raw_json)
  equal("ericmj", aura.fields(user).username)
  equal("ericmj", assert(client():get_current_user()).username)
end)

-- A text is read without decoding the rest. The result is the same as from all fields.
test("fields, one by one", function()
  local record = aura.internal.make_record
  local json = [[ { "a" : "x" , "b\u0063":"y", "n":null,"i":7,"t":true,"q":"say \"hi\"","u":"é","e":"",
    "o":{"a":"inner","l":["]","}"]},"a":"last","l":[{"a":"deep"}] } ]]
  for _, name in ipairs({ "a", "bc", "n", "i", "t", "q", "u", "e", "missing" }) do
    equal(aura.fields(record(json))[name], record(json)[name])
  end
  json = json:gsub('"b\\u0063"', '"b"')
  for _, name in ipairs({ "a", "b", "n", "i", "t", "q", "u", "e", "missing" }) do
    equal(aura.fields(record(json))[name], record(json)[name])
  end
  equal("last", record(json).a)
  equal("inner", record(json).o.a)
  equal("]", record(json).o.l[1])
  equal("deep", record(json).l[1].a)
  equal(nil, record(json)[1])
  local changed = record(json)
  aura.fields(changed).a = "mine"
  equal("mine", changed.a)
end)

-- It never reads behind the end of the text.
test("a text of JSON that is cut", function()
  local json = '{"a":"x","o":{"l":["]",1]},"q":"\\""}'
  for length = 0, #json - 1 do
    for _, name in ipairs({ "a", "o", "q" }) do
      local text = aura.internal.core.text_of(json:sub(1, length), name)
      assert(text == nil or text == "x", text)
    end
  end
  equal("x", aura.internal.core.text_of(json, "a"))
end)

test("times", function()
  equal(951827696.5, aura.time("2000-02-29T12:34:56.5Z"))
  equal(0, aura.time("1970-01-01T00:00:00Z"))
  equal(0, aura.time("1970-01-01T02:00:00+02:00"))
  equal(1800, aura.time("1970-01-01T00:00:00-0030"))
  equal(0, aura.time("1970-01-01T00:00:00"))
  equal(nil, aura.time("never"))
  equal(nil, aura.time(nil))
  equal(1577880000, aura.time("2020-01-01 12:00:00Z"))
  equal(1577880000.5, aura.time("2020-01-01t12:00:00.5z"))
  equal(1483228800, aura.time("2016-12-31T23:59:60Z"))
  for _, bad in ipairs({ "2020-13-45T99:99:99Z", "2020-00-01T00:00:00Z", "2020-01-00T00:00:00Z", "2021-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:60:00Z", "2020-01-01T00:00:61Z",
    "2020-01-01T00:00:00+24:00", "2020-01-01T00:00:00+00:60", "2014-03-01T12:00:00.1.2Z", "2020-01-01T00:00:00.Z",
    "2020-1-1T00:00:00Z", "20200101T000000Z" }) do
    equal(nil, aura.time(bad))
  end
end)

test("whole numbers are integers, if this Lua has them", function()
  local is_integer = math.type and function(value)
    return math.type(value) == "integer"
  end or function(value)
    return value == math.floor(value)
  end
  local one = client()
  local _, err = one:get_user("nobody")
  for _, field in ipairs({ "status", "attempts", "code" }) do
    assert(is_integer(err[field]), field)
  end
  _, err = one:get_user(5)
  assert(is_integer(err.code) and is_integer(err.attempts))
  equal("2", tostring(one:stream_audit_logs({ page = 2 }):page()))
  local record = aura.internal.make_record('{"i":7,"l":[-3],"f":1.5,"big":9007199254740993}')
  assert(is_integer(record.i) and is_integer(record.l[1]))
  equal(1.5, record.f)
  equal(2 ^ 53, record.big)
  assert(not math.type or math.type(record.big) == "float")
end)

test("a locale with a decimal comma", function()
  local format = string.format
  string.format = function(...) -- luacheck: ignore
    return (format(...):gsub("(%d)%.(%d)", "%1,%2"))
  end
  local made, err = aura.client({ timeout = 2.5 })
  string.format = format -- luacheck: ignore
  assert(made, err)
end)

-- cjson reads the locale when it is created.
test("a change of the locale", function()
  local locale = os.setlocale()
  for _, name in ipairs({ "de_DE.UTF-8", "fr_FR.UTF-8", locale }) do
    if os.setlocale(name) then
      equal(1.5, aura.internal.make_record('{"f":1.5}').f)
    end
  end
  assert(os.setlocale(locale))
end)

test("settings of the program's cjson", function()
  local cjson = require("cjson")
  local user = assert(client():get_user("ericmj"))
  cjson.decode_max_depth(1)
  equal("ecto", user.packages[1].name)
  cjson.decode_max_depth(1000)
end)
