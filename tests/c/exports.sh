#!/bin/sh
# exports.sh CC HEADER LIBRARY BUILD: the shared library gives what the header declares, the header
# declares what it gives, and nothing else leaves it.
set -u
cc=$1 header=$2 library=$3 build=$4
passed=0 failed=0

# Versioned or not, defined, for others to link with.
nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u >"$build/exported"
# The preprocessor takes the comments out, which name functions too.
"$cc" -E -P "$header" | grep -o '\baura_[a-z0-9_]* *(' | tr -d ' (' | sort -u >"$build/declared"

# check NAMES COMPLAINT: one check for each function, one failure for each name that is left over.
check() {
    for name in $1; do
        echo "$name $2"
        failed=$((failed + 1))
    done
}
check "$(grep -v '^aura_' "$build/exported")" "leaves the library and does not start with aura_"
check "$(grep '^aura_' "$build/exported" | comm -23 - "$build/declared")" "is exported and not declared"
check "$(comm -13 "$build/exported" "$build/declared")" "is declared and not exported"
passed=$(comm -12 "$build/exported" "$build/declared" | wc -l)
test "$passed" -gt 0 || failed=$((failed + 1))
echo "exports: $passed passed, $failed failed, 0 skipped"
test "$failed" -eq 0
