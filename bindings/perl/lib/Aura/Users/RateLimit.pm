package Aura::Users::RateLimit;

# What the server last said of its rate limit.

use v5.36;

our $VERSION = 'v0.1.0';

sub new ( $class, $fields ) {
    return bless { $fields->%* }, $class;
}

sub limit ($self) { return $self->{limit} }
sub remaining ($self) { return $self->{remaining} }
# In seconds.
sub resets_in ($self) { return $self->{resets_in_ms} / 1000 }

1;
