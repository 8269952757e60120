#!/bin/sh
# exports.sh ABI LIBRARY: checks that a library, shared or static, exports the functions that docs/abi
# promises, and nothing else.
set -u
abi=$1 library=$2
promised=$(mktemp) exported=$(mktemp)
export LC_ALL=C
trap 'rm -f "$promised" "$exported"' EXIT

sed -n 's/.*[ *]\(aura_[a-z0-9_]*\)(.*/\1/p' "$abi" | sort >"$promised"
case $library in
    *.a) nm --extern-only --defined-only "$library" ;;
    *) nm --dynamic --defined-only "$library" ;;
esac | sed -n 's/^[0-9a-f]\{8,\} [A-Za-z] //p' | sort >"$exported"

comm -23 "$promised" "$exported" | sed 's/$/: promised, but not exported/'
comm -13 "$promised" "$exported" | sed 's/$/: exported, but not promised/'
passed=$(comm -12 "$promised" "$exported" | wc -l)
failed=$(comm -3 "$promised" "$exported" | wc -l)
echo "exports: $passed passed, $failed failed, 0 skipped"
test "$failed" -eq 0 && test "$passed" -gt 0
