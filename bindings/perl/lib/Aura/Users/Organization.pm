package Aura::Users::Organization;

use v5.36;

our $VERSION = 'v0.1.0';

sub new ( $class, $fields ) {
    return bless { $fields->%* }, $class;
}

sub name ($self) { return $self->{name} }
sub role ($self) { return $self->{role} }

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::Organization - an organization, and the user's role in it

=head1 METHODS

=over

=item C<name>

The name of the organization.

=item C<role>

The role of the user: C<admin>, C<write> or C<read> on hex.pm.

=item C<new>

For L<Aura::Users::User>.

=back

=cut
