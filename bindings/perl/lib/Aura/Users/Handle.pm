package Aura::Users::Handle;

# The owner of a handle of C, a reference to its pointer. The handle is freed once: by hand, or when Perl forgets its
# owner. Each kind of handle has a class, whose DESTROY is C's own function.

use v5.36;

use Aura::Users::Error   ();
use Aura::Users::Native  qw(@HANDLES);
use Aura::Users::Signals qw(hold_signals);

our $VERSION = 'v0.1.0';

for my $kind (@HANDLES) {
    no strict 'refs';    ## no critic (ProhibitNoStrict) -- the name of a package is a symbol
    @{ __PACKAGE__ . "::${kind}::ISA" } = (__PACKAGE__);
}

# $make returns a pointer, and runs while signals are held.
sub new ( $class, $kind, $make ) {
    my $self;
    hold_signals( sub { $self = $class->own( $kind, $make->() ) } );
    return $self;
}

# The owner of a pointer. Signals are to be held.
sub own ( $class, $kind, $pointer ) {
    return bless \$pointer, "${class}::$kind";
}

sub pointer ($self) {
    return ${$self} || Aura::Users::Error->refuse( 'the ' . lc( ( split /::/, ref $self )[-1] ) . ' is closed' );
}

sub is_closed ($self) {
    return !${$self};
}

# C takes NULL.
sub close ($self) {    ## no critic (ProhibitBuiltinHomonyms)
    $self->DESTROY;
    ${$self} = 0;
    return;
}

# A thread gets no copies, which would be freed twice.
sub CLONE_SKIP { return 1 }

1;
