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

# Returns the rows of a page as an array. raw_json cuts the JSON of one row out of the page.
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

# Returns the JSON texts of the rows of a page. The library has checked that the page is a JSON array.
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

Creates the rows of a page, an array, from the octets of its JSON.

=back

=cut
