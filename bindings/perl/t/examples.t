#!/usr/bin/env perl

use v5.36;

# Runs the examples of the documentation, those of README.md, and the tour. It answers the tour's question for a key.

use lib 't/lib';

use File::Find   qw(find);
use HTTP::Tiny   ();
use IPC::Open2   qw(open2);
use JSON::PP     ();
use Module::Load qw(load);
use Servers      qw(admin sandbox_url run_program);
use Aura::Users;
use Test::More;

my $YES = JSON::PP::true();

sub slurp ($path) {
    open my $file, '<:encoding(UTF-8)', $path or die "$path: $!\n";
    my $text = do { local $/ = undef; <$file> };
    close $file;
    return $text;
}

sub is_installed ($module) {
    return eval { load($module); 1 };
}

# Returns the programs in the POD of a module: the indented blocks that load the package.
sub synopses ($path) {
    my ($pod) = slurp($path) =~ / ^ __END__ $ (.*) /xms or return;
    return grep { /use[ ]Aura::Users;/ } $pod =~ / ( (?: ^ [ ]{4} [^\n]* \n | ^ \n )+ ) /xmsg;
}

# The modules of the package.
my @modules;
find( { no_chdir => 1, wanted => sub { push @modules, $_ if /[.]pm\z/ } }, $INC{'Aura/Users.pm'} =~ s/[.]pm\z//r );

admin( '/users',
    { username => 'ericmj', full_name => 'Eric', packages => ['ecto'], emails => [ [ 'e@example.com', ($YES) x 3 ] ] }
);
admin( '/users',      { username => 'orguser', emails => [ [ 'o@example.com', ($YES) x 3 ] ] } );
admin( '/keys',       { username => 'ericmj',  secret => 'key' } );
admin( '/audit-logs', { username => 'ericmj',  count  => 120 } );
local @ENV{qw(HEX_API_URL HEX_API_KEY)} = ( sandbox_url(), 'key' );

my @expected =
    ( qr/ \A ericmj\nEric\n /x, qr/ \A ericmj:[ ]ecto\nkey[.]generate /x, qr/ \A created[ ]newcomer\n \z /x );
my @blocks = slurp('README.md') =~ / ^ ```perl \n (.*?) ^ ``` /xmsg;
is scalar @blocks, scalar @expected, 'the examples of README.md';
for my $i ( 0 .. $#blocks ) {
    my ( $text, $status ) = run_program( $blocks[$i] );
    is $status, 0, "README.md, example $i" or diag $text;
    like $text, $expected[$i];
}

for my $path ( $INC{'Aura/Users.pm'}, sort @modules ) {
    my $number = 0;
    for my $program ( synopses($path) ) {
        my $name = ( $path =~ m{(Aura/Users.*)\z} )[0] . ', example ' . ++$number;
    SKIP: {
            my ($missing) =
                grep { !is_installed($_) } $program =~ / ^ [ ]+ use [ ] (IO::Async::Loop|AnyEvent) ; /xmg;
            skip "$missing is missing", 1 if $missing;
            my ( $text, $status ) = run_program($program);
            is $status, 0,   $name or diag $text;
            isnt $text, q{}, "$name prints";
            unlike $text, qr/[ ]at[ ]-e[ ]line[ ]/x, "$name prints no warning";
        }
    }
}

subtest 'the tour' => sub {
    my $email = 'perl@example.com';
    local $ENV{TOUR_PASSWORD} = 'a password for the tour';
    my $pid =
        open2( my $output, my $input, $^X, ( map { ( '-I', $_ ) } @INC ), 'tour.pl', sandbox_url(), 'perl', $email );
    local $SIG{ALRM} = sub { kill KILL => $pid; die "the tour hangs\n" };
    alarm Servers::PATIENCE;
    my $text = q{};
    while ( $text !~ / paste [ ] it [ ] here: [ ] \z /x ) {
        sysread $output, $text, 4096, length $text or last;
    }
    my ($mail) = grep { $_->{to} eq $email && $_->{kind} eq 'email-verification' } admin('/mailbox')->@*;
    HTTP::Tiny->new->get( $mail->{link} );
    admin( '/audit-logs', { username => 'perl', count => 230 } );
    my $key = admin( '/keys', { username => 'perl', secret => 'tour-key' } )->{secret};
    syswrite $input, "$key\n";
    $text .= do { local $/ = undef; <$output> };
    waitpid $pid, 0;
    alarm 0;
    is $?, 0;

    for my $words (
        '"username":"perl"',
        'username has already been taken',
        'get_current_user: {',
        'a mail is on its way',
        '230 key.generate'
        )
    {
        like $text, qr/\Q$words\E/;
    }
};

done_testing;
