#!/bin/sh
# run.sh COMMAND...: runs the commands, AURA_TEST_JOBS at once. The default is one for each processor
# and one more, because most commands wait. Then it prints their output in the order of the commands,
# and adds up the counts in their last lines. A command fails if it has no count or a bad exit status.
set -u
passed=0 failed=0 skipped=0 number=0
jobs=${AURA_TEST_JOBS:-$(($(getconf _NPROCESSORS_ONLN) + 1))}
outputs=$(mktemp -d)
trap 'rm -rf "$outputs"' EXIT

for command; do
    number=$((number + 1))
    echo "$command" >"$outputs/$number.command"
done
# shellcheck disable=SC2016 # the inner shell's variables
seq $number | xargs -P "$jobs" -n 1 sh -c '
    sh "$0/$1.command" >"$0/$1" 2>&1
    echo $? >"$0/$1.status"' "$outputs"

for number in $(seq $number); do
    output=$outputs/$number
    status=$(cat "$output.status")
    cat "$output"
    counts=$(tail -n 1 "$output" |
        sed -n 's/^[a-z_-]*: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
    # shellcheck disable=SC2086 # three words
    set -- $counts
    if [ $# -ne 3 ] || { [ "$2" -eq 0 ] && [ "$status" -ne 0 ]; }; then
        echo "exit status $status: $(cat "$output.command")"
        failed=$((failed + 1))
    fi
    if [ $# -eq 3 ]; then
        passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
test "$failed" -eq 0 && test "$passed" -gt 0
