rockspec_format = "3.0"
package = "aura-users"
version = "0.1.0-1"
source = {
  url = "git+https://github.com/aura-users/aura-users",
  tag = "v0.1.0",
  dir = "aura-users/bindings/lua",
}
description = {
  summary = "A client of the users API of Hex.pm and of every Hex-compatible server",
  detailed = [[
    Creates accounts, reads user records, requests password resets, and streams the audit log without losing a row.
    For Lua 5.4 and LuaJIT; it needs the C library of aura-users.
  ]],
  homepage = "https://github.com/aura-users/aura-users",
  license = "Apache-2.0",
}
dependencies = { "lua >= 5.1, < 5.5", "lua-cjson >= 2.1" }
external_dependencies = { AURA_USERS = { header = "aura_users.h" } }
build = {
  type = "builtin",
  modules = {
    ["aura_users"] = "aura_users/init.lua",
    ["aura_users.arguments"] = "aura_users/arguments.lua",
    ["aura_users.library"] = "aura_users/library.lua",
    ["aura_users.options"] = "aura_users/options.lua",
    ["aura_users.records"] = "aura_users/records.lua",
    ["aura_users.sleeping"] = "aura_users/sleeping.lua",
    ["aura_users.core"] = {
      sources = { "src/core.c" },
      incdirs = { "$(AURA_USERS_INCDIR)" },
      libraries = { "dl" },
    },
  },
}
