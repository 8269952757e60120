#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: builds and tests the Java package, and installs it as its users do.
# The three are absolute paths of libaura_users.so, aura-sandbox and aura-replay.
set -u
if [ $# != 3 ]; then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
fi
library=$1 sandbox=$2 replay=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/build/java
passed=0 failed=0 skipped=0
unset CI AURA_USERS_LIBRARY HEX_API_URL HEX_API_KEY JDK_JAVA_OPTIONS JAVA_TOOL_OPTIONS
export PYTHONDONTWRITEBYTECODE=1

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}

# step NAME COMMAND...: runs it and says what came of it; its output is shown if it fails.
step() {
    name=$1
    shift
    if "$@" >"$work/step.log" 2>&1; then
        passed=$((passed + 1))
        echo "passed: $name"
    else
        failed=$((failed + 1))
        tail -n 60 "$work/step.log"
        echo "failed: $name"
        return 1
    fi
}

# The project's packages go into a repository of their own, so that no stale one is taken.
maven() {
    mvn -B -q -Dmaven.repo.local="$work/repository" "$@"
}

mkdir -p "$work" || exit 1
rm -rf "$work/app" "$work/native" "$work/repository/io/github/aura-users"
cd "$here" || exit 1

command -v javac >/dev/null || step "a JDK is there" "$root/tools/need" default-jdk-headless || finish
command -v mvn >/dev/null || step "Maven is there" "$root/tools/need" maven || finish

platform=$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/arm64/aarch64/; s/amd64/x86_64/')
mkdir -p "$work/native/native/$platform"
cp "$library" "$work/native/native/$platform/" || exit 1

set -- -Daura.library="$library" -Daura.sandbox="$sandbox"
step "format, lint, documentation, installation, and what tests need" \
    maven clean install "$@" -Dtest=JsonTest -Dnative.platform="$platform" -Dnative.folder="$work/native" || finish
step "the same without the network" maven -o verify "$@" -Dtest=JsonTest

# A clean project that takes the package out of the repository.
mkdir -p "$work/app/src/main/java"
sed "s/PLATFORM/$platform/" src/test/app/pom.xml >"$work/app/pom.xml"
python3 src/test/app/examples.py README.md "$work/app/src/main/java" >"$work/examples" || exit 1
step "a clean project with the quick start" maven -f "$work/app/pom.xml" package || finish
classes=$work/app/target/classes:$work/app/target/jars/*

mkdir -p "$work/app/driver"
driver=src/test/java/io/github/aurausers
step "the driver" javac -d "$work/app/driver" -cp "$classes" "$driver/Driver.java" "$driver/JsonWriter.java" || finish

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
    step "tests on Java $feature" maven -o surefire:test "$@" -Djvm="$java" -Dtest.jvm.arguments="$native"
    # A heap that is there from the beginning: what grows is not Java's own.
    if step "conformance on Java $feature" "$replay" --wire "$root/tests/wire" drive \
        "$java" $native -Xms128m -Xmx128m -XX:+UseSerialGC -XX:+AlwaysPreTouch \
        -cp "$work/app/driver:$classes" io.github.aurausers.Driver; then
        tail -n 1 "$work/step.log"
    fi
    grep '^skipped: ' "$work/step.log" && skipped=$((skipped + 1))
    while read -r example <&4; do
        step "$example of the README on Java $feature" python3 src/test/app/run.py "$root" "$sandbox" \
            example "$java" $native -cp "$classes" "$example"
    done 4<"$work/examples"
    step "the tour on Java $feature" python3 src/test/app/run.py "$root" "$sandbox" \
        tour "$java" $native -cp "$classes" examples/Tour.java
done 3<"$work/javas"
[ "$(wc -l <"$work/javas")" -gt 1 ] || {
    echo "skipped: a second Java: only one JDK is installed"
    skipped=$((skipped + 1))
}
finish
