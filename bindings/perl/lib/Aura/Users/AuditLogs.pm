package Aura::Users::AuditLogs;

use v5.36;

use Aura::Users::AuditLog ();
use Aura::Users::Call     ();
use Aura::Users::Native   qw(aura_audit_logs_next_rows aura_audit_logs_next_rows_start aura_audit_logs_page);

our $VERSION = 'v0.1.0';

sub new ( $class, $stream ) {
    return bless { stream => $stream, rows => [] }, $class;
}

sub next ($self) {    ## no critic (ProhibitBuiltinHomonyms)
    my $rows = $self->{rows};
    return shift @{$rows} if @{$rows};
    $self->_fill;
    return shift $self->{rows}->@*;
}

sub next_page ($self) {
    $self->_fill if !$self->{rows}->@*;
    ( my $rows, $self->{rows} ) = ( $self->{rows}, [] );
    return $rows->@* ? $rows : undef;
}

sub all ($self) {
    my @all;
    while ( my $rows = $self->next_page ) {
        push @all, $rows->@*;
    }
    return @all;
}

sub start_next_page ($self) {
    return Aura::Users::Call->ended( $self->next_page ) if $self->_has_page;
    return delete $self->{call} // $self->_start;
}

sub page ($self) {

    # A call that is left may have its rows already.
    return $self->{page} if $self->_has_page || $self->{call};
    return aura_audit_logs_page( $self->{stream}->pointer );
}

sub close ($self) {    ## no critic (ProhibitBuiltinHomonyms)
    @{$self}{qw(call octets rows)} = ( undef, undef, [] );
    return $self->{stream}->close;
}

sub is_closed ($self) {
    return $self->{stream}->is_closed;
}

# Whether C has returned a page whose rows are not all returned yet. If a handler died in _fill, they are still octets.
sub _has_page ($self) {
    return $self->{rows}->@* || defined $self->{octets};
}

# Gets the rows of the next page. After the last page there are none. If a handler dies in this function, the next call
# continues at the same point, so no row is lost.
sub _fill ($self) {
    $self->{page} = $self->page;
    $self->_read || $self->_wait if !defined $self->{octets};
    return if !defined $self->{octets};

    # This is one op, so no handler runs between its parts.
    @{$self}{qw(rows octets)} = ( Aura::Users::AuditLog->all( $self->{octets} ), undef );
    return;
}

# Reads a page with a blocking function, which takes less CPU than a started call. Returns false if a signal arrived.
sub _read ($self) {
    return if $self->{call};
    my $stream = $self->{stream}->pointer;
    return Aura::Users::Call->blocking( \$self->{octets}, \&aura_audit_logs_next_rows, $stream );
}

# Reads a page with a started call. If a handler dies, the call stays for the next try.
sub _wait ($self) {
    my $call  = $self->{call} //= $self->_start;
    my $error = $call->error;
    @{$self}{qw(call octets)} = ( undef, $call->octets );
    $error->throw if $error;
    return;
}

sub _start ($self) {
    my $stream = $self->{stream}->pointer;
    my $start  = sub ( $call, $error ) { aura_audit_logs_next_rows_start( $stream, $call, $error ) };
    return Aura::Users::Call->start( $start, sub ($octets) { Aura::Users::AuditLog->all($octets) } );
}

# A new thread gets no copy: see Aura::Users::Handle.
sub CLONE_SKIP { return 1 }

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::AuditLogs - a stream of the rows of an audit log, newest first

=head1 SYNOPSIS

    use Aura::Users;

    my $logs = Aura::Users->new->stream_audit_logs;
    while ( my $log = $logs->next ) {
        say $log->action;
    }

    # Pages, and further tries after an error.
    $logs = Aura::Users->new->stream_audit_logs( page => 2 );
    for my $try ( 1 .. 3 ) {
        last if eval {
            while ( my $page = $logs->next_page ) { say scalar $page->@*, ' rows' }
            1;
        };
        warn $@;
    }

=head1 DESCRIPTION

A stream keeps its position. After an error, or after a signal handler that died, call C<next> or C<next_page> again.
The stream then requests the failed page again. No row is lost, except if a handler dies just after C<next> has returned
a row and before your program stores it.

=head1 METHODS

=over

=item C<next>

Returns the next row, an L<Aura::Users::AuditLog>, and undef after the last one.

=item C<next_page>

Returns the rows of the next page, or the remaining rows of the current page, as an array. Returns undef after the last
page.

=item C<all>

Returns all remaining rows as a list.

=item C<start_next_page>

Starts C<next_page> and returns an L<Aura::Users::Call> at once. Keep the call until you have its result: otherwise its
rows are lost.

=item C<page>

Returns the page of the next row, counted from 1. To continue later, pass it as the option C<page>.

=item C<close>, C<is_closed>

C<close> ends the stream. Calls that you started continue. If the last reference to a stream goes away, the stream
closes.

=item C<new>

For L<Aura::Users::Client>.

=back

=cut
