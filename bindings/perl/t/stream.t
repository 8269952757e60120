#!/usr/bin/env perl

use v5.36;

use lib 't/lib';

use Aura::Users;
use Servers qw(admin client exception_of ROWS);
use Test::More;

my @all = map { $_->raw_json } client()->stream_audit_logs->all;
is scalar @all, ROWS;

sub rest ($logs) {
    my @rows;
    while ( my $log = $logs->next ) { push @rows, $log->raw_json }
    return @rows;
}

subtest 'rows and pages have the same order' => sub {
    is_deeply [ rest( client()->stream_audit_logs ) ], \@all;
    my ( $logs, @pages ) = client()->stream_audit_logs;
    while ( my $page = $logs->next_page ) { push @pages, $page }
    is_deeply [ map { scalar @{$_} } @pages ],               [ 100, 100, 50 ];
    is_deeply [ map { $_->raw_json } map { @{$_} } @pages ], \@all;
};

subtest 'a stream keeps its position' => sub {
    my $logs = client()->stream_audit_logs;
    is $logs->next->raw_json, $all[0];
    is $logs->page,           1;
    is_deeply [ map { $_->raw_json } $logs->next_page->@* ], [ @all[ 1 .. 99 ] ];
    is $logs->page, 2;
    is_deeply [ map { $_->raw_json } $logs->start_next_page->result->@* ], [ @all[ 100 .. 199 ] ];
    is $logs->next->raw_json, $all[200];
    is_deeply [ map { $_->raw_json } $logs->start_next_page->result->@* ], [ @all[ 201 .. 249 ] ],
        'the remaining rows of a page';
    is $logs->page,                    3;
    is $logs->next,                    undef for 1 .. 2;
    is $logs->start_next_page->result, undef;
};

subtest 'the option page' => sub {
    is scalar( my @rows = client()->stream_audit_logs( page => 3 )->all ), 50;
};

subtest 'a stream keeps its position after an error' => sub {
    my $logs = client( prefetch => 0, max_retries => 0 )->stream_audit_logs;
    my @rows = map { $logs->next->raw_json } 1 .. 100;
    admin( '/rules', { path => '/api/users/me/audit-logs', times => 3, then => { reply => { status => 503 } } } );
    isa_ok exception_of( sub { $logs->next } ),                    'Aura::Users::Error::Server' for 1 .. 2;
    isa_ok exception_of( sub { $logs->start_next_page->result } ), 'Aura::Users::Error::Server';
    is_deeply [ @rows, rest($logs) ], \@all;
};

subtest 'a handler that dies between the read of a page and its rows loses none' => sub {
    my $logs = client( prefetch => 0 )->stream_audit_logs;
    {
        no warnings 'redefine';    ## no critic (ProhibitNoWarnings) -- the test replaces a function
        local *Aura::Users::AuditLog::all = sub { die "handler\n" };
        is exception_of( sub { $logs->next_page } ), "handler\n";
    }
    is $logs->page, 1;
    is_deeply [ map { $_->raw_json } $logs->start_next_page->result->@* ], [ @all[ 0 .. 99 ] ];
    is $logs->page, 2;
    is_deeply [ rest($logs) ], [ @all[ 100 .. 249 ] ];
};

subtest 'the page while a started call has rows that were not returned' => sub {
    my $logs = client( prefetch => 0 )->stream_audit_logs;
    {
        no warnings 'redefine';    ## no critic (ProhibitNoWarnings) -- the test replaces functions
        local *Aura::Users::AuditLogs::_read = sub { return };
        local *Aura::Users::Call::error      = sub ($call) { $call->wait; die "handler\n" };
        is exception_of( sub { $logs->next } ), "handler\n" for 1 .. 2;
    }
    is $logs->page,           1;
    is $logs->next->raw_json, $all[0];
    is $logs->page,           1;
    is_deeply [ rest($logs) ], [ @all[ 1 .. 249 ] ];
};

subtest 'a closed stream' => sub {
    my $logs = client()->stream_audit_logs;
    $logs->next;
    $logs->close;
    ok $logs->is_closed;
    like exception_of( sub { $logs->next } ), qr/the stream is closed/;
};

done_testing;
