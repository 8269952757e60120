#!/bin/sh
# run.sh SANDBOX WORK PROFILE: installs the C library, builds the first programs of its headers
# against the installed tree in every supported way, and runs them against a sandbox.
set -u
sandbox=$1 work=$2 profile=$3
# The job server of the make that runs this script is not for the ones below.
unset MAKEFLAGS
cd "$(dirname "$0")" || exit
. ./ways.sh

# project TARGET VARIABLE=VALUE...: calls the project's make as a user does.
project() { make -s -C ../.. PROFILE="$profile" "$@"; }

# left FOLDER: lists our files that are left below it.
left() { find "$1" ! -type d -o -name 'aura_users*' | grep .; }

rm -rf "$work"
mkdir -p "$work"
first_programs ../../include
start_sandbox

plain=$work/plain
check "make install" project install PREFIX="$plain"
version=$(basename "$(readlink -f "$plain/lib/libaura_users.so")" | sed 's/libaura_users\.so\.//')
soname=$(readelf -d "$plain/lib/libaura_users.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
abi=${soname#libaura_users.so.}

# The ABI is 0.1 for version 0.1.2, and 1 for version 1.2.3.
case $version in
    0.*) check "the SONAME" same "$abi" "${version%.*}" ;;
    *) check "the SONAME" same "$abi" "${version%%.*}" ;;
esac
check "the SONAME's link" same "$(readlink "$plain/lib/$soname")" "libaura_users.so.$version"
check "the linker's link" same "$(readlink "$plain/lib/libaura_users.so")" "$soname"
libdir=$plain/lib
check "pkg-config's version" same "$(ask_pkg_config --modversion aura_users)" "$version"
# The .pc file has the list from rustc.
native=$(sed -n 's/^Libs.private: //p' "$libdir/pkgconfig/aura_users.pc")
check "the header's list of native libraries" same "$(cat ../../src/ffi/native-libraries.txt)" "$native"
for library in libaura_users.so libaura_users.a; do
    check "$library exports what it should" ../c/exports.sh "../../docs/abi/$abi.txt" "$libdir/$library"
done

program shared by_hand "$plain"
program shared by_hand_in_cpp "$plain"
program static by_hand_static "$plain"
program shared by_pkg_config "$plain"
program static by_static_pkg_config "$plain"
program static by_static_pkg_config_alone "$plain"
by_cmake "$plain"
check "CMake uses the archive if BUILD_SHARED_LIBS is OFF" cmake -S . -B "$work/cmake/archive" \
    -DVERSION="$abi" -DPROGRAMS="$work" -DCMAKE_PREFIX_PATH="$plain" -DBUILD_SHARED_LIBS=OFF
check "CMake builds with the archive" cmake --build "$work/cmake/archive"
check "CMake links static if BUILD_SHARED_LIBS is OFF" is static "$work/cmake/archive/c_either"
check "CMake refuses another SONAME" not cmake -S . -B "$work/cmake/refused" \
    -DVERSION=0.0 -DPROGRAMS="$work" -DCMAKE_PREFIX_PATH="$plain"
check "CMake refuses a newer version" not cmake -S . -B "$work/cmake/refused" \
    -DVERSION="$version.1" -DPROGRAMS="$work" -DCMAKE_PREFIX_PATH="$plain"

# Two Rust libraries in one program, in both orders.
rustc --edition 2024 --crate-type staticlib -O other.rs -o "$work/libother.a"
for libraries in "$work/libother.a $libdir/libaura_users.a" "$libdir/libaura_users.a $work/libother.a"; do
    # shellcheck disable=SC2086
    check "two Rust libraries link" \
        c++ -I"$plain/include" two_libraries.cpp $libraries $native -o "$work/program"
    check "two Rust libraries run" "$work/program"
done

# `pkg-config --static` means the archive if only the archive is installed.
only_static=$work/only-static
cp -a "$plain" "$only_static"
rm "$only_static"/lib/libaura_users.so*
program static by_pkg_config_static "$only_static"

# The tree can be moved.
moved=$work/moved
mv "$plain" "$moved"
program shared by_pkg_config "$moved"
program static by_static_pkg_config "$moved"
by_cmake "$moved"

# DESTDIR holds the same tree, which does not name DESTDIR.
check "make install, DESTDIR" project install DESTDIR="$work/destdir" PREFIX=/usr
check "DESTDIR holds the same tree" \
    same "$(cd "$work/destdir/usr" && find . | sort)" "$(cd "$moved" && find . | sort)"
check "no file names DESTDIR" not grep -rI "$work" "$work/destdir"
check "make uninstall, DESTDIR" project uninstall DESTDIR="$work/destdir" PREFIX=/usr
check "uninstalled, nothing is left" not left "$work/destdir"

check "a relative folder is refused" not project install PREFIX=relative
check "nothing was installed there" not test -e ../../relative

# Other folders inside the prefix, as on Debian, and outside of it.
multiarch=lib/$(cc -dumpmachine)
check "make install, LIBDIR" project install prefix="$work/debian" libdir="$work/debian/$multiarch"
by_multiarch() { by_pkg_config "$1" "$2" "$multiarch"; }
program shared by_multiarch "$work/debian"
by_cmake "$work/debian"
check "make install, all folders" project install \
    PREFIX="$work/a" LIBDIR="$work/b/lib" INCLUDEDIR="$work/c/include"
program shared by_pkg_config "$work/b"
by_cmake "$work/b"
for tree in "prefix=$work/debian libdir=$work/debian/$multiarch" \
    "PREFIX=$work/a LIBDIR=$work/b/lib INCLUDEDIR=$work/c/include"; do
    # shellcheck disable=SC2086
    check "make uninstall" project uninstall $tree
done
for folder in debian a b c; do check "uninstalled, nothing is left" not left "$work/$folder"; done

exec 3>&-
wait
echo "install: $passed passed, $failed failed, 0 skipped"
test "$failed" -eq 0
