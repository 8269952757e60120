std = "max"
max_line_length = 130
-- Generated.
files["aura_users/options.lua"] = { max_line_length = false }
