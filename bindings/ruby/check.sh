#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: checks the gem, builds it, installs it into a clean folder, and runs there its tests,
# the conformance cases, the README's quick start and the tour. The three are absolute paths of libaura_users.so,
# aura-sandbox and aura-replay. Ends with a line `N passed, N failed, N skipped`.
language=ruby
# shellcheck source=bindings/checks.sh
. "$(dirname "$0")/../checks.sh"
export AURA_USERS_LIBRARY="$library" AURA_SANDBOX_BIN="$sandbox"

for program in ruby rubocop; do
    command -v $program >/dev/null || "$root/tools/need" $program || exit 1
done
ruby -e 'require "ffi"; require "minitest"' 2>/dev/null || "$root/tools/need" ruby-ffi ruby-minitest || exit 1
# Without it, the tests with a Fiber scheduler are skipped.
ruby -e 'require "async"' 2>/dev/null || "$root/tools/need" ruby-async || true

build() {
    cp -R "$here/." "$clean/source" && cd "$clean/source" && gem build --strict aura_users.gemspec &&
        gem install --local --no-document --ignore-dependencies --install-dir "$clean/gems" aura_users-*.gem
}

# The gem as it was installed, and nothing of the source folder.
installed() {
    cd "$clean/project" && GEM_PATH="$clean/gems:$(gem env path)" "$@"
}

tests() {
    # shellcheck disable=SC2016 # Ruby
    installed ruby -w -I test -e 'Dir["./test/test_*.rb"].sort.each { |file| require file }' >"$clean/tests" 2>&1
    status=$?
    cat "$clean/tests"
    [ $status = 0 ] && ! grep "/aura_users.*: warning:" "$clean/tests"
}

signatures() {
    rbs=$(installed ruby -e 'puts Gem.bin_path("rbs", "rbs")') && installed ruby "$rbs" -I "$here/sig" validate --silent
}

check "the generated parts" python3 "$root/tools/generate.py" --check
check "rubocop" sh -c "cd '$here' && rubocop"
check "the gem is built and installed" build
mkdir -p "$clean/project"
cp -R "$here/test" "$here/tour.rb" "$here/README.md" "$clean/project"
if installed ruby -e 'Gem.bin_path("rbs", "rbs")' 2>/dev/null; then
    check "the signatures" signatures
else
    skip "the signatures" "there is no gem rbs"
fi
installed ruby -e 'require "async"' 2>/dev/null || skip "a Fiber scheduler" "there is no gem async (Debian: ruby-async)"
check "its own tests" tests
cd "$clean/project" && GEM_PATH="$clean/gems:$(gem env path)" conformance ruby test/driver.rb
check "the quick start and the tour" installed ruby test/examples.rb README.md tour.rb

finish
