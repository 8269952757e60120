package Aura::Users::Client;

use v5.36;

use Aura::Users::AuditLogs ();
use Aura::Users::Call      ();
use Aura::Users::Error     ();
use Aura::Users::Handle    ();
use Aura::Users::JSON      ();
use Aura::Users::Log       ();
use Aura::Users::Native    qw(aura_client_new aura_client_rate_limit
    aura_create_user_start aura_get_current_user aura_get_current_user_start aura_get_user aura_get_user_start
    aura_reset_user_password_start aura_stream_audit_logs make_interruptible take_text AURA_OK);
use Aura::Users::Options   qw(checked_options native_options octets_of take_error);
use Aura::Users::RateLimit ();
use Aura::Users::Signals   qw(hold_signals);
use Aura::Users::User      ();

our $VERSION = 'v0.1.0';

my $NAME = sprintf 'Aura-Users/%s perl/%vd', substr( $VERSION, 1 ), $^V;

sub new ( $class, @options ) {
    my $options = checked_options( \@options, 1 );
    Aura::Users::Log::follow();
    my $native = native_options( { client_name => $NAME, $options->%* } );
    make_interruptible( $native->pointer );
    my $make = sub { _out_of( \&aura_client_new, $native->pointer ) };
    return bless { client => Aura::Users::Handle->new( Client => $make ), options => {} }, $class;
}

sub with_options ( $self, @options ) {
    my %options = ( $self->{options}->%*, checked_options( \@options )->%* );

    # A bad value is an error here, not only in a call.
    native_options( \%options );
    return bless { client => $self->{client}, options => \%options }, ref $self;
}

sub create_user ( $self, $username, $password, $emails, @options ) {
    return $self->start_create_user( $username, $password, $emails, @options )->result;
}

sub get_current_user ( $self, @options ) {
    return $self->_read( \&aura_get_current_user, \@options ) // $self->start_get_current_user(@options)->result;
}

sub get_user ( $self, $username_or_email, @options ) {
    my $name = octets_of( username_or_email => $username_or_email );
    return $self->_read( \&aura_get_user, \@options, $name )
        // $self->start_get_user( $username_or_email, @options )->result;
}

sub reset_user_password ( $self, $username_or_email, @options ) {
    return $self->start_reset_user_password( $username_or_email, @options )->result;
}

sub start_create_user ( $self, $username, $password, $emails, @options ) {
    Aura::Users::Error->refuse('emails must be a reference to an array of addresses') if ref $emails ne 'ARRAY';
    my @texts  = ( octets_of( username => $username ), octets_of( password => $password ) );
    my @emails = map { octets_of( emails => $_ ) } @{$emails};
    return $self->_start( \&aura_create_user_start, \&_user, \@options, @texts, \@emails, scalar @emails );
}

sub start_get_current_user ( $self, @options ) {
    return $self->_start( \&aura_get_current_user_start, \&_user, \@options );
}

sub start_get_user ( $self, $username_or_email, @options ) {
    my $name = octets_of( username_or_email => $username_or_email );
    return $self->_start( \&aura_get_user_start, \&_user, \@options, $name );
}

sub start_reset_user_password ( $self, $username_or_email, @options ) {
    my $name = octets_of( username_or_email => $username_or_email );
    return $self->_start( \&aura_reset_user_password_start, sub { undef }, \@options, $name );
}

sub stream_audit_logs ( $self, @options ) {
    my $make = sub { $self->_run_now( \&aura_stream_audit_logs, \@options ) };
    return Aura::Users::AuditLogs->new( Aura::Users::Handle->new( Stream => $make ) );
}

sub rate_limit ( $self, @options ) {
    my $octets;
    hold_signals( sub { $octets = take_text( $self->_run_now( \&aura_client_rate_limit, \@options ) ) } );
    my ($fields) = Aura::Users::JSON::decode($octets);
    return $fields ? Aura::Users::RateLimit->new($fields) : undef;
}

