#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: checks the package for Go as its users get it. The three are
# absolute paths of libaura_users.so, aura-sandbox and aura-replay. The last line has the counts.
language=go
# shellcheck source=bindings/checks.sh
. "$(dirname "$0")/../checks.sh"
export AURA_USERS_LIBRARY="$library" AURA_SANDBOX_BIN="$sandbox"
module=github.com/aura-users/aura-users/bindings/go
oldest=go1.23.12
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.7.0

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

cd "$here" || exit 1

formatted() {
    test -z "$(gofmt -l .)" || { gofmt -d . && false; }
}
check "gofmt" formatted
check "go vet" go vet ./...
check "go mod tidy" go mod tidy -diff
check "documentation" go doc -all .
without_cgo() { # prints the compiler's errors; there must be one
    errors=$(CGO_ENABLED=0 go build . 2>&1 | grep -v '^#')
    echo "$errors"
    test "${errors##*: }" = package_aura_needs_cgo_and_a_C_compiler && test "$(echo "$errors" | wc -l)" = 1
}
check "the error without cgo" without_cgo
check "generated parts" python3 "$root/tools/generate.py" --check
if GOBIN=$clean/bin go install "$staticcheck" >"$clean/log" 2>&1; then
    check "staticcheck" "$clean/bin/staticcheck" -checks inherit,ST1000,ST1020,ST1021,ST1022 ./...
else
    skip "staticcheck" "it cannot be had: $(tail -n 1 "$clean/log")"
fi

# The module as the proxy gives it, in a clean project.
version=v$(sed -n 's/^const libraryVersion = "\(.*\)"/\1/p' library.go)
pack() (
    mkdir -p "$clean/proxy/$module/@v" && cd "$clean/proxy/$module/@v" && cp "$here/go.mod" "$version.mod" &&
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
check "pack the module" pack
installed() { # what runs in the clean project
    (cd "$clean/project" && GOPROXY=file://$clean/proxy GONOSUMDB=$module GOMODCACHE=$clean/modules GOFLAGS=-mod=mod "$@")
}
mkdir "$clean/project"
check "a clean project" installed go mod init example
check "go get" installed go get "$module@$version"
check "build the driver" installed go build -o "$clean/driver" "$module/internal/driver"

# Each test counts.
installed go test -count=1 -v "$module" >"$clean/tests" 2>&1 || failed=$((failed + 1))
sed -n -e '/^--- FAIL/,/^===/p' -e '/^panic/,$p' "$clean/tests"
sed -n '/^--- SKIP/{s/^--- SKIP: \([A-Za-z]*\).*/skipped: \1/p}' "$clean/tests"
tail -n 1 "$clean/tests"
passed=$((passed + $(grep -c '^--- PASS' "$clean/tests")))
skipped=$((skipped + $(grep -c '^--- SKIP' "$clean/tests")))

# -count=1: Go would repeat an old result if only the library or the sandbox has changed.
check "tests with the race detector" go test -count=1 -race -short .
check "tests with the checks of cgo" env GOEXPERIMENT=cgocheck2 go test -count=1 -short .
if GOTOOLCHAIN=$oldest go version >"$clean/log" 2>&1; then
    check "tests with $oldest" env GOTOOLCHAIN=$oldest go test -count=1 -short ./...
else
    skip "tests with $oldest" "it cannot be had: $(tail -n 1 "$clean/log")"
fi

archive=$(dirname "$AURA_USERS_LIBRARY")/libaura_users.a
if [ -f "$archive" ] && command -v pkg-config >/dev/null; then
    libraries='-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc'
    printf 'Name: aura_users-static\nDescription: aura_users\nVersion: %s\nCflags: -I%s\nLibs: %s %s\n' \
        "${version#v}" "$root/include" "$archive" "$libraries" >"$clean/aura_users-static.pc"
    # Go does not notice that the archive or its path has changed. A macro with a checksum makes it link again.
    sum=$({ echo "$archive" && cat "$archive"; } | cksum | tr ' ' _)
    check "tests with the library linked in" env PKG_CONFIG_PATH="$clean" AURA_USERS_LIBRARY=/nowhere \
        CGO_CFLAGS="-O2 -g -DAURA_ARCHIVE=$sum" go test -count=1 -short -tags aura_static .
else
    skip "the library linked in" "there is no $archive, or no pkg-config"
fi

conformance "$clean/driver"
finish
