#!/usr/bin/env perl

use v5.36;

use lib 't/lib';

use Aura::Users;
use Servers qw(admin client exception_of seconds_of silent_client SOON);
use Test::More;

subtest 'calls complete into one queue' => sub {
    my ( $client, $queue, @names ) = ( client(), Aura::Users::Queue->new );
    admin( '/rules', { path => '/api/users/eric', delay_ms => 1000, times => 20 } );
    $queue->add( $client->start_get_user('eric'),   sub ($call) { push @names, $call->result->username } ) for 1 .. 20;
    $queue->add( $client->start_get_user('nobody'), sub ($call) { push @names, $call->error->kind } );
    is $queue->pending, 21;
    my $took = seconds_of( sub { $queue->run } );
    is_deeply [ sort @names ], [ ('eric') x 20, 'not_found' ];
    is $queue->pending, 0;

    # In sequence they would take twenty seconds.
    cmp_ok $took, '<', 15;
    is $queue->wait, 0, 'an empty queue does not wait';
};

subtest 'add refuses a bad call and a bad callback' => sub {
    my $queue = Aura::Users::Queue->new;
    my $call  = client()->start_get_user('eric');
    for my $arguments ( [ undef, sub { } ], [ {}, sub { } ], [ $call, 'print' ] ) {
        my $error = exception_of( sub { $queue->add( @{$arguments} ) } );
        isa_ok $error, 'Aura::Users::Error::InvalidArgument';
        my $words = ref $arguments->[1] ? 'add() needs an Aura::Users::Call' : 'the callback of add() is not';
        like $error->message, qr/\Q$words\E/;
    }
    is $queue->pending, 0, 'the queue has no call';
};

subtest 'select' => sub {
    my ( $queue, $name ) = Aura::Users::Queue->new;
    $queue->add( client()->start_get_user('eric'), sub ($call) { $name = $call->result->username } );
    vec( my $bits = q{}, $queue->fileno, 1 ) = 1;
    is select( $bits, undef, undef, SOON ), 1;
    is $queue->dispatch,                    1;
    is $name,                               'eric';
};

subtest 'a callback that dies' => sub {
    my ( $client, $queue, $runs ) = ( client(), Aura::Users::Queue->new, 0 );
    my @calls = map { $client->start_get_user('eric') } 1 .. 3;
    $_->wait for @calls;
    $queue->add( $_, sub ($call) { $runs++; die "no\n" } ) for @calls;
    is exception_of( sub { $queue->dispatch } ), "no\n" for 1 .. 2;
    vec( my $bits = q{}, $queue->fileno, 1 ) = 1;
    is select( $bits, undef, undef, 0 ), 1, 'the descriptor stays readable';
    is exception_of( sub { $queue->dispatch } ), "no\n";
    is_deeply [ $runs, $queue->pending, $queue->dispatch ], [ 3, 0, 0 ];
};

subtest 'waiting, cancelling, expiring' => sub {
    my $client = silent_client();
    my $call   = $client->start_get_user('eric');
    ok !$call->wait($_) for 0, 0.02, 0.12;
    ok !$call->is_ready;
    cmp_ok $call->fileno, '>=', 0;
    $call->cancel;
    isa_ok exception_of( sub { $call->result } ), 'Aura::Users::Error::Cancelled' for 1 .. 2;
    ok $call->is_ready;
    $call = $client->start_get_user('eric');
    $call->expire;
    isa_ok $call->error, 'Aura::Users::Error::Timeout';
    my $queue = Aura::Users::Queue->new;
    $queue->add( $client->start_get_user('eric'), sub { } );
    is $queue->wait(0.1), 0;
    is $queue->pending,   1;
};

subtest 'a stream without blocking' => sub {
    my ( $logs, $queue, @rows ) = ( client()->stream_audit_logs, Aura::Users::Queue->new );
    my $next;
    $next = sub {
        $queue->add(
            $logs->start_next_page,
            sub ($call) {
                my $page = $call->result;
                return if !$page;
                push @rows, @{$page};
                $next->();
            }
        );
    };
    $next->();
    $queue->run;
    is scalar @rows, Servers::ROWS;
};

done_testing;
