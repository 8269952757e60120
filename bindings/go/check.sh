#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: checks the package for Go as its users get it. The three are
# absolute paths of libaura_users.so, aura-sandbox and aura-replay. The last line has the counts.
set -u

if [ $# -ne 3 ]; then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
module=github.com/aura-users/aura-users/bindings/go
oldest=go1.23.12
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.7.0
export AURA_USERS_LIBRARY=$1 AURA_SANDBOX_BIN=$2
export AURA_DESCRIPTION=$root/include/aura_users.json
replay=$3
passed=0 failed=0 skipped=0

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}

skip() {
    echo "skipped: $1: $2"
    skipped=$((skipped + 1))
}

# step WHAT COMMAND...: shows what it prints only if it fails.
step() {
    what=$1
    shift
    if "$@" >"$work/step" 2>&1; then
        echo "passed: $what"
        passed=$((passed + 1))
    else
        tail -n 60 "$work/step"
        echo "failed: $what"
        failed=$((failed + 1))
    fi
}

if ! command -v go >/dev/null; then
    skip "Go" "there is no go; version 1.23 or later is needed, and Debian 12 has 1.19: https://go.dev/dl"
    finish
fi
case $(go env GOVERSION) in
    go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.2[0-2]*)
        skip "Go" "$(go env GOVERSION) is too old; version 1.23 or later is needed: https://go.dev/dl"
        finish
        ;;
esac
"$root/tools/need" cc python3 || exit 1

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$here" || exit 1

formatted() {
    test -z "$(gofmt -l .)" || { gofmt -d . && false; }
}
step "gofmt" formatted
step "go vet" go vet ./...
step "go mod tidy" go mod tidy -diff
step "documentation" go doc -all .
step "generated parts" python3 "$root/tools/generate.py" --check
if GOBIN=$work/bin go install "$staticcheck" >"$work/step" 2>&1; then
    step "staticcheck" "$work/bin/staticcheck" -checks inherit,ST1000,ST1020,ST1021,ST1022 ./...
else
    skip "staticcheck" "it cannot be had: $(tail -n 1 "$work/step")"
fi

# The module as the proxy gives it, in a clean project.
version=v$(sed -n 's/^const libraryVersion = "\(.*\)"/\1/p' library.go)
pack() (
    mkdir -p "$work/proxy/$module/@v" && cd "$work/proxy/$module/@v" && cp "$here/go.mod" "$version.mod" &&
        echo "{\"Version\":\"$version\"}" >"$version.info" && echo "$version" >list &&
        python3 - "$here" "$module@$version" "$version.zip" <<'PACK'
import os, sys, zipfile
folder, prefix, name = sys.argv[1:]
with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as packed:
    for root, _, files in os.walk(folder):
        for file in files:
            path = os.path.relpath(os.path.join(root, file), folder)
            if not path.startswith("native" + os.sep):
                packed.write(os.path.join(folder, path), f"{prefix}/{path}")
PACK
)
step "pack the module" pack
clean() { # what runs in the clean project
    (cd "$work/project" && GOPROXY=file://$work/proxy GONOSUMDB=$module GOMODCACHE=$work/modules GOFLAGS=-mod=mod "$@")
}
mkdir "$work/project"
step "a clean project" clean go mod init example
step "go get" clean go get "$module@$version"
step "build the driver" clean go build -o "$work/driver" "$module/internal/driver"

# Each test counts.
clean go test -v "$module" >"$work/tests" 2>&1 || failed=$((failed + 1))
sed -n -e '/^--- FAIL/,/^===/p' -e '/^panic/,$p' "$work/tests"
sed -n '/^--- SKIP/{s/^--- SKIP: \([A-Za-z]*\).*/skipped: \1/p}' "$work/tests"
tail -n 1 "$work/tests"
passed=$((passed + $(grep -c '^--- PASS' "$work/tests")))
skipped=$((skipped + $(grep -c '^--- SKIP' "$work/tests")))

step "tests with the race detector" go test -race -short .
step "tests with the checks of cgo" env GOEXPERIMENT=cgocheck2 go test -short .
if GOTOOLCHAIN=$oldest go version >"$work/step" 2>&1; then
    step "tests with $oldest" env GOTOOLCHAIN=$oldest go test -short ./...
else
    skip "tests with $oldest" "it cannot be had: $(tail -n 1 "$work/step")"
fi

archive=$(dirname "$AURA_USERS_LIBRARY")/libaura_users.a
if [ -f "$archive" ] && command -v pkg-config >/dev/null; then
    libraries='-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc'
    printf 'Name: aura_users-static\nDescription: aura_users\nVersion: %s\nCflags: -I%s\nLibs: %s %s\n' \
        "${version#v}" "$root/include" "$archive" "$libraries" >"$work/aura_users-static.pc"
    step "tests with the library linked in" env PKG_CONFIG_PATH="$work" AURA_USERS_LIBRARY=/nowhere \
        go test -short -tags aura_static .
else
    skip "the library linked in" "there is no $archive, or no pkg-config"
fi

step "conformance" "$replay" drive --wire "$root/tests/wire" "$work/driver"
drive=$(sed -n 's/^drive: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$work/step")
# shellcheck disable=SC2086 # three numbers
set -- ${drive:-0 0 0}
sed -n '/^skipped: /p' "$work/step"
passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
finish
