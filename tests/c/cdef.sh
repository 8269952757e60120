#!/bin/sh
# cdef.sh CDEF LIBRARY: checks that LuaJIT and PHP can parse aura_users.cdef and call a function. It
# skips a language that is not installed.
set -u
cdef=$1 library=$2 passed=0 failed=0 skipped=0

# try NAME COMMAND...: the command must print the name of a status and the error's message.
try() {
    name=$1
    shift
    if ! command -v "$1" >/dev/null; then
        echo "skipped: cdef: $1 is not installed" && skipped=$((skipped + 1))
    elif output=$("$@" 2>&1) && [ "$output" = "invalid_argument options is NULL: it was not created, or, in C++, it was moved from" ]; then
        passed=$((passed + 1))
    else
        echo "$name: $output" && failed=$((failed + 1))
    fi
}

try LuaJIT luajit -e '
local ffi = require "ffi"
ffi.cdef(assert(io.open(arg[1])):read "*a")
local lib = ffi.load(arg[2])
local error = ffi.new "aura_error *[1]"
local status = lib.aura_options_set(nil, "page", "1", error)
print(ffi.string(lib.aura_status_name(status)) .. " "
    .. ffi.string(lib.aura_error_server_message(error[0])))
lib.aura_error_free(error[0])' /dev/null "$cdef" "$library"

# shellcheck disable=SC2016 # PHP variables
try PHP php -d ffi.enable=1 -r '
$lib = FFI::cdef(file_get_contents($argv[1]), $argv[2]);
$error = $lib->new("aura_error *");
$status = $lib->aura_options_set(null, "page", "1", FFI::addr($error));
echo $lib->aura_status_name($status), " ", $lib->aura_error_server_message($error);
$lib->aura_error_free($error);' "$cdef" "$library"

echo "cdef: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
