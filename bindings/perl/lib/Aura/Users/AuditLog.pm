package Aura::Users::AuditLog;

use v5.36;

use parent 'Aura::Users::Record';

use Aura::Users::JSON ();

our $VERSION = 'v0.1.0';

sub names {
    return qw(action user_agent params inserted_at);
}

__PACKAGE__->declare(qw(action user_agent params));

sub inserted_at ($self) { return $self->_time('inserted_at') }

# The rows of a page, an array. A row's own JSON is cut out of the page when it is asked for.
sub all ( $class, $octets ) {
    my $page = { octets => $octets };
    my ($rows) = Aura::Users::JSON::decode($octets);
    return [ map { $class->new($_) } _split($octets) ] if ref $rows ne 'ARRAY';
    my $index = 0;
    $_ = bless { fields => $_, page => $page, index => $index++ }, $class for @{$rows};
    return $rows;
}

sub _octets ($self) {
    return $self->{octets} //= do {
        my $page = $self->{page};
        $page->{rows} //= [ _split( $page->{octets} ) ];
        $page->{rows}[ $self->{index} ];
    };
}

# The rows as they stand in a page, which the library has checked to be a JSON array.
sub _split ($octets) {
    my ( $depth, $from, @rows ) = (0);
    while ( $octets =~ / ( [][{},] ) | " (?: [^"\\]++ | \\. )*+ " /gsx ) {
        my $token = $1 // next;
        $depth++ if $token eq '[' || $token eq '{';
        $depth-- if $token eq ']' || $token eq '}';
        $from //= pos $octets;
        next if !( $depth == 0 || $depth == 1 && $token eq q{,} );
        push @rows, substr( $octets, $from, pos($octets) - 1 - $from ) =~ s/ \A \s+ | \s+ \z //grx;
        $from = pos $octets;
    }
    return @rows;
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

What was done: C<key.generate>, C<release.publish> and the like.

=item C<user_agent>

The program that did it, or undef.

=item C<params>

The details, as decoded JSON. Their shape follows the action.

=item C<inserted_at>

When it was done, a L<Time::Moment> in UTC, or undef: today's servers send none.

=item C<raw_json>

The row's own JSON, decoded to characters.

=item C<fields>, C<extra>

All fields as the server names them, as a hash; and only those that have no method here. The hash of C<fields> is the
object's own: do not change it.

=item C<names>

The names of the fields that have a method.

=item C<new>

Makes a row from its JSON.

=item C<all>

Makes the rows of a page, an array, from the octets of its JSON.

=back

=cut
