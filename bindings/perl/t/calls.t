#!/usr/bin/env perl

use v5.36;
use utf8;

use lib 't/lib';

use Aura::Users;
use JSON::PP ();
use Servers  qw(admin anonymous client exception_of sandbox_url KEY);
use Test::More;

subtest 'a public record' => sub {
    my $user = client()->get_user('eric');
    is $user->username, 'eric';
    is $user->full_name, 'Éric', 'text is characters, not octets';
    is_deeply [ sort map { $_->name } $user->packages->@* ], [qw(decimal ecto)];
    is $user->packages->[0]->repository, 'hexpm';
    isa_ok $user->inserted_at, 'Time::Moment';
    is $user->inserted_at->offset, 0;
    is_deeply $user->handles, { GitHub => 'https://github.com/ericmj' };
    is $user->organizations, undef;
    is_deeply $user->fields, JSON::PP->new->decode( $user->raw_json );
};

subtest 'the user that owns the key' => sub {
    my $user = client()->get_current_user;
    is $user->username, 'eric';
    is_deeply $user->organizations, [];
};

subtest 'create_user creates an account once' => sub {
    my @account = ( 'newcomer', 'a long pässword', ['newcomer@example.com'] );
    is client()->create_user(@account)->username, 'newcomer';
    my $error = exception_of( sub { client()->create_user(@account) } );
    isa_ok $error, 'Aura::Users::Error::Validation';
    isa_ok $error, 'Aura::Users::Error::Api';
    is $error->errors->{username}, 'has already been taken';
    is_deeply [ $error->kind, $error->status, $error->method, $error->route, $error->attempts ],
        [ 'validation', 422, 'POST', '/users', 1 ];
    ok !$error->outcome_unknown;
    like $error->message, qr/\Q${\$error->server_message}\E/;
};

subtest 'reset_user_password returns undef' => sub {
    is anonymous()->reset_user_password('eric'), undef;
};

subtest 'with_options changes options' => sub {
    my $other = client()->with_options( api_key => 'wrong', max_retries => 0 );
    my $error = exception_of( sub { $other->get_current_user } );
    isa_ok $error, 'Aura::Users::Error::Unauthenticated';
    is_deeply [ $error->status, $error->reason ], [ 401, 'invalid_credential' ];
    is $other->get_current_user( api_key => KEY )->username, 'eric';
};

subtest 'a user that does not exist' => sub {
    my $line  = __LINE__ + 1;
    my $error = exception_of( sub { client()->get_user('nobody') } );
    ok $error isa Aura::Users::Error::NotFound;
    is $error->line,              $line, 'the line of the caller';
    is "$error",                  $error->message . ' at ' . __FILE__ . " line $line.\n";
    is $error->as_hash->{status}, 404;
    ok $error->request_id && $error->hint;
};

subtest 'a server that is not there' => sub {
    my $error = exception_of( sub { client()->get_user( 'eric', repo_url => 'http://127.0.0.1:1/api' ) } );
    isa_ok $error, 'Aura::Users::Error::Connect';
    is $error->status, undef;
    ok $error->retryable;
};

subtest 'an error names the bad argument' => sub {
    my %words = ( "a\0b" => 'username_or_email contains a NUL', "\x{d800}" => 'username_or_email is not valid UTF-8' );
    for my $name ( sort keys %words ) {
        my $error = exception_of( sub { client()->get_user($name) } );
        isa_ok $error, 'Aura::Users::Error::InvalidArgument';
        like $error->message, qr/\Q$words{$name}\E/;
        is $error->attempts, 0;
    }
    like exception_of( sub { client()->get_user(undef) } ),      qr/username_or_email must be text, not undef/;
    like exception_of( sub { client()->get_user( ['eric'] ) } ), qr/must be text, not an ARRAY reference/;
    like exception_of( sub { client()->create_user( 'a', 'b', 'c@example.com' ) } ),
        qr/emails must be a reference to an array/;
    like exception_of( sub { client()->get_user( 'eric', 'timeout' ) } ), qr/the last one has no value/;
};

subtest 'the internal encoding of text does not matter' => sub {
    ok exception_of( sub { client()->get_user("\xc9ric") } ) isa Aura::Users::Error::NotFound, 'Latin-1';
    my $name = "Éric\x{263a}";
    utf8::upgrade($name);
    ok exception_of( sub { client()->get_user($name) } ) isa Aura::Users::Error::NotFound, 'UTF-8';
};

subtest 'a closed client' => sub {
    my $client = client();
    my $logs   = $client->stream_audit_logs;
    $client->close;
    $client->close;
    ok $client->is_closed;
    like exception_of( sub { $client->get_user('eric') } ), qr/the client is closed/;
    is $logs->next->action, 'key.generate', 'a stream outlives its client';
};

subtest 'the rate limit' => sub {
    is client()->rate_limit, undef, 'the sandbox sends none on the loopback';
    my $limit = Aura::Users::RateLimit->new( { limit => 500, remaining => 499, resets_in_ms => 42_000 } );
    is_deeply [ $limit->limit, $limit->remaining, $limit->resets_in ], [ 500, 499, 42 ];
};

done_testing;
