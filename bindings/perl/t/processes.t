#!/usr/bin/env perl

use v5.36;

use lib 't/lib';

use Aura::Users;
use Config  qw(%Config);
use Servers qw(admin anonymous client exception_of sandbox_url silent_url start_sandbox stop_sandbox run_program KEY);
use POSIX   ();
use Test::More;

# Runs the code in a forked child. Returns its exception as text, or an empty string.
sub in_child ($code) {
    pipe my $reader, my $writer or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ( !$pid ) {
        alarm Servers::PATIENCE;
        print {$writer} exception_of($code) // q{};
        close $writer;
        POSIX::_exit(0);
    }
    close $writer;
    my $text = do { local $/ = undef; <$reader> };
    waitpid $pid, 0;
    return $? ? "the child ended with $?" : $text;
}

subtest '20 forks while calls run' => sub {
    my ( $client, $reset, $queue ) = ( client(), anonymous(), Aura::Users::Queue->new );
    my $logs  = $client->stream_audit_logs;
    my $first = $logs->next;
    my $done  = 0;
    for ( 1 .. 20 ) {
        $queue->add( $client->start_get_user('eric'), sub ($call) { $done++ if !$call->error } ) for 1 .. 4;
        my $text = in_child(
            sub {
                $client->get_user('eric');
                $reset->reset_user_password('eric');
                my @rows = $client->stream_audit_logs->all;
                $logs->next;
                my $ended = 0;
                $queue->add( $client->start_get_user('eric'), sub ($call) { $call->result; $ended++ } );
                $queue->run;
                die "the call of the child did not end\n" if !$ended;
            }
        );
        is $text, q{}, 'the child makes calls, and the calls of the parent end';
    }
    $queue->run;
    is $done, 80, 'the calls of the parent are not affected';
    my @all = map { $_->raw_json } client()->stream_audit_logs->all;
    is_deeply [ map { $_->raw_json } $first, $logs->all ], \@all;
};

subtest 'a child that exits' => sub {
    my ( $text, $status ) = run_program( <<~'PERL', sandbox_url() );
        my $client = Aura::Users->new( repo_url => $ARGV[0] );
        my $call   = $client->start_get_user('eric');
        $client->get_user('eric');
        my $pid = fork // die;
        exit if !$pid;
        waitpid $pid, 0;
        say join q{ }, $?, $call->result->username;
        PERL
    is_deeply [ $text, $status ], [ "0 eric\n", 0 ];
};

subtest 'an exit while calls run' => sub {
    my ( $text, $status ) = run_program( <<~'PERL', silent_url() );
        our $client = Aura::Users->new( repo_url => $ARGV[0], max_retries => 0 );
        our @calls  = map { $client->start_get_user('eric') } 1 .. 3;
        our $logs   = $client->stream_audit_logs( api_key => 'k' );
        our $page   = $logs->start_next_page;
        our $queue  = Aura::Users::Queue->new;
        $queue->add( $_, sub { } ) for @calls;
        END { print "bye\n" }
        PERL
    is_deeply [ $text, $status ], [ "bye\n", 0 ];
};

subtest 'threads create their own clients' => sub {
    plan skip_all => 'this Perl has no threads' if !$Config{useithreads};
    my ( $text, $status ) = run_program( <<~'PERL', sandbox_url(), KEY );
        use threads;
        my @options = ( repo_url => $ARGV[0], api_key => $ARGV[1] );
        my $client  = Aura::Users->new(@options);
        my $logs    = $client->stream_audit_logs;
        my $first   = $logs->next;
        my $queue   = Aura::Users::Queue->new;
        $queue->add( $client->start_get_user('eric'), sub ($call) { say $call->result->username } );
        my $work = sub {
            my $own = Aura::Users->new(@options);
            $own->get_user('eric') for 1 .. 100;
            eval { $client->get_user('eric') };
            die "a client of another thread: $@" if $@ !~ /"get_user" on unblessed reference at \Q${\ __FILE__}\E/;
            return scalar( my @rows = $own->stream_audit_logs->all );
        };
        say $_->join for map { threads->create($work) } 1 .. 4;
        $queue->run;
        say scalar( my @rest = $logs->all );
        PERL
    is_deeply [ $text, $status ], [ "250\n" x 4 . "eric\n249\n", 0 ];
};

