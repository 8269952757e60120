package Aura::Users::Organization;

# An organization, and the user's role in it.

use v5.36;

our $VERSION = 'v0.1.0';

sub new ( $class, $fields ) {
    return bless { $fields->%* }, $class;
}

sub name ($self) { return $self->{name} }
sub role ($self) { return $self->{role} }

1;
