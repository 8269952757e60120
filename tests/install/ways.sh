# shellcheck shell=sh
# How users build against an installed library, and how the tests of this folder check it. The
# script that reads this file sets work (a folder), sandbox (a program) and later soname and abi.
# shellcheck disable=SC2034,SC2154
passed=0 failed=0

# check WHAT COMMAND...: one check, which prints nothing if it passes.
check() {
    what=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $what: $*"
        cat "$work/output"
    fi
}

not() { ! "$@"; }
same() { test "$1" = "$2" || { echo "is $1, not $2"; false; }; }

# Prints the first program in the comments of HEADER.
first_program() { sed -n '/^ \*     #include/,/^ \*     }$/s/^ \*\( \{5\}\)\{0,1\}//p' "$1"; }

# first_programs INCLUDE: writes the first programs of the C and the C++ header into $work.
first_programs() {
    first_program "$1/aura_users.h" >"$work/program.c"
    first_program "$1/aura_users.hpp" >"$work/program.cpp"
}

# Starts a sandbox with one account. It ends when its standard input closes.
start_sandbox() {
    echo '{"users": [{"username": "ericmj"}]}' >"$work/world.json"
    mkfifo "$work/lifeline" "$work/ready"
    "$sandbox" --world "$work/world.json" <"$work/lifeline" >"$work/ready" &
    exec 3>"$work/lifeline"
    read -r ready <"$work/ready"
    url=$(echo "$ready" | sed 's/.*"api_url":"\([^"]*\)".*/\1/')
}

# runs PROGRAM: checks that it prints the record of ericmj.
runs() { env -i HEX_API_URL="$url" "$1" 3>&- | grep '"username":"ericmj"'; }

# is KIND PROGRAM: checks whether the library is in it (static) or loaded by its SONAME (shared).
is() {
    needed=$(readelf -d "$2" | sed -n 's/.*NEEDED.*\[\(libaura_users.*\)\]/\1/p')
    case $1 in
        shared) same "$needed" "$soname" ;;
        static) same "$needed" "" ;;
    esac
}

# program KIND WAY PREFIX [NAME]: builds a first program by WAY, and runs it.
program() {
    check "$2 builds against $3" "$2" "$3" "$work/program"
    check "$2 links $1" is "$1" "$work/program"
    check "$2 makes a program that runs" runs "$work/program"
    rm -f "$work/program"
}

# The ways, each with PREFIX OUTPUT.
by_hand() { cc -I"$1/include" "$work/program.c" -L"$1/lib" -laura_users -Wl,-rpath,"$1/lib" -o "$2"; }
by_hand_in_cpp() {
    c++ -std=c++17 -I"$1/include" "$work/program.cpp" -L"$1/lib" -laura_users -Wl,-rpath,"$1/lib" -o "$2"
}
# shellcheck disable=SC2046 # the words of a list, here and below
by_hand_static() {
    cc -I"$1/include" "$work/program.c" "$1/lib/libaura_users.a" \
        $(cat ../../src/ffi/native-libraries.txt) -o "$2"
}
ask_pkg_config() { PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config "$@"; }
by_pkg_config() {
    libdir=$1/${3:-lib}
    cc "$work/program.c" $(ask_pkg_config --cflags --libs aura_users) \
        -Wl,-rpath,"$(ask_pkg_config --variable=libdir aura_users)" -o "$2"
}
by_pkg_config_static() {
    libdir=$1/lib
    cc "$work/program.c" $(ask_pkg_config --cflags --libs --static aura_users) -o "$2"
}
by_static_pkg_config() {
    libdir=$1/lib
    cc "$work/program.c" $(ask_pkg_config --cflags --libs aura_users-static) -o "$2"
}

by_static_pkg_config_alone() {
    libdir=$1/lib
    # glibc's warning about getaddrinfo() is no error.
    cc -static "$work/program.c" $(ask_pkg_config --cflags --libs aura_users-static) -o "$2"
}

# by_cmake PREFIX: builds and runs all that CMakeLists.txt has.
by_cmake() {
    folder=$work/cmake/$(basename "$1")
    check "CMake finds $1" \
        cmake -S . -B "$folder" -DVERSION="$abi" -DPROGRAMS="$work" -DCMAKE_PREFIX_PATH="$1"
    check "CMake builds against $1" cmake --build "$folder"
    check "CMake links shared unless told otherwise" is shared "$folder/c_either"
    check "CMake makes a program that runs" runs "$folder/c_either"
    for language in c cpp; do
        for kind in shared static; do
            check "CMake links $kind" is "$kind" "$folder/${language}_$kind"
            check "CMake makes a program that runs" runs "$folder/${language}_$kind"
        done
    done
}
