package Aura::Users::Call;

use v5.36;

use Aura::Users::Error  ();
use Aura::Users::Handle ();
use Aura::Users::Log    ();
use Aura::Users::Native qw(aura_call_cancel aura_call_expire aura_call_fd aura_call_wait
    can_block take_text AURA_CANCELLED AURA_END AURA_OK AURA_PENDING);
use Aura::Users::Options qw(take_error);
use Aura::Users::Signals qw(hold_signals);
use List::Util           qw(max);
use Time::HiRes          qw(clock_gettime CLOCK_MONOTONIC);

our $VERSION = 'v0.1.0';

# The longest wait of C in milliseconds. Signals are held meanwhile.
use constant SLICE => 50;

# Starts a call. $start takes references for the call and the error, and returns a status. $convert turns the octets of
# the call's JSON into its result.
sub start ( $class, $start, $convert ) {
    Aura::Users::Log::follow();
    my $self = bless { convert => $convert }, $class;
    hold_signals(
        sub {
            my $status = $start->( \my $handle, \my $error );
            take_error($error)->throw if $status != AURA_OK;
            $self->{handle} = Aura::Users::Handle->own( Call => $handle );
        }
    );
    return $self;
}

# Runs a blocking function, and stores the octets of its JSON in ${$place}. Returns false if a signal interrupted the
# function. The handler has run then.
sub blocking ( $class, $place, $function, @arguments ) {
    return if !can_block();
    Aura::Users::Log::follow();
    my ( $error, $is_interrupted );
    hold_signals(
        sub {
            my $status = $function->( @arguments, \my $json, \my $problem );
            ${$place} = take_text($json) if $status == AURA_OK;
            $error          = take_error($problem) if $problem;
            $is_interrupted = $status == AURA_CANCELLED;
        }
    );
    Aura::Users::Log::deliver();
    $error->throw if $error && !$is_interrupted;
    return !$is_interrupted;
}

# Returns a call that has ended with this result.
sub ended ( $class, $value ) {
    return bless { value => $value }, $class;
}

# Waits for the end of the call, at most $seconds. Returns whether it has ended.
sub wait ( $self, $seconds = undef ) {    ## no critic (ProhibitBuiltinHomonyms)
    my $end = defined $seconds ? clock_gettime(CLOCK_MONOTONIC) + $seconds : 9**9**9;
    my $left;
    do {
        $left = 1000 * ( $end - clock_gettime(CLOCK_MONOTONIC) );
        return 1 if $self->_has_ended_within( $left < SLICE ? max( $left, 0 ) : SLICE );
    } while $left > 0;
    return !!0;
}

sub _has_ended_within ( $self, $milliseconds ) {
    return 1 if !defined $self->{handle};
    hold_signals(
        sub {
            my $status = aura_call_wait( ${ $self->{handle} }, $milliseconds, \my $json, \my $error );
            return if $status == AURA_PENDING;
            delete $self->{handle};
            if    ( $status == AURA_OK )  { $self->{octets} = take_text($json) }
            elsif ( $status != AURA_END ) { $self->{error}  = take_error($error) }
        }
    );
    return !!0 if defined $self->{handle};
    Aura::Users::Log::deliver();
    return 1;
}

sub is_ready ($self) {
    return $self->_has_ended_within(0);
}

sub result ($self) {
    $self->wait;
    $self->{error}->throw if $self->{error};
    return $self->{value} //= defined $self->{octets} ? $self->{convert}->( $self->{octets} ) : undef;
}

sub error ($self) {
    $self->wait;
    return $self->{error};
}

# Returns the JSON of an ended call as octets, or undef if it has none.
sub octets ($self) {
    return $self->{octets};
}

sub cancel ($self) {
    aura_call_cancel( $self->handle );
    return;
}

sub expire ($self) {
    aura_call_expire( $self->handle );
    return;
}

sub fileno ($self) {    ## no critic (ProhibitBuiltinHomonyms)
    return aura_call_fd( $self->handle );
}

# Returns the pointer of a running call, or undef if the call has ended.
sub handle ($self) {
    return defined $self->{handle} ? ${ $self->{handle} } : undef;
}

# A new thread gets no copy: see Aura::Users::Handle.
sub CLONE_SKIP { return 1 }

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::Call - a started call

=head1 SYNOPSIS

    use Aura::Users;

    my $client = Aura::Users->new;
    my @calls  = map { $client->start_get_user($_) } qw(ericmj orguser);
    say $_->error // $_->result->username for @calls;

=head1 DESCRIPTION

A started call runs on a thread of the library. An L<Aura::Users::Queue> waits for many calls. If the last reference to
a call goes away, the call is cancelled.

=head1 METHODS

=over

=item C<result>

Waits for the end of the call. Returns its result, or throws its error. You can call it several times.

=item C<error>

Waits for the end of the call. Returns its error, an L<Aura::Users::Error>, or undef.

=item C<wait($seconds)>

Waits for the end of the call, at most C<$seconds>; without an argument it has no limit. Returns whether the call has
ended.

=item C<is_ready>

Returns whether the call has ended. It does not wait.

=item C<cancel>, C<expire>

Ends the call with the error C<cancelled> or C<timeout>, unless it has a result already.

=item C<fileno>

Returns a descriptor that is readable after the end of the call, or -1 if the call has ended or has none. The descriptor
belongs to the call: do not read from it, and do not close it.

=item C<blocking>, C<ended>, C<handle>, C<octets>, C<start>

For other modules of this distribution.

=back

=cut
