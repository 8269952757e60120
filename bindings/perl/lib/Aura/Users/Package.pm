package Aura::Users::Package;

use v5.36;

our $VERSION = 'v0.1.0';

sub new ( $class, $fields ) {
    return bless { $fields->%* }, $class;
}

sub name       ($self) { return $self->{name} }
sub repository ($self) { return $self->{repository} }
sub url        ($self) { return $self->{url} }
sub html_url   ($self) { return $self->{html_url} }

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::Package - a package that a user owns

=head1 METHODS

=over

=item C<name>, C<repository>

Its name, unique in its repository: C<hexpm>, or the organization's.

=item C<url>, C<html_url>

Where the API has it, and where a person reads about it.

=item C<new>

For L<Aura::Users::User>.

=back

=cut
