#!/bin/sh
# sanitize.sh CC CXX SANDBOX REPLAY LIBDIR BUILD PROGRAM...: the programs, in C or in C++, under
# AddressSanitizer with UndefinedBehaviorSanitizer, and under ThreadSanitizer.
#
# The library has the sanitizer in too, which takes a Rust that can do so: a nightly one, or
# Debian's rustc-web. ThreadSanitizer has to be in Rust's standard library as well, or it cries
# wolf at its locks; that takes the sources (rustup's rust-src, or Debian's rust-web-src). Where
# they are missing it is skipped, and AddressSanitizer sees at least all that the library
# allocates and frees.
#
# The canary makes each mistake on purpose first: a sanitizer that misses it is not there.
set -u
cc=$1 cxx=$2 sandbox=$3 replay=$4 libdir=$5 build=$6
shift 6
cd "$(dirname "$0")" || exit 1
root=$PWD/../..
host=$(rustc -vV | sed -n 's/^host: //p')
failed=0

# `cargo` and `rustc` of the toolchain that is used: a function's words before them.
nightly() { RUSTUP_TOOLCHAIN=nightly "$@"; }
debian() { PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "$@"; }
has_sources() { test -d "$("$1" rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library"; }
version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null; }
debian_is_whole() { [ -n "$(version rust-web-src)" ] && [ "$(version rust-web-src)" = "$(version rustc-web)" ]; }

toolchain=
if nightly rustc --version >/dev/null 2>&1 && has_sources nightly; then
    toolchain=nightly
else
    [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || debian_is_whole ||
        apt-get install -qy --no-install-recommends rustc-web cargo-web rust-web-src \
            libclang-rt-19-dev >/dev/null 2>&1
    if debian_is_whole; then
        toolchain=debian
    elif nightly rustc --version >/dev/null 2>&1; then
        toolchain=nightly
    fi
fi

# Builds the library with sanitizer $1 and cargo's options $2, into the directory it prints.
instrumented() {
    [ -n "$toolchain" ] || return 1
    # shellcheck disable=SC2086 # a list of options
    (cd "$root" && RUSTFLAGS="-Zsanitizer=$1" "$toolchain" cargo rustc -q ${2-} --target "$host" \
        --target-dir "$build/$1" --lib --features capi --crate-type cdylib) \
        >"$build/$1.log" 2>&1 || { cat "$build/$1.log" >&2; return 1; }
    echo "$build/$1/$host/debug"
}

# The newest ThreadSanitizer runtime that goes with a library built by $toolchain. GCC's lacks
# what newer compilers call.
thread_runtime() {
    for runtime in "$("$toolchain" rustc --print sysroot)"/lib/rustlib/"$host"/lib/*_rt.tsan.a \
        $(ls -v /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.tsan-"$(uname -m)".a 2>/dev/null |
            tail -n 1); do
        if [ -e "$runtime" ] && nm "$runtime" 2>/dev/null | grep -q ' T __tsan_memcpy$'; then
            echo "$runtime"
            return
        fi
    done
    return 1
}

# Compiles program $1 into $2 with sanitizers $3, against the library in $4; $5 is a runtime to
# link in the place of the compiler's own.
compile() {
    if [ -e "$1.cpp" ]; then
        compiler=$cxx source=$1.cpp standard=-std=c++17
    else
        compiler=$cc source=$1.c standard='-std=c99 -D_POSIX_C_SOURCE=200809L'
    fi
    # shellcheck disable=SC2086 # a list of options
    "$compiler" $standard -g -Wall -Wextra -Wpedantic -Werror -I"$root/include" -pthread \
        -fsanitize="$3" -fno-sanitize-recover=undefined -c "$source" -o "$2.o" &&
        if [ -n "${5-}" ]; then
            "$compiler" "$2.o" -Wl,--whole-archive "$5" -Wl,--no-whole-archive -Wl,--export-dynamic \
                -L"$4" -laura_users -Wl,-rpath,"$4" -pthread -ldl -lm -lrt -o "$2"
        else
            "$compiler" "$2.o" -fsanitize="$3" -L"$4" -laura_users -Wl,-rpath,"$4" -pthread -o "$2"
        fi
}

# That mistake $1 of the canary is reported, in the words $2.
proved() {
    "$build/canary" "$1" >"$build/canary.log" 2>&1
    if grep -q "$2" "$build/canary.log"; then
        echo "$1: the sanitizer is in, it found the canary's mistake: $(grep -m1 -o "$2" "$build/canary.log")"
    else
        echo "$1: the sanitizer did not find the canary's mistake"
        cat "$build/canary.log"
        return 1
    fi
}

# Compiles each program as above with $1, $2 and $3, and runs it.
run_all() {
    sanitizers=$1 library=$2 runtime=$3
    shift 3
    for program; do
        built=$build/$(echo "$program" | tr -d ./)
        compile "$program" "$built" "$sanitizers" "$library" "$runtime" || return 1
        server=$sandbox leaks=1
        case $program in
            *conformance) server=$replay ;;
            # A forked child leaves its parent's connections where they are, by design.
            fork | fork_in_call | host | log_callback | *process) leaks=0 ;;
        esac
        shift
        set -- "$@" "ASAN_OPTIONS=detect_leaks=$leaks '$built' '$server'"
    done
    ./run.sh "$@"
}

mkdir -p "$build"
export AURA_MEMORY_IS_WATCHED=1
export AURA_TEST_SLOWNESS=$((3 * ${AURA_TEST_SLOWNESS:-1}))
# A fork while other threads run is what fork.c is about.
export TSAN_OPTIONS=die_after_fork=0

echo "AddressSanitizer: building the library with it, a minute or two"
library=$(instrumented address) || {
    library=$libdir
    echo "note: the library is without it, so only what it allocates and frees is watched"
}
if compile canary "$build/canary" address,undefined "$library" &&
    proved address 'ERROR: AddressSanitizer: heap-use-after-free' &&
    proved undefined 'runtime error: signed integer overflow'; then
    run_all address,undefined "$library" '' "$@" || failed=1
else
    failed=1
fi

if [ -n "$toolchain" ] && has_sources "$toolchain" && runtime=$(thread_runtime); then
    echo "ThreadSanitizer: building the library and Rust's own with it, some minutes"
    if library=$(instrumented thread -Zbuild-std) &&
        compile canary "$build/canary" thread "$library" "$runtime" &&
        proved thread 'WARNING: ThreadSanitizer: data race'; then
        run_all thread "$library" "$runtime" "$@" || failed=1
    else
        failed=1
    fi
else
    echo "skipped: ThreadSanitizer: it takes the sources of Rust's library and LLVM's runtime;" \
        "as root: apt-get install rustc-web cargo-web rust-web-src libclang-rt-19-dev"
fi
exit $failed
