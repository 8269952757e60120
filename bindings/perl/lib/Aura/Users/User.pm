package Aura::Users::User;

use v5.36;

use parent 'Aura::Users::Record';

use Aura::Users::Organization ();
use Aura::Users::Package      ();

our $VERSION = 'v0.1.0';

sub names {
    return qw(username full_name email handles url inserted_at updated_at packages owned_packages organizations);
}

__PACKAGE__->declare(qw(username full_name email url));

sub handles        ($self) { return $self->_map('handles') }
sub owned_packages ($self) { return $self->_map('owned_packages') }
sub inserted_at    ($self) { return $self->_time('inserted_at') }
sub updated_at     ($self) { return $self->_time('updated_at') }
sub packages       ($self) { return $self->_list( packages      => 'Aura::Users::Package' ) }
sub organizations  ($self) { return $self->_list( organizations => 'Aura::Users::Organization' ) }

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::User - a user's record

=head1 SYNOPSIS

    use Aura::Users;

    my $user = Aura::Users->new->get_user('ericmj');
    say $user->username, ' since ', $user->inserted_at;

=head1 METHODS

=over

=item C<username>

The name, unique on the server, in lower case.

=item C<full_name>, C<email>

The person's name and the public e-mail address, or undef.

=item C<handles>

Links to the person's other accounts, a hash by display name.

=item C<url>

Where the API has this record.

=item C<inserted_at>, C<updated_at>

When the account was made and last changed, a L<Time::Moment> in UTC; undef if the server does not send it.

=item C<packages>

The packages that the user owns and the caller may see, an array of objects with C<name>, C<repository>, C<url> and
C<html_url>; undef if the server does not send them.

=item C<owned_packages>

The packages' URLs, a hash by name; deprecated by the server.

=item C<organizations>

Of the current user's record alone: an array of objects with C<name> and C<role>, or undef.

=item C<raw_json>

The server's own JSON, decoded to characters.

=item C<fields>, C<extra>

All fields as the server names them, as a hash; and only those that have no method here. The hash of C<fields> is the
object's own: do not change it.

=item C<names>

The names of the fields that have a method.

=item C<new>

Makes a record from its JSON.

=back

=cut
