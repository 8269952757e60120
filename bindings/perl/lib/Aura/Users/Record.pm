package Aura::Users::Record;

# A record of the server: the octets of its JSON. The first read of a field decodes all fields.

use v5.36;

use Aura::Users::Error   ();
use Aura::Users::JSON    ();
use Aura::Users::Signals qw(hold_signals);
use Time::Moment         ();

our $VERSION = 'v0.1.0';

# Creates a record from JSON, which may be characters or octets.
sub new ( $class, $json ) {
    utf8::encode($json) if utf8::is_utf8($json);
    return bless { octets => $json }, $class;
}

# Declares the methods of fields that need no conversion.
sub declare ( $class, @names ) {
    for my $name (@names) {
        no strict 'refs';    ## no critic (ProhibitNoStrict) -- the name of a method is a symbol
        *{"${class}::$name"} = sub { ( $_[0]{fields} // $_[0]->fields )->{$name} };
    }
    return;
}

sub raw_json ($self) {
    my $text = $self->{octets};
    utf8::decode($text);
    return $text;
}

sub fields ($self) {
    return $self->{fields} //= do {
        my ( $fields, $problem ) = Aura::Users::JSON::decode( $self->{octets} );
        ref $fields eq 'HASH' ? $fields : Aura::Users::Error->fail( decode => $problem // 'no JSON object' );
    };
}

sub extra ($self) {
    my %extra = $self->fields->%*;
    delete @extra{ $self->names };
    return \%extra;
}

# For JSON encoders with convert_blessed.
sub TO_JSON ($self) {
    return $self->fields;
}

sub _time ( $self, $name ) {
    my $text = $self->fields->{$name};
    return if !defined $text || ref $text;

    # A time without an offset is in UTC. RFC 3339 permits small letters.
    $text =~ tr/tz/TZ/;
    $text .= 'Z' if $text !~ / (?: Z | [+-] \d\d :? \d\d ) \z /x;
    my $time;
    hold_signals(
        sub {
            $time = eval { Time::Moment->from_string( $text, lenient => 1 )->at_utc }
        }
    );
    return $time;
}

sub _list ( $self, $name, $class ) {
    my $list = $self->fields->{$name};
    return if ref $list ne 'ARRAY';
    return [ map { $class->new($_) } grep { ref eq 'HASH' } @{$list} ];
}

sub _map ( $self, $name ) {
    my $map = $self->fields->{$name};
    return ref $map eq 'HASH' ? $map : {};
}

1;
