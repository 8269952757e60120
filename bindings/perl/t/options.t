#!/usr/bin/env perl

use v5.36;

use lib 't/lib';

use Aura::Users;
use IO::Socket::INET ();
use JSON::PP         ();
use Servers          qw(client exception_of);
use Test::More;

sub refused (@options) {
    my $error = exception_of( sub { Aura::Users->new(@options) } );
    isa_ok $error, 'Aura::Users::Error::InvalidArgument';
    return $error->message;
}

subtest 'an unknown option gets a suggestion' => sub {
    like refused( timout => 3 ), qr/unknown option "timout". Did you mean `timeout`\?/;
    like refused( xyzzy  => 3 ), qr/The options are repo_url, api_key/;
    like exception_of( sub { client()->get_user( 'eric', max_retry => 3 ) } ), qr/Did you mean `max_retries`\?/;
    {
        my @warnings;
        local $SIG{__WARN__} = sub { push @warnings, @_ };
        like refused( undef, 3 ), qr/unknown option[.] The options are repo_url/;
        is_deeply \@warnings, [];
    }
    unlike refused( 'secret-key-of-42-characters' => 'api_key' ), qr/of-42/,
        'the message does not repeat a possible secret';
};

subtest 'values of a wrong type or size' => sub {
    like refused( timeout    => 'soon' ),  qr/timeout is "soon"; allowed: seconds/;
    like refused( timeout    => 0 ),       qr/timeout is "0"/;
    like refused( timeout    => 'Inf' ),   qr/timeout is "Inf"/;
    like refused( page       => 1.5 ),     qr/page is "1.5"; allowed: a whole number, at least 1/;
    like refused( env        => 'maybe' ), qr/env is "maybe"/;
    like refused( rate_limit => 'maybe' ), qr/rate_limit is "maybe"/;
    like refused( api_key    => [] ),      qr/api_key must be text, not an ARRAY reference/;
    like refused( user_agent => "a\0b" ),  qr/user_agent contains a NUL/;
    like refused( env        => [] ),      qr/env must be true or false, not an ARRAY reference/;
    like refused( env        => {} ),      qr/env must be true or false, not a HASH reference/;
};

subtest "values of Perl's types" => sub {
    my @options = ( timeout => 1 / 3, total_timeout => 1e7, connect_timeout => 1e-3, cache => '3', proxy => undef );
    ok( Aura::Users->new( @options, env => !!0,               allow_insecure_http => !!1 ) );
    ok( Aura::Users->new( @options, env => JSON::PP::false(), allow_insecure_http => JSON::PP::true() ) );
    my @insecure = ( repo_url => 'http://192.0.2.2/api', api_key => 'key', total_timeout => 0.1, max_retries => 0 );
    for my $false ( 0, q{}, \0, JSON::PP::false() ) {
        my $client = Aura::Users->new( @insecure, allow_insecure_http => $false );
        like exception_of( sub { $client->get_current_user } ), qr/plain http to another machine/;
    }
    my $client = Aura::Users->new( @insecure, allow_insecure_http => \1 );
    unlike exception_of( sub { $client->get_current_user } ), qr/plain http to another machine/;
};

subtest 'env is an option of a client only' => sub {
    my $words = qr/env is an option of a client, not of a call/;
    like exception_of( sub { client()->get_user( 'eric', env => 0 ) } ), $words;
    like exception_of( sub { client()->with_options( env => 0 ) } ),     $words;
};

subtest 'the user agent names the package' => sub {
    my $server = IO::Socket::INET->new( LocalAddr => '127.0.0.1', Listen => 1 );
    my $client = Aura::Users->new( repo_url => 'http://127.0.0.1:' . $server->sockport, max_retries => 0 );
    my $call   = $client->start_get_user('eric');
    my $socket = $server->accept;
    local $/ = "\r\n\r\n";
    like scalar <$socket>, qr{^user-agent:[ ]aura-users/\S+[ ][(]Aura-Users/0[.]1[.]0[ ]perl/5[.]\d+[.]\d+[)]}xim;
    close $socket;
    close $server;
    isa_ok $call->error, 'Aura::Users::Error::Connect';
};

subtest 'the tables match the description' => sub {
    my $path = $ENV{AURA_USERS_DESCRIPTION} // plan skip_all => 'AURA_USERS_DESCRIPTION does not name aura_users.json';
    open my $file, '<', $path or die "$path: $!\n";
    my $text = do { local $/ = undef; <$file> };
    close $file;
    my $described = JSON::PP::decode_json($text);
    my $names     = sub ($list) {
        return [ map { $_->{name} } @{$list} ];
    };
    is_deeply [ sort keys %Aura::Users::Options::OPTIONS ], [ sort $names->( $described->{options} )->@* ];
    for my $option ( $described->{options}->@* ) {
        my %here = $Aura::Users::Options::OPTIONS{ $option->{name} }->%*;
        is_deeply \%here, { %{$option}{ keys %here } }, $option->{name};
    }
    is_deeply [ sort keys %Aura::Users::Error::KINDS ], [ sort $names->( $described->{error_kinds} )->@* ];
    for my $kind ( $described->{error_kinds}->@* ) {
        my $class = 'Aura::Users::Error::' . join q{}, map { ucfirst } split /_/, $kind->{name};
        ok $class->isa('Aura::Users::Error'), $class;
    }
    my %numbers = map { ( $_->{name} => $_->{number} ) } map { $_->{values}->@* } $described->{enums}->@*;
    for my $name (qw(AURA_OK AURA_END AURA_PENDING AURA_CANCELLED)) {
        is( Aura::Users::Native->can($name)->(), $numbers{$name}, $name );
    }
    is_deeply [ Aura::Users::User->names ],     $names->( $described->{records}{user} );
    is_deeply [ Aura::Users::AuditLog->names ], $names->( $described->{records}{audit_log} );
    can_ok 'Aura::Users::Package',      $names->( $described->{records}{package} )->@*;
    can_ok 'Aura::Users::Organization', $names->( $described->{records}{organization} )->@*;
};

done_testing;
