#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: builds and tests the Java package, and installs it as its users do.
# The three are absolute paths of libaura_users.so, aura-sandbox and aura-replay.
language=java
# shellcheck source=bindings/checks.sh
. "$(dirname "$0")/../checks.sh"
unset JDK_JAVA_OPTIONS JAVA_TOOL_OPTIONS
export PYTHONDONTWRITEBYTECODE=1
work=$root/build/java

# The project's packages go into a repository of their own, so that no stale one is taken.
maven() {
    mvn -B -q -Dmaven.repo.local="$work/repository" "$@"
}

mkdir -p "$work" || exit 1
rm -rf "$work/app" "$work/native" "$work/repository/io/github/aura-users"
cd "$here" || exit 1

command -v javac >/dev/null || check "a JDK is there" "$root/tools/need" default-jdk-headless || finish
command -v mvn >/dev/null || check "Maven is there" "$root/tools/need" maven || finish

platform=$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/arm64/aarch64/; s/amd64/x86_64/')
mkdir -p "$work/native/native/$platform"
cp "$library" "$work/native/native/$platform/" || exit 1

set -- -Daura.library="$library" -Daura.sandbox="$sandbox"
check "format, lint, documentation, installation, and what tests need" \
    maven clean install "$@" -Dtest=JsonTest -Dnative.platform="$platform" -Dnative.folder="$work/native" || finish
check "the same without the network" maven -o verify "$@" -Dtest=JsonTest

# A clean project that takes the package out of the repository.
mkdir -p "$work/app/src/main/java"
sed "s/PLATFORM/$platform/" src/test/app/pom.xml >"$work/app/pom.xml"
python3 src/test/app/examples.py README.md "$work/app/src/main/java" >"$work/examples" || exit 1
check "a clean project with the quick start" maven -f "$work/app/pom.xml" package || finish
classes=$work/app/target/classes:$work/app/target/jars/*

mkdir -p "$work/app/driver"
driver=src/test/java/io/github/aurausers
check "the driver" javac -d "$work/app/driver" -cp "$classes" "$driver/Driver.java" "$driver/JsonWriter.java" || finish

# Everything that runs, on each Java at hand.
for java in "$(dirname "$(readlink -f "$(command -v javac)")")" /usr/lib/jvm/*/bin; do
    [ -x "$java/javac" ] && readlink -f "$java/java"
done | sort -u >"$work/javas"
while read -r java <&3; do
    feature=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/ *java.specification.version = //p')
    if [ "$feature" -lt 17 ]; then
        continue
    fi
    native=
    [ "$feature" -lt 22 ] || native=--enable-native-access=ALL-UNNAMED
    check "tests on Java $feature" maven -o surefire:test "$@" -Djvm="$java" -Dtest.jvm.arguments="$native"
    # A heap that is there from the beginning: what grows is not Java's own.
    conformance "$java" $native -Xms128m -Xmx128m -XX:+UseSerialGC -XX:+AlwaysPreTouch \
        -cp "$work/app/driver:$classes" io.github.aurausers.Driver
    while read -r example <&4; do
        check "$example of the README on Java $feature" python3 src/test/app/run.py "$root" "$sandbox" \
            example "$java" $native -cp "$classes" "$example"
    done 4<"$work/examples"
    check "the tour on Java $feature" python3 src/test/app/run.py "$root" "$sandbox" \
        tour "$java" $native -cp "$classes" examples/Tour.java
done 3<"$work/javas"
[ "$(wc -l <"$work/javas")" -gt 1 ] || skip "a second Java" "only one JDK is installed"
finish
