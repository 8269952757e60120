# shellcheck shell=sh
# Shared by the check.sh of every package. A check.sh sets `language` and reads this file first:
#
#     language=ruby
#     . "$(dirname "$0")/../checks.sh"
#
# Afterwards these are set: library, sandbox, replay (the three arguments), here (the package), root (the
# repository), clean (a temporary folder) and the counts. `finish` prints the last line.
# shellcheck disable=SC2034,SC2154
set -u
if [ $# != 3 ]; then
    echo "usage: $0 LIBRARY SANDBOX REPLAY: absolute paths of libaura_users.so, aura-sandbox and aura-replay" >&2
    exit 2
fi
library=$1 sandbox=$2 replay=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
clean=$(mktemp -d)
# Go's modules are read-only.
trap 'chmod -R u+w "$clean"; rm -rf "$clean"' EXIT
# dash runs the trap above only at a normal exit.
trap 'exit 130' INT
trap 'exit 143' TERM
export AURA_USERS_DESCRIPTION="$root/include/aura_users.json"
unset CI AURA_USERS_LIBRARY HEX_API HEX_API_URL HEX_API_KEY HEX_OTP HEX_HTTP_TIMEOUT HEX_HTTP_CONCURRENCY \
    HEX_CACERTS_PATH
passed=0 failed=0 skipped=0

# check WHAT COMMAND...: one check. It prints the last line of the output, or the last 100 lines after a failure.
check() {
    what=$1
    shift
    if "$@" >"$clean/log" 2>&1; then
        passed=$((passed + 1))
        line=$(grep . "$clean/log" | tail -n 1)
        echo "$language: $what: ${line:-passed}"
    else
        failed=$((failed + 1))
        tail -n 100 "$clean/log"
        echo "$language: $what: failed"
        return 1
    fi
}

# skip WHAT WHY
skip() {
    skipped=$((skipped + 1))
    echo "skipped: $1: $2"
}

# conformance COMMAND...: the cases and scenarios through the package's driver. Each case counts.
conformance() {
    "$replay" drive --wire "$root/tests/wire" "$@" >"$clean/log" 2>&1
    counts=$(sed -n 's/^drive: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$clean/log")
    [ -n "$counts" ] || { tail -n 100 "$clean/log"; counts="0 1 0"; }
    grep -E '^(failed|skipped)' "$clean/log"
    # shellcheck disable=SC2086 # three numbers
    set -- $counts
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    echo "$language: the conformance cases: $1 passed, $2 failed, $3 skipped"
}

# Prints the last line and ends. The exit status is 0 if nothing failed.
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}
