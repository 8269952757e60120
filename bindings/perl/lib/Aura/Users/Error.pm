package Aura::Users::Error;

use v5.36;

use overload
    q{""}    => sub ( $self, @ ) { $self->as_string },
    bool     => sub { 1 },
    fallback => 1;

our $VERSION = 'v0.1.0';

our %KINDS = (
    #<<< generated: kinds
    invalid_argument => 'An argument or an option is invalid. Nothing was sent.',
    unauthenticated => '401: the credential is missing, or the server rejected it.',
    otp_required => '401: the account requires a one-time password (option "otp").',
    otp_invalid => '401: the one-time password is wrong or was used before.',
    forbidden => '403: the credential is valid, but it does not permit this call.',
    not_found => '404: the user does not exist.',
    unsupported => 'The server does not have this endpoint.',
    validation => '422: the server rejected some fields. The field errors name them.',
    rate_limited => '429, or the rate limit resets later than the timeouts of the call allow.',
    server => '5xx: the server failed.',
    unexpected_status => 'Any other HTTP status.',
    connect => 'The connection failed, or it was lost before the whole reply arrived.',
    tls => 'The server\'s certificate was rejected, or the TLS handshake failed.',
    timeout => 'A timeout expired.',
    cancelled => 'The program cancelled the call.',
    decode => 'The reply is not a valid reply of this endpoint.',
    internal => 'A bug in this library. It was caught, and the process continues.',
    #>>> end of generated: kinds
);

# The parent class of each kind whose parent is not Aura::Users::Error.
my %PARENT = (
    otp_required => 'Unauthenticated',
    otp_invalid  => 'Unauthenticated',
    map { ( $_ => 'Api' ) }
        qw(unauthenticated forbidden not_found unsupported validation rate_limited server
        unexpected_status),
);

