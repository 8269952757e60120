#!/usr/bin/env perl

use v5.36;

use lib 't/lib';

use Aura::Users;
use Module::Load qw(load);
use Servers      qw(admin client seconds_of);
use Test::More;

my %needs = ( 'IO::Async' => 'IO::Async::Loop', AnyEvent => 'AnyEvent' );

# Each function starts twenty calls that take 1 s, runs the loop until they end, and returns the usernames.
my %loops = (
    'IO::Async' => sub ($client) {
        my ( $loop, $queue, @names ) = ( IO::Async::Loop->new, Aura::Users::Queue->new );
        $loop->watch_io( handle => $queue->handle, on_read_ready => sub { $queue->dispatch } );
        my @futures = map {
            my $future = $loop->new_future;
            $queue->add( $client->start_get_user('eric'),
                sub ($call) { $call->error ? $future->fail( $call->error ) : $future->done( $call->result ) } );
            $future;
        } 1 .. 20;
        return map { $_->username } Future->needs_all(@futures)->get;
    },
    AnyEvent => sub ($client) {
        my ( $done, $queue, @names ) = ( AnyEvent->condvar, Aura::Users::Queue->new );
        my $watch = AnyEvent->io( fh => $queue->handle, poll => 'r', cb => sub { $queue->dispatch } );
        for ( 1 .. 20 ) {
            $done->begin;
            $queue->add( $client->start_get_user('eric'),
                sub ($call) { push @names, $call->result->username; $done->end } );
        }
        $done->recv;
        return @names;
    },
);

for my $module ( sort keys %loops ) {
    subtest $module => sub {
        plan skip_all => "$module is missing" if !eval { load( $needs{$module} ); 1 };
        admin( '/rules', { path => '/api/users/eric', delay_ms => 1000, times => 20 } );
        my @names;
        my $took = seconds_of( sub { @names = $loops{$module}->( client() ) } );
        is_deeply \@names, [ ('eric') x 20 ];

        # In sequence they would take twenty seconds.
        cmp_ok $took, '<', 15;
    };
}

done_testing;
