#!/bin/sh
# old_system.sh PACKAGES WORK ZIG: unpacks what `make dist` built into the oldest Debian that this
# machine's package mirror has, one for each processor, and runs the tour against aura-sandbox there.
# ZIG is the folder of zig's Python environment. Needs root, for chroot.
set -u
packages=$1 work=$2 zig=$3
cd "$(dirname "$0")" || exit
. ./ways.sh

skipped=0
skip() {
    skipped=$((skipped + 1))
    echo "skipped: old system: $1"
}

finish() {
    echo "old-system: $passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

for need in debootstrap wget chroot; do
    command -v $need >/dev/null || { skip "$need is not installed"; finish; }
done
[ "$(id -u)" = 0 ] || { skip "only root can make one and run in it"; finish; }
# shellcheck disable=SC2016 # apt's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
    'Label: Debian' 2>/dev/null | head -n 1)
[ -n "$mirror" ] || { skip "apt names no mirror of Debian"; finish; }

suites=
for suite in jessie stretch buster bullseye bookworm; do
    wget -q --spider "${mirror%/}/dists/$suite/Release" && suites="$suites $suite"
done
[ -n "$suites" ] || { skip "apt's mirror of Debian does not answer"; finish; }

mkdir -p "$work"
work=$(cd "$work" && pwd)
roots=$work/roots
trap 'rm -rf "$roots"' EXIT
trap 'exit 1' INT TERM

# make_root ARCHITECTURE: puts the oldest available Debian into $root, and its name into $suite.
# debootstrap only unpacks it (--foreign): that is enough to run programs, and works for every
# processor.
make_root() {
    for suite in $suites; do
        root=$roots/$suite-$1
        mkdir -p "$root" "$work/debs"
        debootstrap --foreign --variant=minbase --arch="$1" --cache-dir="$work/debs" \
            "$suite" "$root" "$mirror" \
            >"$work/debootstrap-$1.log" 2>&1 </dev/null && return
        echo "debootstrap cannot make $suite for $1:"
        tail -n 3 "$work/debootstrap-$1.log"
    done
    return 1
}

# The first word is the processor's name for rustc and zig, the second Debian's.
while read -r processor architecture; do
    target=$processor-unknown-linux-gnu
    set -- "$packages"/aura_users-*-"$target".tar.gz
    [ -f "$1" ] || { skip "there is no package for $target"; continue; }
    emulator=
    if [ "$processor" != "$(uname -m)" ]; then
        ../../tools/need "qemu-$processor-static" ||
            { skip "$target: qemu-$processor-static is not installed"; continue; }
        emulator=/qemu-$processor-static
    fi
    make_root "$architecture" || { failed=$((failed + 1)); echo "failed: no old system for $target"; continue; }
    [ -z "$emulator" ] || cp "$(command -v "qemu-$processor-static")" "$root/"
    glibc=$(grep -ao 'release version [0-9.]*[0-9]' "$root"/lib/*/libc.so.6 | sed 's/.* //')
    echo "$target runs on Debian $suite with glibc $glibc${emulator:+, emulated}"

    mkdir -p "$root/opt/aura"
    for tarball in "$packages"/aura*-"$target".tar.gz; do
        check "tar unpacks $tarball" tar -xzf "$tarball" -C "$root/opt/aura" --strip-components=1
    done
    # Programs for the old system cannot be linked with this one's own glibc.
    compile() {
        "$zig/bin/python" -m ziglang cc -target "$processor-linux-gnu.2.17" -std=c99 \
            -I"$root/opt/aura/include" ../../examples/tour.c "$@"
    }
    check "zig links the tour" compile -L"$root/opt/aura/lib" -laura_users \
        -Wl,-rpath,/opt/aura/lib -o "$root/opt/aura/bin/tour"
    libdir=$root/opt/aura/lib
    # shellcheck disable=SC2046 # the words of a list
    check "zig links the tour with the archive" compile \
        $(ask_pkg_config --libs aura_users-static) -lunwind -o "$root/opt/aura/bin/tour-static"

    # $emulator is empty here or one word.
    printf '#!/bin/sh\nexec chroot "%s" %s /opt/aura/bin/aura-sandbox "$@"\n' "$root" "$emulator" \
        >"$work/aura-sandbox"
    chmod +x "$work/aura-sandbox"
    for tour in tour tour-static; do
        check "$tour and aura-sandbox run on $suite ($architecture)" \
            python3 tour.py "$work/aura-sandbox" chroot "$root" $emulator "/opt/aura/bin/$tour"
    done
done <<END
x86_64 amd64
aarch64 arm64
END
finish
