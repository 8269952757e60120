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

The username. It is unique on the server and in lower case.

=item C<full_name>, C<email>

The full name and the public e-mail address, or undef.

=item C<handles>

Links to other accounts of the user, a hash of URLs by name.

=item C<url>

The URL of this record in the API.

=item C<inserted_at>, C<updated_at>

The time of the creation and of the last change, a L<Time::Moment> in UTC, or undef if the server does not send it.

=item C<packages>

The packages that the user owns and that you may see, an array of L<Aura::Users::Package>, or undef if the server does
not send them.

=item C<owned_packages>

The packages of the user, a hash of URLs by name. It is deprecated in the API.

=item C<organizations>

The organizations of the user, an array of L<Aura::Users::Organization>. Only C<get_current_user> returns them,
otherwise this is undef.

=item C<raw_json>

The server's JSON of this record, as characters.

=item C<fields>, C<extra>

C<fields> is a hash of all fields with the server's names. Do not change it, because it belongs to the object. C<extra>
is a hash of the fields without a method.

=item C<names>

The names of the fields with a method.

=item C<new>

Creates a record from its JSON.

=back

=cut
