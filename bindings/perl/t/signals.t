#!/usr/bin/env perl

use v5.36;

use lib 't/lib';

use Aura::Users;
use POSIX   ();
use Servers qw(admin anonymous client exception_of seconds_of silent_client silent_url run_program SOON);
use Test::More;
use Time::HiRes qw(setitimer ITIMER_REAL);

# Every way to wait. The server never answers.
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

# Runs the code with an alarm after $seconds. Returns its exception.
sub with_alarm ( $seconds, $handler, $code ) {
    local $SIG{ALRM} = $handler;
    my $error = exception_of( sub { setitimer( ITIMER_REAL, $seconds ); $code->() } );
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

subtest 'a call continues after a handler that returns' => sub {
    for my $name (qw(get_user start_get_user)) {
        my ( $runs, $client, $user ) = ( 0, client() );

        # A process that stands still gets one signal instead of many, so there are several attempts.
        for ( 1 .. 5 ) {
            admin( '/rules', { path => '/api/users/eric', delay_ms => 1500, times => 2 } );
            $runs = 0;
            local $SIG{ALRM} = sub { $runs++ };
            setitimer( ITIMER_REAL, 0.1, 0.1 );
            $user = $client->$name('eric');
            $user = $user->result if $name eq 'start_get_user';
            setitimer( ITIMER_REAL, 0 );
            last if $runs >= 2;
        }
        is $user->username, 'eric', $name;
        cmp_ok $runs, '>=', 2, 'the handler runs during the call';
    }
};

subtest 'a handler may make calls' => sub {
    admin( '/rules', { path => '/api/users/eric', delay_ms => 3000, times => 1 } );
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
        my ( $text, $status ) = run_program( <<~"PERL", silent_url() );
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
            my ( $text, $status ) = run_program( <<~'PERL', silent_url() );
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
    admin( '/rules', { path => '/api/users/eric', delay_ms => 3000, times => 1 } );
    is with_alarm( 0.1, sub { die "timeout\n" }, sub { $client->get_user('eric') } ), "timeout\n";
    is $client->get_user('eric')->username,                                           'eric' for 1 .. 20;
};

subtest 'handlers that die lose no row' => sub {
    my @all = map { $_->raw_json } client()->stream_audit_logs->all;
    admin( '/rules', { path => '/api/users/me/audit-logs', delay_ms => 1000, times => 2 } );
    my $logs = client( prefetch => 0 )->stream_audit_logs;
    my ( $died, $is_over, @rows ) = (0);
    while ( !$is_over && $died < 1000 ) {

        # The handler dies only while the stream waits, not after it has returned a page.
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

subtest '4000 signals at random times' => sub {
    my $client = client();
    my ( @warnings, $died );
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    local $SIG{ALRM}     = sub { die "storm\n" };
    my %odd;
    for ( 1 .. 4000 ) {
        my $error = exception_of(
            sub {
                setitimer( ITIMER_REAL, 0.0005 + rand 0.003 );
                $client->get_user('eric')->username;
                $client->start_get_user('eric')->result->username;
                setitimer( ITIMER_REAL, 0 );
            }
        ) // next;
        $error eq "storm\n" ? $died++ : $odd{$error}++;
    }
    is_deeply \%odd, {}, 'the only exception is that of the handler';
    is_deeply \@warnings, [], 'no exception is lost in a warning';
    ok $died, 'some calls were interrupted';
    my $held = POSIX::SigSet->new;
    POSIX::sigprocmask( POSIX::SIG_BLOCK(), POSIX::SigSet->new, $held );
    is_deeply [ grep { $held->ismember($_) } 1 .. 31 ], [], 'no signal stays blocked';
    is $client->get_user('eric')->username, 'eric';
};

subtest 'a signal without a handler that ends nothing does not repeat a request' => sub {

    # No call of the tests above that was interrupted has this path. Its request may still arrive.
    my $path  = '/api/users/me';
    my $count = sub { return admin("/journal/count?path=$path")->{count} };
    for my $handler (qw(DEFAULT IGNORE)) {
        admin( '/rules', { path => $path, delay_ms => 400, times => 1 } );
        local $SIG{CHLD} = $handler;
        my $client = client();
        my $before = $count->();
        my $child  = fork // die "fork: $!";
        if ( $child == 0 ) {
            Time::HiRes::sleep(0.1);
            POSIX::_exit(0);
        }
        is $client->get_current_user->username, 'eric', $handler;
        is $count->() - $before,                1,      'one request';
        waitpid $child, 0;
    }
};

subtest 'a signal that the program blocks does not end a call' => sub {
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
    is $handled, 1, 'the signal mask is restored';
};

done_testing;
