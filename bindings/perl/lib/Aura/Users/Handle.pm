package Aura::Users::Handle;

# Owns a handle of C: a reference to its pointer. close() frees the handle, and so does the end of the object. Each kind
# of handle has a class, whose DESTROY is the C function that frees it.

use v5.36;

use Aura::Users::Error   ();
use Aura::Users::Native  qw(@HANDLES);
use Aura::Users::Signals qw(hold_signals);

our $VERSION = 'v0.1.0';

for my $kind (@HANDLES) {
    no strict 'refs';    ## no critic (ProhibitNoStrict) -- the name of a package is a symbol
    @{ __PACKAGE__ . "::${kind}::ISA" } = (__PACKAGE__);
}

# Owns the pointer that $make returns. Signals are held meanwhile.
sub new ( $class, $kind, $make ) {
    my $self;
    hold_signals( sub { $self = $class->own( $kind, $make->() ) } );
    return $self;
}

# Owns a pointer. The caller holds signals.
sub own ( $class, $kind, $pointer ) {
    return bless \$pointer, "${class}::$kind";
}

sub pointer ($self) {
    return ${$self} || Aura::Users::Error->refuse( 'the ' . lc( ( split /::/, ref $self )[-1] ) . ' is closed' );
}

sub is_closed ($self) {
    return !${$self};
}

# DESTROY runs again later: C accepts NULL.
sub close ($self) {    ## no critic (ProhibitBuiltinHomonyms)
    $self->DESTROY;
    ${$self} = 0;
    return;
}

# A new thread gets no copy, because it would free the handle a second time.
sub CLONE_SKIP { return 1 }

# Nor does Storable copy it.
sub STORABLE_freeze ( $self, $is_cloning ) {
    return Aura::Users::Error->refuse('a client, a stream and a call cannot be copied');
}

1;
