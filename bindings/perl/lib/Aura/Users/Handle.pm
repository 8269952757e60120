package Aura::Users::Handle;

# The owner of a handle of C, which is freed once: by hand, or when Perl forgets its owner.

use v5.36;

use Aura::Users::Error   ();
use Aura::Users::Signals qw(hold_signals);

our $VERSION = 'v0.1.0';

# $make returns a pointer, and runs while signals are held.
sub new ( $class, $name, $make, $free ) {
    my $self = bless { name => $name, free => $free }, $class;
    hold_signals( sub { $self->{pointer} = $make->() } );
    return $self;
}

sub pointer ($self) {
    return $self->{pointer} // Aura::Users::Error->refuse("the $self->{name} is closed");
}

sub is_closed ($self) {
    return !defined $self->{pointer};
}

sub close ($self) {    ## no critic (ProhibitBuiltinHomonyms)
    $self->{free}->( delete $self->{pointer} );
    return;
}

# A thread gets no copies, which would be freed twice.
sub CLONE_SKIP { return 1 }

# C takes NULL. There is no branch, where a handler could run: what dies in DESTROY is lost.
sub DESTROY ($self) {
    $self->{free}->( delete $self->{pointer} );
    return;
}

1;
