package Aura::Users::RateLimit;

use v5.36;

our $VERSION = 'v0.1.0';

sub new ( $class, $fields ) {
    return bless { $fields->%* }, $class;
}

sub limit     ($self) { return $self->{limit} }
sub remaining ($self) { return $self->{remaining} }

sub resets_in ($self) { return $self->{resets_in_ms} / 1000 }

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::RateLimit - the last rate limit that the server sent

=head1 METHODS

=over

=item C<limit>, C<remaining>

The number of requests in a window, and how many of them remain in the current window.

=item C<resets_in>

The seconds until the next window.

=item C<new>

For L<Aura::Users::Client>.

=back

=cut