sub close ($self) {    ## no critic (ProhibitBuiltinHomonyms)
    return $self->{client}->close;
}

sub is_closed ($self) {
    return $self->{client}->is_closed;
}

sub _user ($octets) {
    return Aura::Users::User->new($octets);
}

# Gets a user with a blocking function, which takes less CPU than a started call. Returns undef if a signal arrived.
sub _read ( $self, $function, $options, @arguments ) {
    my $client    = $self->{client}->pointer;
    my $native    = @{$options} || $self->{options}->%* ? $self->_native($options) : undef;
    my $pointer   = $native && $native->pointer;
    my $has_ended = Aura::Users::Call->blocking( \my $octets, $function, $client, @arguments, $pointer );
    return $has_ended ? Aura::Users::User->new($octets) : undef;
}

sub _start ( $self, $function, $convert, $options, @arguments ) {
    my $client  = $self->{client}->pointer;
    my $native  = $self->_native($options);
    my $pointer = $native && $native->pointer;
    my $start   = sub ( $call, $error ) { $function->( $client, @arguments, $pointer, $call, $error ) };
    return Aura::Users::Call->start( $start, $convert );
}

# Runs a function that does not wait, and returns its out-parameter. The caller holds signals.
sub _run_now ( $self, $function, $options ) {
    my $native = $self->_native($options);
    return _out_of( $function, $self->{client}->pointer, $native && $native->pointer );
}

sub _out_of ( $function, @arguments ) {
    my $status = $function->( @arguments, \my $place, \my $error );
    take_error($error)->throw if $status != AURA_OK;
    return $place;
}

# Returns the handle of the options of a call, or undef if there are none.
sub _native ( $self, $list ) {
    return if !@{$list} && !$self->{options}->%*;
    my $options = checked_options($list);
    return native_options( { $self->{options}->%*, $options->%* } );
}

# A new thread gets no copy: see Aura::Users::Handle.
sub CLONE_SKIP { return 1 }

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::Client - options, connections, and the five functions

=head1 SYNOPSIS

    use Aura::Users;

    my $client = Aura::Users->new( max_retries => 5 );
    my $me     = $client->get_current_user;
    say $me->username, ': ', join ', ', map { $_->name } ( $me->packages // [] )->@*;
    say $client->get_user( 'ericmj', timeout => 3 )->username;

=head1 DESCRIPTION

A client has options, connections, and the state of the server's rate limit. Each method takes options as names and
values after its arguments; see L<Aura::Users/OPTIONS>. A method that fails throws an L<Aura::Users::Error>.

=head1 METHODS

=over

=item C<new(%options)>

Creates a client. C<< Aura::Users->new >> is the same.

=item C<create_user($username, $password, \@emails, %options)>

Creates an account and returns its L<Aura::Users::User>. C<@emails> must contain one address. If you create an account
on hex.pm, you accept its L<terms of service|https://hex.pm/policies/termsofservice>.

=item C<get_current_user(%options)>

Returns the L<Aura::Users::User> that owns the credential.

=item C<get_user($username_or_email, %options)>

Returns the public record of a user, an L<Aura::Users::User>.

=item C<reset_user_password($username_or_email, %options)>

Requests an e-mail with a link for a new password. Not every server has this endpoint. Returns undef.

=item C<stream_audit_logs(%options)>

Returns the audit log of the user that owns the credential, an L<Aura::Users::AuditLogs>. The first read sends the first
request.

=item C<start_create_user>, C<start_get_current_user>, C<start_get_user>, C<start_reset_user_password>

Start the call and return an L<Aura::Users::Call> at once.

=item C<with_options(%options)>

Returns a client with other options that shares the connections of this one.

=item C<rate_limit(%options)>

Returns the last rate limit that the server sent, an L<Aura::Users::RateLimit>, or undef if it has sent none. This
method sends no request.

=item C<close>, C<is_closed>

C<close> closes the client and every client that shares its connections. Started calls and streams continue. If the last
reference to a client goes away, the client closes.

=back

=cut
