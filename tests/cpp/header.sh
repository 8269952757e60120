#!/bin/sh
# header.sh INCLUDE LIBDIR BUILD COMPILER...: checks that aura_users.hpp compiles alone, without a
# warning, in every standard that the compilers know, and links from two files of one program. Its
# parts and the examples of its first pages must compile too.
set -u
include=$1 libdir=$2 build=$3
shift 3
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wundef -Werror'
passed=0 failed=0 skipped=0

skip() {
    echo "skipped: header, $1"
    skipped=$((skipped + 1))
}

# check WHAT COMMAND...
check() {
    what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "header, $what: failed"
        failed=$((failed + 1))
    fi
}

# program COMPILER FLAGS...: builds a program from two files, and runs it.
program() {
    # shellcheck disable=SC2086 # a list of flags
    "$@" $warnings -I"$include" header_user.cpp header_user_too.cpp -L"$libdir" -laura_users \
        -Wl,-rpath,"$libdir" -o "$build/header" && "$build/header"
}

# Extracts the examples from a file's first comment. A block with includes is a program. Any other
# block is the body of a function.
examples() {
    awk -v file="$1" '
        BEGIN {
            print "#include <" file ">\n#include <iostream>\n#include <thread>"
            print "using namespace std::chrono_literals;\nextern aura::Client client;"
            print "extern std::string key;"
        }
        / \*\// { exit }
        /^ \*     / { block = block substr($0, 8) "\n"; next }
        /^ \*$/ && block { block = block "\n"; next }
        block { end() }
        function end() {
            if (block ~ /^#include/)
                print block > file_of_main
            else if (block !~ /^c\+\+ /)
                print "void example" ++count "();\nvoid example" count "()\n{\n" block "}"
            block = ""
        }
        END { if (block) end() }
    ' file_of_main="$build/example-main.cpp" "$include/$1"
}

standards='-std=c++17 -std=c++20 -std=c++2b -std=c++17,-fno-exceptions,-fno-rtti'
for compiler; do
    if ! command -v "$compiler" >/dev/null; then
        skip "$compiler is not installed"
        continue
    fi
    case $compiler in *clang*) library=-std=c++17,-stdlib=libc++ ;; *) library= ;; esac
    for commas in $standards $library; do
        flags=$(echo "$commas" | tr , ' ')
        # shellcheck disable=SC2086 # a list of flags
        if echo '#include <string>' | "$compiler" $flags -fsyntax-only -x c++ - 2>/dev/null; then
            check "$compiler $flags" program "$compiler" $flags
        else
            skip "$compiler does not know $flags"
        fi
    done
done

compiler=$1
for part in "$include"/aura_users/*.hpp; do
    # shellcheck disable=SC2086 # a list of flags
    check "$part alone" "$compiler" -std=c++17 $warnings -I"$include" -fsyntax-only \
        -include "$part" -x c++ /dev/null
done
check "C++14 gets a clear error" sh -c "
    '$compiler' -std=c++14 -I'$include' -fsyntax-only header_user_too.cpp 2>&1 |
        grep -q 'requires C++17'"
for page in aura_users.hpp aura_users/nlohmann.hpp; do
    examples "$page" >"$build/examples.cpp"
    check "the examples of $page" "$compiler" -std=c++17 -Wall -Wextra -Werror \
        -Wno-unused-variable -I"$include" -fsyntax-only "$build/examples.cpp"
done
check "the first program" "$compiler" -std=c++17 -Wall -Wextra -Werror -I"$include" -fsyntax-only \
    "$build/example-main.cpp"
echo "header: $passed passed, $failed failed, $skipped skipped"
test "$failed" -eq 0
