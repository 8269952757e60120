#!/bin/sh
# check.sh LIBRARY SANDBOX REPLAY: checks the package, builds and tests its distribution, installs it into a clean
# folder, and runs the conformance cases there. The tests run the README's quick start, the examples of the
# documentation and the tour. The arguments are absolute paths of libaura_users.so, aura-sandbox and aura-replay. The
# last line is `N passed, N failed, N skipped`.
language=perl
# shellcheck source=bindings/checks.sh
. "$(dirname "$0")/../checks.sh"
export AURA_USERS_LIBRARY="$library" AURA_SANDBOX_BIN="$sandbox"
unset PERL5LIB PERL5OPT

has() { # MODULE
    perl -M"$1" -e 1 2>/dev/null
}

"$root/tools/need" perl make perlcritic perltidy libffi-platypus-perl libjson-maybexs-perl libtime-moment-perl || exit 1
# Without these, some tests are skipped.
"$root/tools/need" libpod-coverage-perl libio-async-perl libanyevent-perl liblog-any-perl || true

# The programs of `make bench`.
programs=$root/benches/compare/perl

tidy() {
    cd "$here" || return 1
    status=0
    for file in $(find . "$programs" -name '*.pm' -o -name '*.t' -o -name '*.pl' -o -name Makefile.PL); do
        perltidy -pro=.perltidyrc "$file" -o "$clean/tidy" && diff -u "$file" "$clean/tidy" || status=1
    done
    [ $status = 0 ] && echo "perltidy changes no file"
}

critic() {
    cd "$here" && perlcritic --quiet --profile .perlcriticrc . "$programs" && echo "no violation of severity 4 or 5"
}

documentation() {
    cd "$here" || return 1
    grep -rl '^=head1' lib | xargs podchecker -warnings -warnings || return 1
    # Finds methods without POD. Modules without POD are internal.
    for file in $(grep -rl '^=head1' lib); do
        module=$(echo "$file" | sed 's,^lib/,,; s,/,::,g; s,\.pm$,,')
        perl -Ilib -MPod::Coverage -e '
            my $pod = Pod::Coverage->new( package => $ARGV[0], also_private => [ qr/^[A-Z_]+$/, qr/^aura_/ ] );
            my @naked = $pod->naked;
            die "$ARGV[0]: not documented: @naked\n" if @naked;
            die "$ARGV[0]: ", $pod->why_unrated, "\n" if !defined $pod->coverage && $pod->why_unrated !~ /no public/;
        ' "$module" || return 1
    done
    echo "every method is documented"
}

build() {
    rm -rf "$clean/source" && cp -R "$here" "$clean/source" && cd "$clean/source" && perl Makefile.PL &&
        make manifest && diff "$here/MANIFEST" MANIFEST && make distcheck && make dist && ls Aura-Users-*.tar.gz
}

tests() {
    cd "$clean/source" && make disttest >"$clean/tests" 2>&1
    status=$?
    cat "$clean/tests"
    [ $status = 0 ] && grep 'Result: PASS' "$clean/tests"
}

install() {
    cd "$clean" && tar xzf source/Aura-Users-*.tar.gz && cd Aura-Users-* &&
        perl Makefile.PL INSTALL_BASE="$clean/installed" && make install && cd "$clean" &&
        PERL5LIB="$clean/installed/lib/perl5" perl -MAura::Users -e 'print Aura::Users->VERSION, "\n"'
}

# Installs a package that contains the library.
install_with_library() {
    folder="$clean/source/lib/Aura/Users/native/$(uname -s | tr A-Z a-z)-$(uname -m)"
    mkdir -p "$folder" && cp "$AURA_USERS_LIBRARY" "$folder/libaura_users.so" && cd "$clean/source" &&
        perl Makefile.PL INSTALL_BASE="$clean/with-library" && make install && cd "$clean" &&
        env -u AURA_USERS_LIBRARY PERL5LIB="$clean/with-library/lib/perl5" perl -MAura::Users -e 'Aura::Users->new; print "ok\n"'
}

check "the generated parts" python3 "$root/tools/generate.py" --check
check "perltidy" tidy
check "perlcritic" critic
if has Pod::Coverage; then
    check "the documentation" documentation
else
    skip "the documentation" "Pod::Coverage is missing (Debian: libpod-coverage-perl)"
fi
for module in IO::Async AnyEvent Log::Any; do
    has $module || skip "the tests with $module" "it is missing (Debian: libio-async-perl, libanyevent-perl, liblog-any-perl)"
done
check "the distribution is built" build
check "its own tests, the quick start and the tour" tests
check "the distribution is installed" install
check "the library in the package's own folder" install_with_library
mkdir -p "$clean/project" && cp "$here/t/driver.pl" "$clean/project" && cd "$clean/project" || exit 1
PERL5LIB="$clean/installed/lib/perl5" conformance perl driver.pl

finish