subtest 'a handle has no copy' => sub {
    plan skip_all => 'this Perl has no Storable' if !eval { require Storable };
    my $client = Aura::Users->new( repo_url => sandbox_url() );
    like exception_of( sub { Storable::dclone($client) } ), qr/cannot be copied/;
    is $client->get_user('eric')->username, 'eric';
};

subtest 'calls in END' => sub {
    my ( $text, $status ) =
        run_program( q{END { say Aura::Users->new( repo_url => $ARGV[0] )->get_user('eric')->username }},
        sandbox_url() );
    is_deeply [ $text, $status ], [ "eric\n", 0 ];
};

subtest 'a server that is killed' => sub {
    my $doomed = start_sandbox();
    my $client = Aura::Users->new( repo_url => $doomed->{api_url}, api_key => KEY, prefetch => 0, max_retries => 0 );
    my $logs   = $client->stream_audit_logs;
    my @rows   = map { $logs->next } 1 .. 100;
    kill KILL => $doomed->{pid};
    stop_sandbox($doomed);
    isa_ok exception_of( sub { $logs->next } ),               'Aura::Users::Error::Connect' for 1 .. 2;
    isa_ok exception_of( sub { $client->get_user('eric') } ), 'Aura::Users::Error::Connect';
};

subtest 'many calls and rows leave no memory and no descriptor' => sub {
    admin( '/users',      { username => 'many', emails => [ [ 'many@example.com', ( JSON::PP::true() ) x 3 ] ] } );
    admin( '/keys',       { username => 'many', secret => 'key-of-many' } );
    admin( '/audit-logs', { username => 'many', count  => 20_000 } );
    my ( $text, $status ) = run_program( <<~'PERL', sandbox_url() );
        sub used {
            open my $file, '<', '/proc/self/statm' or die $!;
            my @fds = glob '/proc/self/fd/*';
            return ( ( split q{ }, <$file> )[1] * 4, scalar @fds );
        }
        my $client = Aura::Users->new( repo_url => $ARGV[0], api_key => 'key-of-many' );
        my $queue  = Aura::Users::Queue->new;
        sub work ($calls) {
            for ( 1 .. $calls ) {
                $client->get_current_user->username;
                eval { $client->get_user('..') };
                next if $_ % 5;
                $queue->add( $client->start_get_current_user( timeout => 60 ), sub ($call) { $call->result } );
                $queue->run;
            }
            my ( $logs, $rows ) = ( $client->stream_audit_logs, 0 );
            while ( my $log = $logs->next ) { $rows++ if $log->action }
            die $rows if $rows != 20_000;
            $client->stream_audit_logs->next for 1 .. 10;
            return;
        }
        work(1_000) for 1 .. 2;
        my @least;
        # malloc may enlarge its heap in any round. What calls leave behind grows in every round.
        for ( 1 .. 5 ) {
            my @before = used();
            work(10_000);
            my @after = used();
            my @grown = map { $after[$_] - $before[$_] } 0, 1;
            @least = @grown if !@least || $grown[0] < $least[0];
            last if $least[0] < 8192;
        }
        say "@least";
        PERL
    is $status, 0 or diag $text;
    like $text, qr/\A-?\d+ -?\d+\Z/;
    my ( $grown, $opened ) = split q{ }, $text;
    cmp_ok $grown, '<', 8192, 'kB';
    cmp_ok $opened, '<=', 4;
};

subtest 'an error lists the paths of the library' => sub {
    my %words = (
        '/nowhere/libaura_users.so' => 'AURA_USERS_LIBRARY is "/nowhere/libaura_users.so", and it cannot be loaded',
        __FILE__, 'it cannot be loaded',
        q{} => 'Looked at: AURA_USERS_LIBRARY (not set)',
    );
    my ($other) = grep { -e } map { "$_/auto/POSIX/POSIX.so" } @INC;
    $words{$other} = "$other is not the C library of Aura::Users: it has no aura_version()" if $other;
    for my $path ( sort keys %words ) {
        local $ENV{AURA_USERS_LIBRARY} = $path;
        my ( $text, $status ) = run_program('say 1');
    SKIP: {
            skip 'a library is installed', 1 if $path eq q{} && !$status;
            like $text, qr/\Q$words{$path}\E/;
        }
    }
};

done_testing;
