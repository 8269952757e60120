#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: checks the rock, installs it with luarocks into a clean folder for Lua 5.4 and for
# LuaJIT, and runs there its tests, the README's examples, the tour and the conformance cases. The three are absolute
# paths of libaura_users.so, aura-sandbox and aura-replay. Ends with a line `N passed, N failed, N skipped`.
language=lua
# shellcheck source=bindings/checks.sh
. "$(dirname "$0")/../checks.sh"
export AURA_USERS_LIBRARY="$library"
unset LUA_PATH LUA_CPATH

for program in cc luarocks; do
    command -v $program >/dev/null || "$root/tools/need" $program || exit 1
done
command -v luacheck >/dev/null || "$root/tools/need" lua-check || exit 1

install_rock() { # LUA_VERSION INCLUDE_FOLDER TREE
    rm -rf "$clean/source" && cp -R "$here" "$clean/source" || return 1
    (cd "$clean/source" && luarocks --lua-version "$1" --tree "$3" make --deps-mode none \
        AURA_USERS_INCDIR="$root/include" LUA_INCDIR="$2")
}

compile() { # INCLUDE_FOLDER
    cc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -I"$root/include" -I"$1" "$here/src/core.c"
}

in_nginx() {
    modules=/usr/lib/nginx/modules
    [ -f $modules/ngx_http_lua_module.so ] || "$root/tools/need" libnginx-mod-http-lua
    if [ -f $modules/ngx_http_lua_module.so ]; then
        check "in nginx" "$sandbox" --demo -- python3 test/openresty.py /usr/sbin/nginx $modules
    else
        skip "OpenResty" "nginx's Lua module is missing (Debian: libnginx-mod-http-lua)"
    fi
}

check "the generated part" python3 "$root/tools/generate.py" --check
check "luacheck" sh -c "cd '$here' && luacheck -q ."
check "the rockspec" luarocks lint "$here/aura-users-0.1.0-1.rockspec"

mkdir -p "$clean/project"
cp -R "$here/test" "$here/tour.lua" "$here/README.md" "$clean/project"
cd "$clean/project" || exit 1
for one in 5.4:lua5.4:/usr/include/lua5.4 5.1:luajit:/usr/include/luajit-2.1; do
    version=${one%%:*} include=${one##*:}
    lua=${one#*:}
    lua=${lua%:*}
    has_it() {
        command -v "$lua" >/dev/null && [ -f "$include/lua.h" ] && "$lua" -e 'require "cjson"' 2>/dev/null
    }
    has_it || case $lua in
        lua5.4) "$root/tools/need" lua5.4 liblua5.4-dev lua-cjson ;;
        luajit) "$root/tools/need" luajit libluajit2-5.1-dev lua-cjson ;;
    esac
    if ! has_it; then
        skip Lua "$lua, its headers or lua-cjson is missing"
        continue
    fi
    tree="$clean/$lua"
    check "$lua: no warnings" compile "$include"
    check "$lua: the rock is installed" install_rock "$version" "$include" "$tree"
    export LUA_PATH="$tree/share/lua/$version/?.lua;$tree/share/lua/$version/?/init.lua;;"
    export LUA_CPATH="$tree/lib/lua/$version/?.so;;"
    check "$lua: tests, examples, tour" python3 test/run.py "$sandbox" "$lua"
    conformance "$lua" test/driver.lua
    [ "$lua" != luajit ] || in_nginx
    unset LUA_PATH LUA_CPATH
done

finish
