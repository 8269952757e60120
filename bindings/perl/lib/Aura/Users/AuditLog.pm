package Aura::Users::AuditLog;

use v5.36;

use parent 'Aura::Users::Record';

use List::Util qw(pairmap);

our $VERSION = 'v0.1.0';

sub names {
    return qw(action user_agent params inserted_at);
}

__PACKAGE__->declare(qw(user_agent params));

sub action ($self) {
    my $json = $self->{action};
    return $self->fields->{action} if !defined $json || $json =~ / \\ /x;
    my $action = substr $json, 1, -1;
    utf8::decode($action);
    return $action;
}

sub inserted_at ($self) { return $self->_time('inserted_at') }

# Returns the rows of a page as an array. Before each row's JSON is its action, also as JSON.
sub all ( $class, $octets ) {
    return [ pairmap { bless { action => $a, octets => $b }, $class } split /\x1E/, $octets ];
}

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::AuditLog - a row of an audit log

=head1 SYNOPSIS

    use Aura::Users;

    my $logs = Aura::Users->new->stream_audit_logs;
    while ( my $log = $logs->next ) {
        say $log->action;
    }

=head1 METHODS

=over

=item C<action>

The action, such as C<key.generate> or C<release.publish>.

=item C<user_agent>

The user agent of the program that performed the action, or undef.

=item C<params>

The details, as decoded JSON. Each action has different details.

=item C<inserted_at>

The time of the action, a L<Time::Moment> in UTC, or undef. Current servers do not send it.

=item C<raw_json>

The server's JSON of this row, as characters.

=item C<fields>, C<extra>

C<fields> is a hash of all fields with the server's names. Do not change it, because it belongs to the object. C<extra>
is a hash of the fields without a method.

=item C<names>

The names of the fields with a method.

=item C<new>

Creates a row from its JSON.

=item C<all>

For L<Aura::Users::AuditLogs>.

=back

=cut
