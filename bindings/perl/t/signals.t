#!/usr/bin/env perl

use v5.36;

use lib 't/lib';

use Aura::Users;
use POSIX   ();
use Servers qw(admin anonymous client died seconds_of silent_client silent_url took_program SOON);
use Test::More;
use Time::HiRes qw(setitimer ITIMER_REAL);

# Each way to wait, on a server that never answers.
my %waits = (
    get_user            => sub ($client) { $client->get_user('eric') },
    get_current_user    => sub ($client) { $client->get_current_user },
    reset_user_password => sub ($client) { $client->reset_user_password('eric') },
    create_user         => sub ($client) { $client->create_user( 'a', 'a long password', ['a@example.com'] ) },
    next                => sub ($client) { $client->stream_audit_logs->next },
    next_page           => sub ($client) { $client->stream_audit_logs->next_page },
    result              => sub ($client) { $client->start_get_user('eric')->result },
    wait                => sub ($client) { $client->start_get_user('eric')->wait },
    queue               => sub ($client) {
        my $queue = Aura::Users::Queue->new;
        $queue->add( $client->start_get_user('eric'), sub { } );
        $queue->run;
    },
);

# Runs the code with an alarm after so many seconds; what it dies of.
sub with_alarm ( $seconds, $handler, $code ) {
    local $SIG{ALRM} = $handler;
    setitimer( ITIMER_REAL, $seconds );
    my $error = died($code);
    setitimer( ITIMER_REAL, 0 );
    return $error;
}

for my $name ( sort keys %waits ) {
    subtest "a handler that dies ends $name" => sub {
        my $error;
        my $took = seconds_of(
            sub {
                $error = with_alarm( 0.1, sub { die "timeout\n" }, sub { $waits{$name}->( silent_client() ) } );
            }
        );
        is $error, "timeout\n";
        cmp_ok $took, '<', SOON;
    };
}

subtest 'a handler that returns lets the call go on' => sub {
    for my $name (qw(get_user start_get_user)) {
        admin( '/rules', { path => '/api/users/eric', delay_ms => 400, times => 2 } );
        my ( $runs, $client, $user ) = ( 0, client() );
        local $SIG{ALRM} = sub { $runs++ };
        setitimer( ITIMER_REAL, 0.1, 0.1 );
        $user = $client->$name('eric');
        $user = $user->result if $name eq 'start_get_user';
        setitimer( ITIMER_REAL, 0 );
        is $user->username, 'eric', $name;
        cmp_ok $runs, '>=', 2, 'the handler ran meanwhile';
    }
};

subtest 'a handler may make calls of its own' => sub {
    admin( '/rules', { path => '/api/users/eric', delay_ms => 300, times => 1 } );
    my ( $client, $me ) = client();
    my $error = with_alarm(
        0.1,
        sub { $me = $client->get_current_user->username; die "enough\n" },
        sub { $client->get_user('eric') }
    );
    is_deeply [ $error, $me ], [ "enough\n", 'eric' ];
};

subtest 'a handler may exit' => sub {
    for my $call ( q{$client->get_user('eric')}, q{$client->reset_user_password('eric')} ) {
        my ( $text, $status ) = took_program( <<~"PERL", silent_url() );
            my \$client = Aura::Users->new( repo_url => \$ARGV[0], max_retries => 0 );
            \$SIG{ALRM} = sub { print "handled\\n"; exit 3 };
            alarm 1;
            $call;
            PERL
        is_deeply [ $text, $status >> 8 ], [ "handled\n", 3 ], $call;
    }
};

subtest 'Ctrl-C ends the program' => sub {
    my $took = seconds_of(
        sub {
            my ( $text, $status ) = took_program( <<~'PERL', silent_url() );
                my $client = Aura::Users->new( repo_url => $ARGV[0], max_retries => 0 );
                $SIG{INT} = 'DEFAULT';
                my $main = $$;
                if ( !( fork // die ) ) { sleep 1; kill INT => $main; exec 'true' }
                $client->get_user('eric');
                PERL
            is_deeply [ $text, $status & 127 ], [ q{}, 2 ];
        }
    );
    cmp_ok $took, '<', SOON;
};

subtest 'a client works after a handler that died' => sub {
    my $client = client();
    admin( '/rules', { path => '/api/users/eric', delay_ms => 400, times => 1 } );
    is with_alarm( 0.1, sub { die "timeout\n" }, sub { $client->get_user('eric') } ), "timeout\n";
    is $client->get_user('eric')->username,                                           'eric' for 1 .. 20;
};

subtest 'handlers that die lose no row' => sub {
    my @all = map { $_->raw_json } client()->stream_audit_logs->all;
    admin( '/rules', { path => '/api/users/me/audit-logs', delay_ms => 300, times => 2 } );
    my $logs = client( prefetch => 0 )->stream_audit_logs;
    my ( $died, $is_over, @rows ) = (0);
    while ( !$is_over && $died < 1000 ) {

        # Only what waits is interrupted: a row that next has returned is the caller's.
        my $page;
        my $error = with_alarm( 0.1, sub { die "timeout\n" if !$page }, sub { $page = $logs->next_page // [] } );
        $died++ if $error;
        next if $error;
        push @rows, map { $_->raw_json } @{$page};
        $is_over = !@{$page};
    }
    cmp_ok $died, '>', 1;
    is_deeply \@rows, \@all;
};

subtest 'a storm of signals' => sub {
    my $client = client();
    my ( @warnings, $died );
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    local $SIG{ALRM}     = sub { die "storm\n" };
    my %odd;
    for ( 1 .. 4000 ) {
        my $error = died(
            sub {
                setitimer( ITIMER_REAL, 0.0005 + rand 0.003 );
                $client->get_user('eric')->username;
                $client->start_get_user('eric')->result->username;
                setitimer( ITIMER_REAL, 0 );
            }
        ) // next;
        $error eq "storm\n" ? $died++ : $odd{$error}++;
    }
    is_deeply \%odd, {}, 'nothing but the word of the handler';
    is_deeply \@warnings, [], 'no handler dies in vain';
    ok $died, 'some calls ended';
    my $held = POSIX::SigSet->new;
    POSIX::sigprocmask( POSIX::SIG_BLOCK(), POSIX::SigSet->new, $held );
    is_deeply [ grep { $held->ismember($_) } 1 .. 31 ], [], 'no signal is held';
    is $client->get_user('eric')->username, 'eric';
};

subtest 'signals that the program holds do not end a call' => sub {
    admin( '/rules', { path => '/api/users/eric', delay_ms => 300, times => 1 } );
    my $handled = 0;
    local $SIG{USR1} = sub { $handled++ };
    my ( $held, $before ) = ( POSIX::SigSet->new( POSIX::SIGUSR1() ), POSIX::SigSet->new );
    POSIX::sigprocmask( POSIX::SIG_BLOCK(), $held, $before );
    kill USR1 => $$;
    is client()->get_user('eric')->username, 'eric';
    is $handled,                             0;
    POSIX::sigprocmask( POSIX::SIG_SETMASK(), $before );
    my $turns = 0;
    1 while !$handled && $turns++ < 1000;
    is $handled, 1, 'the mask is as it was';
};

done_testing;
