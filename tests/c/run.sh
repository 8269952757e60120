#!/bin/sh
# run.sh COMMAND...: runs each command, shows what it says, and adds up the counts of their last
# lines. A command that ends otherwise than with its count and success is a failure of its own.
set -u
passed=0 failed=0 skipped=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

for command; do
    sh -c "$command" >"$output" 2>&1
    status=$?
    cat "$output"
    counts=$(tail -n 1 "$output" |
        sed -n 's/^[a-z_-]*: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
    # shellcheck disable=SC2086 # three words
    set -- $counts
    if [ $# -ne 3 ] || { [ "$2" -eq 0 ] && [ $status -ne 0 ]; }; then
        echo "exit status $status: $command"
        failed=$((failed + 1))
    fi
    if [ $# -eq 3 ]; then
        passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
test "$failed" -eq 0 && test "$passed" -gt 0