_declare( 'Aura::Users::Error::Api', __PACKAGE__ );
for my $kind ( keys %KINDS ) {
    _declare( class_of($kind), join q{::}, __PACKAGE__, $PARENT{$kind} // () );
}

sub _declare ( $class, $parent ) {
    no strict 'refs';    ## no critic (ProhibitNoStrict) -- the name of a package is a symbol
    @{"${class}::ISA"} = ($parent);
    return;
}

# Returns the class of a kind, such as Aura::Users::Error::NotFound for not_found.
sub class_of ($kind) {
    return __PACKAGE__ if !$KINDS{$kind};
    return join q{::}, __PACKAGE__, join q{}, map { ucfirst } split /_/, $kind;
}

# Creates an error of the library from the octets of its JSON.
sub from_json ( $class, $octets ) {
    require Aura::Users::JSON;
    my ( $fields, $problem ) = Aura::Users::JSON::decode($octets);
    $fields //= { kind => 'internal', text => "internal: an error cannot be read: $problem" };
    return bless $fields, class_of( $fields->{kind} );
}

# Throws the error for a bad argument. Nothing was sent.
sub refuse ( $class, $message ) {
    return $class->fail( invalid_argument => $message );
}

# Throws an error of this package.
sub fail ( $class, $kind, $message ) {
    my %fields = ( kind => $kind, message => $message, text => "$kind: $message", attempts => 0 );
    return throw( bless \%fields, class_of($kind) );
}

# Throws the error. It stores the line of the caller outside this distribution.
sub throw ($self) {
    if ( !exists $self->{file} ) {
        my $level = 0;
        $level++ while ( caller $level )[0] =~ / \A Aura::Users \b /x && caller $level + 1;
        @{$self}{qw(file line)} = ( caller $level )[ 1, 2 ];
    }
    die $self;    ## no critic (RequireCarping) -- an object
}

sub as_string ($self) {
    return $self->message . ( defined $self->{file} ? " at $self->{file} line $self->{line}.\n" : q{} );
}

sub kind            ($self) { return $self->{kind} }
sub message         ($self) { return $self->{text} }
sub server_message  ($self) { return $self->{message} }
sub hint            ($self) { return $self->{hint} }
sub reason          ($self) { return $self->{reason} }
sub status          ($self) { return $self->{status} }
sub errors          ($self) { return $self->{errors} }
sub request_id      ($self) { return $self->{request_id} }
sub attempts        ($self) { return $self->{attempts} // 0 }
sub method          ($self) { return $self->{method} }
sub route           ($self) { return $self->{route} }
sub outcome_unknown ($self) { return !!$self->{outcome_unknown} }
sub retryable       ($self) { return !!$self->{retryable} }
sub file            ($self) { return $self->{file} }
sub line            ($self) { return $self->{line} }

sub retry_after ($self) {
    return defined $self->{retry_after_ms} ? $self->{retry_after_ms} / 1000 : undef;
}

sub as_hash ($self) {
    my @fields = qw(kind message server_message hint reason status errors request_id retry_after attempts method route
        outcome_unknown retryable);
    return { map { ( $_ => $self->$_ ) } @fields };
}

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::Error - why a call failed

=head1 SYNOPSIS

    use Aura::Users;
    use Scalar::Util qw(blessed);

    my $client = Aura::Users->new;
    my $user   = eval { $client->get_user('nobody-at-all') };
    if ( my $error = $@ ) {
        die $error if !( blessed $error && $error->isa('Aura::Users::Error::NotFound') );
        say 'there is no such user';
    }

=head1 DESCRIPTION

A call that fails throws an object of one of these classes:

    Aura::Users::Error
        ::InvalidArgument       a bad argument; nothing was sent
        ::Api                   the server replied with an error
            ::Unauthenticated   401; see reason for the refused credential
                ::OtpRequired
                ::OtpInvalid
            ::Forbidden         403
            ::NotFound          404: no such user
            ::Unsupported       this server has no such endpoint
            ::Validation        422; errors has a message for each field
            ::RateLimited       429; retry_after has the seconds to wait
            ::Server            5xx
            ::UnexpectedStatus  any other status
        ::Connect               the connection failed or broke
        ::Tls                   the certificate was rejected, or the handshake failed
        ::Timeout               a timeout expired
        ::Cancelled             the program cancelled the call
        ::Decode                the reply is not a valid reply of this endpoint
        ::Internal              a bug in the library

The names of all classes begin with C<Aura::Users::Error::>, whatever they inherit from. If you use an object as a
string, it is C<message> with the file and line of your call. It contains no secret, and no username or address except
those that the server's message repeats.

=head1 METHODS

=over

=item C<kind>

The name of the kind, such as C<not_found>. It is the same in every language.

=item C<message>

The whole text, for a user or a log.

=item C<server_message>

The server's own message if it sent one, otherwise the library's.

=item C<hint>

What to do next, if the library knows more than the message, or undef.

=item C<reason>

Why the server rejected a credential or an account, such as C<revoked_credential>, or undef.

=item C<status>

The HTTP status of the reply, or undef if none arrived.

=item C<errors>

The field errors of a 422, a hash nested as the server sent it, or undef.

=item C<request_id>

The C<x-request-id> of the reply, for the server's operators, or undef.

=item C<retry_after>

How many seconds the server asks you to wait before you try again, or undef.

=item C<attempts>

How many times the request was sent. It is 0 if nothing was sent.

=item C<method>, C<route>

The method and the route of the request, such as C<GET> and C</users/{username_or_email}>, or undef.

=item C<outcome_unknown>

Whether the server may have completed a C<create_user> or C<reset_user_password> that failed. Then check before you
repeat the call.

=item C<retryable>

Whether the same call may succeed later and is safe to repeat.

=item C<file>, C<line>

The file and line of the call in your program.

=item C<as_string>, C<as_hash>

C<as_string> is the message with file and line. C<as_hash> is a hash of all fields except C<file> and C<line>.

=item C<throw>

Throws the object. You can throw it again later.

=item C<class_of>, C<fail>, C<from_json>, C<refuse>

For other modules of this distribution.

=back

=cut
