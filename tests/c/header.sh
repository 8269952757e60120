#!/bin/sh
# header.sh CC CXX INCLUDE LIBDIR BUILD: does the header compile alone, in every standard that the
# compilers know, and link from two parts of one program?
set -u
cc=$1 cxx=$2 include=$3 libdir=$4 build=$5
passed=0 failed=0 skipped=0

# check COMPILER LANGUAGE STANDARD
check() {
    compiler=$1 language=$2 standard=$3 program=$build/header-$3
    if ! command -v "$compiler" >/dev/null; then
        echo "skipped: header as $standard: there is no $compiler"
        skipped=$((skipped + 1))
    elif ! "$compiler" -x "$language" -std="$standard" -fsyntax-only /dev/null 2>/dev/null; then
        echo "skipped: header as $standard: $compiler does not know it"
        skipped=$((skipped + 1))
    elif "$compiler" -x "$language" -std="$standard" -Wall -Wextra -Wpedantic -Werror -I"$include" \
        header_user.c header_user_too.c -x none -L"$libdir" -laura_users -Wl,-rpath,"$libdir" \
        -o "$program" && "$program"; then
        passed=$((passed + 1))
    else
        echo "header as $standard: failed"
        failed=$((failed + 1))
    fi
}

for standard in c99 c11 c17 gnu2x; do check "$cc" c "$standard"; done
for standard in c++17 c++20; do check "$cxx" c++ "$standard"; done
echo "header: $passed passed, $failed failed, $skipped skipped"
test "$failed" -eq 0
