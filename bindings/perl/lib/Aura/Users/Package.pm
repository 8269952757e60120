package Aura::Users::Package;

# A package that a user owns.

use v5.36;

our $VERSION = 'v0.1.0';

sub new ( $class, $fields ) {
    return bless { $fields->%* }, $class;
}

sub name ($self) { return $self->{name} }
sub repository ($self) { return $self->{repository} }
sub url ($self) { return $self->{url} }
sub html_url ($self) { return $self->{html_url} }

1;
