#!/bin/sh
# sanitize.sh CC CXX SANDBOX REPLAY LIBDIR BUILD THREADED PROGRAM...: the programs, in C or in C++,
# under AddressSanitizer with UndefinedBehaviorSanitizer, and those of the list THREADED under
# ThreadSanitizer.
#
# The library has the sanitizer in too, which takes a Rust that can do so: a nightly one, or
# Debian's rustc-web. ThreadSanitizer has to be in Rust's standard library as well, or it cries
# wolf at its locks; that takes the sources (rustup's rust-src, or Debian's rust-web-src). Where
# they are missing it is skipped, and AddressSanitizer sees at least all that the library
# allocates and frees.
#
# The canary makes each mistake on purpose first: a sanitizer that misses it is not there.
set -u
cc=$1 cxx=$2 sandbox=$3 replay=$4 libdir=$5 build=$6 threaded=$7
shift 7
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

# LLVM's runtime of sanitizer $1 (asan or tsan), the one that goes with $toolchain first. GCC's
# ThreadSanitizer lacks what newer compilers call, and its AddressSanitizer leaves locks held in a
# forked child, which then hangs now and then: no program that forks may run with it.
runtime_of() {
    for runtime in "$("${toolchain:-env}" rustc --print sysroot)"/lib/rustlib/"$host"/lib/*_rt."$1".a \
        $(ls -v /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt."$1-$(uname -m)".a 2>/dev/null |
            tail -n 1); do
        if [ -e "$runtime" ] && nm "$runtime" 2>/dev/null | grep -q " T __$1_memcpy\$"; then
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
        -fsanitize="$3" -fno-sanitize=vptr -fno-sanitize-recover=undefined -c "$source" -o "$2.o" &&
        if [ -n "${5-}" ]; then
            "$compiler" "$2.o" -Wl,--whole-archive "$5" -Wl,--no-whole-archive -Wl,--export-dynamic \
                -L"$4" -laura_users -Wl,-rpath,"$4" -pthread -ldl -lm -lrt -lresolv -o "$2"
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

# A forked child leaves its parent's connections where they are, by design: no leak check.
forks() { case $1 in fork | host | log_callback | *process) ;; *) false ;; esac }

built() { echo "$build/$(echo "$1" | tr -d ./)"; }

# Compiles each program as above with $1 and $2, two at a time, and runs it. Links in runtime $3, or $4
# if the program forks.
run_all() {
    sanitizers=$1 library=$2 plain=$3 forking=$4 other=
    shift 4
    for program; do
        rm -f "$(built "$program")"
        if forks "$program"; then runtime=$forking; else runtime=$plain; fi
        compile "$program" "$(built "$program")" "$sanitizers" "$library" "$runtime" &
        [ -z "$other" ] || wait "$other"
        other=$!
    done
    wait
    for program; do
        [ -x "$(built "$program")" ] || return 1
        server=$sandbox options=detect_leaks=1
        case $program in *conformance) server=$replay ;; esac
        # A thread may hold the lock of the quarantine at the fork, so there is none.
        forks "$program" &&
            options=detect_leaks=0:quarantine_size_mb=0:thread_local_quarantine_size_kb=0
        shift
        set -- "$@" "ASAN_OPTIONS=$options '$(built "$program")' '$server'"
    done
    ./run.sh "$@"
}

mkdir -p "$build"
export AURA_MEMORY_IS_WATCHED=1
export AURA_TEST_SLOWNESS=$((3 * ${AURA_TEST_SLOWNESS:-1}))
# A fork while other threads run is what fork.c is about.
export TSAN_OPTIONS=die_after_fork=0

echo "AddressSanitizer: building the library with it, a minute or two"
runtime=$(runtime_of asan) ||
    echo "note: LLVM's runtime of AddressSanitizer is missing: a program that forks may hang"
library=$(instrumented address) || {
    library=$libdir
    echo "note: the library is without it, so only what it allocates and frees is watched"
}
if compile canary "$build/canary" address,undefined "$library" &&
    proved address 'ERROR: AddressSanitizer: heap-use-after-free' &&
    proved undefined 'runtime error: signed integer overflow'; then
    run_all address,undefined "$library" '' "$runtime" "$@" || failed=1
else
    failed=1
fi

if [ -n "$toolchain" ] && has_sources "$toolchain" && runtime=$(runtime_of tsan); then
    echo "ThreadSanitizer: building the library and Rust's own with it, some minutes"
    if library=$(instrumented thread -Zbuild-std) &&
        compile canary "$build/canary" thread "$library" "$runtime" &&
        proved thread 'WARNING: ThreadSanitizer: data race'; then
        # shellcheck disable=SC2086 # a list of programs
        run_all thread "$library" "$runtime" "$runtime" $threaded || failed=1
    else
        failed=1
    fi
else
    echo "skipped: ThreadSanitizer: it takes the sources of Rust's library and LLVM's runtime;" \
        "as root: apt-get install rustc-web cargo-web rust-web-src libclang-rt-19-dev"
fi
exit $failed
