#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: checks the package, and installs it with composer into a clean project. There it runs
# the tests, the conformance cases, the README's quick start and the tour. The arguments are absolute paths of
# libaura_users.so, aura-sandbox and aura-replay. The last line is `N passed, N failed, N skipped`.
language=php
# shellcheck source=bindings/checks.sh
. "$(dirname "$0")/../checks.sh"
export AURA_USERS_LIBRARY="$library" AURA_SANDBOX_BIN="$sandbox"
# A test reads the package as a user other than root.
chmod 755 "$clean"
export COMPOSER_HOME="$clean/composer" COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_DISABLE_NETWORK=1

"$root/tools/need" php || exit 1
"$root/tools/need" composer phpunit phpcs php-cgi php-fpm php-psr-log php-mbstring php-xml || exit 1

syntax() {
    find "$here" "$root/benches/compare/php" -name '*.php' -print0 | xargs -0 -n 1 php -d error_reporting=-1 -l && php -l "$here/bin/aura-users-header"
}

install() {
    cp -R "$here/." "$clean/source" && cat >"$clean/project/composer.json" <<END && composer install -n -d "$clean/project"
{
    "repositories": [
        {"type": "path", "url": "$clean/source", "options": {"symlink": false, "versions": {"aura-users/aura-users": "0.1.0"}}},
        {"packagist.org": false}
    ],
    "require": {"aura-users/aura-users": "^0.1"},
    "autoload-dev": {"psr-4": {"AuraUsers\\\\Test\\\\": "test/"}, "files": ["/usr/share/php/Psr/Log/autoload.php"]}
}
END
}

# Runs a command with the installed package, without the source folder.
installed() {
    cd "$clean/project" && "$@"
}

tests() {
    installed phpunit --bootstrap vendor/autoload.php --fail-on-warning --fail-on-risky --verbose test
}

check "the generated parts" python3 "$root/tools/generate.py" --check
check "composer validate" composer validate --strict "$here/composer.json"
check "the syntax" syntax
check "phpcs" sh -c "cd '$here' && phpcs -q && echo 'no violation of PSR-12'"
mkdir -p "$clean/project"
check "the package is installed" install
cp -R "$here/test" "$here/tour.php" "$here/README.md" "$clean/project"
check "its own tests" tests
sed -n 's/^[0-9]*) \(AuraUsers.Test.*\)/\1/p' "$clean/log" >"$clean/skipped"
if grep -q 'skipped test' "$clean/log"; then
    skip "some tests" "$(tr '\n' ' ' <"$clean/skipped")"
fi
cd "$clean/project" && conformance php test/driver.php vendor/autoload.php
check "the quick start and the tour" installed php test/examples.php README.md tour.php

finish
