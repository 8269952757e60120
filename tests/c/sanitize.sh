#!/bin/sh
# sanitize.sh CC CXX SANDBOX REPLAY LIBDIR BUILD THREADED PROGRAM...: runs the programs, in C or C++,
# under AddressSanitizer and UndefinedBehaviorSanitizer. It runs those in the list THREADED under
# ThreadSanitizer too.
#
# The library is built with the sanitizers too. That needs a nightly Rust or Debian's rustc-web.
# ThreadSanitizer also needs them in Rust's standard library, or it reports its locks as races. That
# needs the sources: rustup's rust-src or Debian's rust-web-src. If they are missing, ThreadSanitizer
# is skipped, and AddressSanitizer checks only what the library allocates and frees.
#
# canary.c makes each mistake on purpose first. If a sanitizer misses it, the script fails.
set -u
cc=$1 cxx=$2 sandbox=$3 replay=$4 libdir=$5 build=$6 threaded=$7
shift 7
cd "$(dirname "$0")" || exit 1
root=$PWD/../..
host=$(rustc -vV | sed -n 's/^host: //p')
failed=0

# Each function runs a command with the `cargo` and `rustc` of one toolchain.
nightly() { RUSTUP_TOOLCHAIN=nightly "$@"; }
debian() { PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "$@"; }
has_sources() { test -d "$("$1" rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library"; }
version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null; }
debian_is_whole() { [ -n "$(version rust-web-src)" ] && [ "$(version rust-web-src)" = "$(version rustc-web)" ]; }

toolchain=
if nightly rustc --version >/dev/null 2>&1 && has_sources nightly; then
    toolchain=nightly
else
    packages="rustc-web cargo-web rust-web-src libclang-rt-19-dev"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! debian_is_whole; then
        echo "installing with apt-get: $packages (they are missing, and you are root)"
        # shellcheck disable=SC2086 # a list of packages
        apt-get install -qy --no-install-recommends -o DPkg::Lock::Timeout=600 $packages >/dev/null 2>&1
    fi
    if debian_is_whole; then
        toolchain=debian
    elif nightly rustc --version >/dev/null 2>&1; then
        toolchain=nightly
    fi
fi

# Builds the library with sanitizer $1 and the options $2 for cargo. Prints its folder. Build scripts
# and macros have no sanitizer, so both builds use the same ones.
instrumented() {
    [ -n "$toolchain" ] || return 1
    mkdir -p "$build/$1"
    # shellcheck disable=SC2086 # a list of options
    (cd "$root" && RUSTFLAGS="-Zsanitizer=$1" "$toolchain" cargo rustc -q ${2-} --target "$host" \
        --target-dir "$build/cargo" --lib --features capi --crate-type cdylib &&
        cp "$build/cargo/$host/debug/libaura_users.so" "$build/$1") \
        >"$build/$1.log" 2>&1 || { cat "$build/$1.log" >&2; return 1; }
    echo "$build/$1"
}

# Prints the path of LLVM's runtime of sanitizer $1 (asan or tsan). The runtime of $toolchain comes
# first. GCC's ThreadSanitizer lacks functions that newer compilers call. GCC's AddressSanitizer leaves
# locks held in a forked child, which then sometimes hangs, so programs that fork do not use it.
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

# Compiles program $1 into $2 with sanitizers $3, against the library in $4. $5 is a runtime to link
# instead of the compiler's own.
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

# Runs the canary's mistake $1, and checks that the sanitizer reports $2.
proved() {
    "$build/canary" "$1" >"$build/canary.log" 2>&1
    if grep -q "$2" "$build/canary.log"; then
        echo "$1: the sanitizer works: it found the canary's mistake: $(grep -m1 -o "$2" "$build/canary.log")"
    else
        echo "$1: the sanitizer did not find the canary's mistake"
        cat "$build/canary.log"
        return 1
    fi
}

# A forked child does not free its parent's connections, by design, so there is no leak check.
forks() { case $1 in fork | host | log_callback | *process) ;; *) false ;; esac }

built() { echo "$build/$(echo "$1" | tr -d ./)"; }

# Compiles each program with sanitizers $1 and library $2, two at a time, and runs it. Links runtime $3,
# or runtime $4 if the program forks.
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
        # A thread may hold the quarantine's lock during the fork, so switch the quarantine off.
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
# fork.c forks while other threads run, so ThreadSanitizer must not end the child.
export TSAN_OPTIONS=die_after_fork=0

echo "AddressSanitizer: building the library with it; this takes a minute or two"
runtime=$(runtime_of asan) ||
    echo "note: LLVM's runtime of AddressSanitizer is missing: a program that forks may hang"
library=$(instrumented address) || {
    library=$libdir
    echo "note: the library is built without it, so it checks only what the library allocates and frees"
}
if compile canary "$build/canary" address,undefined "$library" &&
    proved address 'ERROR: AddressSanitizer: heap-use-after-free' &&
    proved undefined 'runtime error: signed integer overflow'; then
    run_all address,undefined "$library" '' "$runtime" "$@" || failed=1
else
    failed=1
fi

if [ -n "$toolchain" ] && has_sources "$toolchain" && runtime=$(runtime_of tsan); then
    echo "ThreadSanitizer: building the library and Rust's standard library; this takes some minutes"
    if library=$(instrumented thread -Zbuild-std) &&
        compile canary "$build/canary" thread "$library" "$runtime" &&
        proved thread 'WARNING: ThreadSanitizer: data race'; then
        # shellcheck disable=SC2086 # a list of programs
        run_all thread "$library" "$runtime" "$runtime" $threaded || failed=1
    else
        failed=1
    fi
else
    echo "skipped: ThreadSanitizer: it needs the sources of Rust's library and LLVM's runtime;" \
        "as root: apt-get install rustc-web cargo-web rust-web-src libclang-rt-19-dev"
fi
exit $failed
