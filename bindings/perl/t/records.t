#!/usr/bin/env perl

use v5.36;
use utf8;

use Aura::Users;
use JSON::PP ();
use Test::More;

my $JSON = '{"username":"éric","inserted_at":"2014-03-01T12:00:00.123456Z","updated_at":"2014-03-01T12:00:00",'
    . '"handles":null,"packages":[{"name":"ecto","new":1}],"level":3}';

subtest 'fields and unknown fields' => sub {
    my $user = Aura::Users::User->new($JSON);
    is_deeply [ $user->username, $user->full_name, $user->handles ], [ 'éric', undef, {} ];
    is_deeply $user->extra, { level => 3 };
    is $user->packages->[0]->name, 'ecto';
    is $user->raw_json,            $JSON;
    is_deeply JSON::PP->new->convert_blessed->decode( JSON::PP->new->convert_blessed->encode( [$user] ) ),
        [ JSON::PP->new->decode($JSON) ];
};

subtest 'times' => sub {
    my $user = Aura::Users::User->new($JSON);
    is $user->inserted_at->to_string, '2014-03-01T12:00:00.123456Z';
    is $user->updated_at->to_string,  '2014-03-01T12:00:00Z';
    for my $odd ( '"never"', '7', 'null', '"2014-13-45T00:00:00Z"', '[1]' ) {
        is( Aura::Users::User->new(qq({"username":"e","inserted_at":$odd}))->inserted_at, undef,
            "a time that is $odd" );
    }
};

subtest 'the JSON of unusual rows' => sub {
    my $deep = '{"params":' . '[' x 2000 . ']' x 2000 . '}';
    my @rows = (
        '{"action":"a","a":"x,]}\"{[","b":[1,{"c":[]}]}',
        '{"action":"é\\u001e\"","é":"\\\\"}',
        qq({"params":{"action":"x"} ,\n"action":""}), $deep
    );
    my $text = join q{}, map { "$_\x1E" } '"a"', $rows[0], '"é\\u001e\""', $rows[1], '""', $rows[2], '"d"', $deep;
    utf8::encode($text);
    my $all = Aura::Users::AuditLog->all($text);
    is_deeply [ map { $_->raw_json } @{$all} ], \@rows;
    is_deeply [ map { $_->action } @{$all} ],   [ 'a', "é\x1E\"", q{}, 'd' ];
    is_deeply $all->[2]->params, { action => 'x' };
    is_deeply( Aura::Users::AuditLog->all(q{}), [] );
    eval { Aura::Users::AuditLog->new($deep)->params };
    isa_ok $@, 'Aura::Users::Error::Decode';
};

subtest 'bad JSON' => sub {
    my %words = (
        'x'   => qr/\A decode: [ ] malformed [ ] JSON .* [)] \z/x,
        '[1]' => qr/\A decode: [ ] no [ ] JSON [ ] object \z/x
    );
    for my $json ( sort keys %words ) {
        eval { Aura::Users::User->new($json)->username };
        isa_ok $@, 'Aura::Users::Error::Decode';
        like $@->message, $words{$json}, 'the message names no file of the package';
    }
};

subtest 'a duplicate name' => sub {
    is( Aura::Users::AuditLog->new('{"action":"a","action":"b"}')->action, 'b' );
};

done_testing;
