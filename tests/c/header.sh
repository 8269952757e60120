#!/bin/sh
# header.sh INCLUDE LIBDIR BUILD: checks that aura_users.h compiles alone, without a warning, with gcc
# and clang, in every standard from C99 and C++17 on, and links from two files of one program. The
# examples of its first page must compile too.
set -u
include=$1 libdir=$2 build=$3
passed=0 failed=0 skipped=0

gcc="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wcast-qual -Wredundant-decls"
# All warnings except those about C++98 and, in later versions, about every pointer.
clang="-Weverything -Wno-c++98-compat -Wno-c++98-compat-pedantic
    -Wno-unknown-warning-option -Wno-unsafe-buffer-usage"

# check COMPILER LANGUAGE STANDARD WARNINGS
check() {
    compiler=$1 language=$2 standard=$3 warnings=$4 program=$build/header-$1-$3
    if ! command -v "$compiler" >/dev/null; then
        echo "skipped: header as $standard: $compiler is not installed"
        skipped=$((skipped + 1))
    elif ! "$compiler" -x "$language" -std="$standard" -fsyntax-only /dev/null 2>/dev/null; then
        echo "skipped: header as $standard: $compiler does not know that standard"
        skipped=$((skipped + 1))
    # shellcheck disable=SC2086 # a list of warnings
    elif "$compiler" -x "$language" -std="$standard" $warnings -Werror -I"$include" \
        header_user.c header_user_too.c -x none -L"$libdir" -laura_users -Wl,-rpath,"$libdir" \
        -o "$program" && "$program"; then
        passed=$((passed + 1))
    else
        echo "header as $standard with $compiler: failed"
        failed=$((failed + 1))
    fi
}

# Extracts the examples from the first comment. A block with includes is a program. Any other block
# is the body of a function.
examples() {
    awk '
        BEGIN {
            print "#include <aura_users.h>\n#include <stdio.h>"
            print "void show(aura_client *, aura_error *, aura_status, char *);"
            print "void show(aura_client *client, aura_error *error, aura_status status, char *user) {"
        }
        /^ \*\// { print "(void)status; (void)user; }"; exit }
        /^ \*     / { block = block substr($0, 8) "\n"; next }
        /^ \*$/ && block { block = block "\n"; next }
        block {
            if (block ~ /^#include/)
                print block > main
            else if (block ~ /;/)
                print "{\n" block "}"
            block = ""
        }
    ' main="$build/example-main.c" "$include/aura_users.h" >"$build/examples.c"
    for file in example-main examples; do
        if gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -I"$include" -fsyntax-only "$build/$file.c"; then
            passed=$((passed + 1))
        else
            echo "header, $file: failed"
            failed=$((failed + 1))
        fi
    done
}

# c2x and c++2b are the older names of C23 and C++23, which more compilers know.
for standard in c99 c11 c17 c2x; do
    check gcc c $standard "$gcc -Wstrict-prototypes -Wmissing-prototypes"
    check clang c $standard "$clang"
done
for standard in c++17 c++20 c++2b; do
    check g++ c++ $standard "$gcc -Wold-style-cast -Wzero-as-null-pointer-constant"
    check clang++ c++ $standard "$clang"
done
examples
echo "header: $passed passed, $failed failed, $skipped skipped"
test "$failed" -eq 0
