#!/usr/bin/env perl

use v5.36;

use lib 't/lib';

# This must be loaded before a module that logs.
BEGIN {
    eval { require Log::Any::Test };
}

use Aura::Users;
use File::Temp qw(tempdir);
use Servers    qw(client exception_of run_program);
use Test::More;

my $LINE = qr{ \A GET [ ] /users/[{]username_or_email[}]: [ ] request [ ] [(]attempt [ ] 1, [ ] status [ ] 200 }x;

subtest 'a callback' => sub {
    my @lines;
    Aura::Users->log_to( sub (@line) { push @lines, \@line }, 'debug' );
    client()->get_user('eric');
    my ($line) = grep { $_->[1] =~ $LINE } @lines;
    is $line->[0],         'debug';
    is $line->[2]{status}, 200;
    @lines = ();
    Aura::Users->log_to( sub (@line) { push @lines, \@line } );
    client()->get_user('eric');
    is_deeply \@lines, [], 'debug is below the default';
    Aura::Users->log_to(undef);
};

subtest 'a callback that dies' => sub {
    Aura::Users->log_to( sub (@) { die "full\n" }, 'debug' );
    my @warnings;
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    is client()->get_user('eric')->username, 'eric';
    is_deeply \@warnings, ["Aura::Users: the logger failed: full\n"];
    Aura::Users->log_to(undef);
};

subtest 'a callback that makes calls is not called inside itself' => sub {
    my ( $client, $depth, $deepest, $lines ) = ( client(), 0, 0, 0 );
    Aura::Users->log_to(
        sub (@) {
            $depth++;
            $deepest = $depth if $depth > $deepest;
            $client->get_user('eric') if $lines++ < 10;
            $depth--;
        },
        'debug'
    );
    is $client->get_user('eric')->username, 'eric';
    is $deepest,                            1;
    my $seen = $lines;
    $client->get_user('eric');
    cmp_ok $lines, '>', $seen + 1, 'the lines of its calls follow';
    Aura::Users->log_to(undef);
};

subtest 'a callback that turns the log off gets no further line' => sub {
    my ( $lines, @warnings ) = (0);
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    Aura::Users->log_to( sub (@) { $lines++; Aura::Users->log_to(undef) }, 'debug' );
    my $client = Aura::Users->new( repo_url => 'http://127.0.0.1:1', max_retries => 1 );
    like exception_of( sub { $client->get_user('eric') } ), qr/connect/;
    is $lines, 1;
    is_deeply \@warnings, [];
    my @messages = $INC{'Log/Any/Test.pm'} ? map { $_->{message} } Log::Any->get_logger->msgs->@* : ();
    is_deeply [ grep { /attempt[ ]2/ } @messages ], [];
};

subtest 'bad arguments' => sub {
    like exception_of( sub { Aura::Users->log_to($_) } ), qr/must be a code reference or undef/ for 'file', 0;
    like exception_of(
        sub {
            Aura::Users->log_to( sub { }, 'loud' );
        }
        ),
        qr/the lowest level is "loud"; allowed: debug, info or warn/;
};

subtest 'without Log::Any warnings go to standard error' => sub {
    my $folder = tempdir( CLEANUP => 1 );
    mkdir "$folder/Log" or die "$folder/Log: $!\n";
    open my $file, '>', "$folder/Log/Any.pm" or die "$folder/Log/Any.pm: $!\n";
    print {$file} "die 'hidden';\n";
    close $file;
    local @INC = ( $folder, @INC );
    my ( $text, $status ) = run_program( <<~'PERL' );
        Aura::Users::Log::_write_lines( { lines => [ { level => 'warn', text => "a w\x{e4}rning" } ], dropped => 2 } );
        PERL
    is_deeply [ $text, $status ],
        [ "Aura::Users: a w\xc3\xa4rning\nAura::Users: 2 lines of the log were dropped\n", 0 ];
};

subtest 'Log::Any' => sub {
    plan skip_all => 'Log::Any is missing' if !$INC{'Log/Any/Test.pm'};
    Aura::Users->log_to;
    my $log = Log::Any->get_logger( category => 'Aura::Users' );
    client()->get_user('eric');
    my ($line) = grep { $_->{message} =~ $LINE } $log->msgs->@*;
    is_deeply [ $line->{level}, $line->{category} ], [ 'debug', 'Aura::Users' ];
};

done_testing;
