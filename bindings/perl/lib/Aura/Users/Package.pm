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

The name of the package and of its repository. A name is unique in a repository. The repository is C<hexpm> or an
organization.

=item C<url>, C<html_url>

The URL in the API, and the URL of the web page.

=item C<new>

For L<Aura::Users::User>.

=back

=cut
