#!/bin/sh
# packages.sh PACKAGES WORK: tries what `make dist` built as a user does: checks the sums, unpacks it
# into a clean folder, and builds and runs programs against it and its aura-sandbox.
set -u
packages=$1 work=$2
cd "$(dirname "$0")" || exit
. ./ways.sh
skipped=0
skip() {
    skipped=$((skipped + 1))
    echo "skipped: packages: $1"
}
glibc=2.17

# sums_hold: checks that every tarball has a sum, and that every sum is right.
sums_hold() {
    (cd "$packages" && sha256sum --check --strict SHA256SUMS &&
        same "$(sed 's/.* [ *]//' SHA256SUMS | sort)" "$(find . -name '*.tar.gz' | sed 's|^\./||' | sort)")
}

# binutils NAME: prints the name of the tool for the processor of $target.
binutils() {
    case ${target%%-*} in "$(uname -m)") echo "$1" ;; *) echo "${target%%-*}-linux-gnu-$1" ;; esac
}

# needs_at_most VERSION FILE: checks that FILE needs no symbols of a glibc newer than VERSION.
needs_at_most() {
    newest=$("$(binutils objdump)" -T "$2" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
    test -n "$newest" || { echo "no symbol of glibc"; return 1; }
    same "$(printf '%s\n' "$1" "$newest" | sort -V | tail -n 1)" "$1"
}

# needs_only_libc FILE: checks that FILE loads only libraries of the system's libc.
needs_only_libc() {
    "$(binutils objdump)" -p "$1" | awk '$1 == "NEEDED" {print $2}' >"$work/needed"
    test -s "$work/needed" || { echo "no libc"; return 1; }
    not grep -vE '^(lib(c|m|dl|rt|util|pthread)\.so\.[0-9]|ld-linux-.*\.so\.[0-9]|libc\.so|libc\.musl-.*)$' "$work/needed"
}

# needs_nothing FILE: checks that FILE loads no library.
needs_nothing() {
    "$(binutils objdump)" -p "$1" >"$work/headers" && not grep NEEDED "$work/headers"
}

# has_licences FOLDER PACKAGE FEATURES: checks that a licence text names each crate of cargo's tree.
has_licences() {
    (cd ../.. && cargo tree --locked -p "$2" --features "$3" -e normal --target "$target" \
        --prefix none --format '{p}') | sed -n '/(\//d; s/^\([^ ]*\) v\([^ ]*\).*/\1 \2/p' | sort -u >"$work/crates"
    test "$(wc -l <"$work/crates")" -gt 50 || { echo "cargo's tree is too short"; return 1; }
    # The lines between the rules, one crate a line.
    awk '/^-+$/ && length == 100 {named = !named; next} named' "$1/crates.txt" | sed 's/, /\n/g' | sort -u >"$work/named"
    missing=$(comm -23 "$work/crates" "$work/named")
    test -z "$missing" || { echo "no text for: $missing"; return 1; }
    for text in LICENSE rust.*; do test -s "$1"/$text || { echo "no $text"; return 1; }; done
    for text in zig.txt libunwind.txt; do
        case $target in *-linux-*) test -s "$1/$text" || { echo "no $text"; return 1; } ;; esac
    done
}

# knows_no_path FOLDER: checks that no file in it names a folder of the machine that built it.
knows_no_path() { not grep -rIl -e "$(cd ../.. && pwd)" -e "$HOME/" "$1"; }

rm -rf "$work"
mkdir -p "$work"
check "the checksums" sums_hold

for tarball in "$packages"/aura_users-*.tar.gz; do
    name=$(basename "$tarball" .tar.gz)
    target=${name#aura_users-*-}
    case $target in *-linux-*) ;; *) skip "$target: not for Linux"; continue ;; esac
    command -v "$(binutils objdump)" >/dev/null || { skip "$target: no $(binutils objdump)"; continue; }
    clean=$work/$target
    mkdir "$clean"
    for each in "$packages"/aura*-"$target".tar.gz; do check "tar unpacks $each" tar -xzf "$each" -C "$clean"; done
    tree=$clean/$name
    sandbox_tree=$clean/aura-sandbox-${name#aura_users-}
    sandbox=$sandbox_tree/bin/aura-sandbox

    check "$name has licences" has_licences "$tree/share/doc/aura_users" aura-users capi
    check "aura-sandbox has licences for $target" \
        has_licences "$sandbox_tree/share/doc/aura-sandbox" aura-sandbox ''
    check "$name knows no path" knows_no_path "$tree"
    library=$(readlink -f "$tree/lib/libaura_users.so")
    soname=$("$(binutils readelf)" -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
    abi=${soname#libaura_users.so.}
    for each in "$library" "$tree/lib/libaura_users.a"; do
        check "$each shows what it should" ../c/exports.sh "../../docs/abi/$abi.txt" "$each"
    done
    check "$library needs only libc" needs_only_libc "$library"
    case $target in
        *-gnu)
            check "aura-sandbox needs only libc" needs_only_libc "$sandbox"
            for each in "$library" "$sandbox"; do
                check "$each runs with glibc $glibc" needs_at_most $glibc "$each"
                # The check itself can fail.
                check "$each needs some glibc" not needs_at_most 2.1 "$each"
            done ;;
        *-musl) check "aura-sandbox needs no library" needs_nothing "$sandbox" ;;
    esac

    # Programs run on the machine's own processor and libc.
    if [ "$target" = "$(uname -m)-unknown-linux-gnu" ]; then
        first_programs "$tree/include"
        start_sandbox
        program shared by_hand "$tree"
        program shared by_hand_in_cpp "$tree"
        program static by_hand_static "$tree"
        program shared by_pkg_config "$tree"
        program static by_static_pkg_config "$tree"
        program static by_static_pkg_config_alone "$tree"
        by_cmake "$tree"
        exec 3>&-
        wait
    else
        skip "$target: programs, because this machine has no compiler for it"
    fi
done
echo "packages: $passed passed, $failed failed, $skipped skipped"
test "$failed" -eq 0
