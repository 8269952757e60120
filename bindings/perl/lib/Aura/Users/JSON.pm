package Aura::Users::JSON;

# Decodes JSON.

use v5.36;

use Aura::Users::Signals qw(hold_signals);
use JSON::MaybeXS        ();

our $VERSION = 'v0.1.0';

# Deeper JSON is not decoded. raw_json still returns it.
use constant DEPTH => 1000;

my $JSON = JSON::MaybeXS->new( utf8 => 1, allow_nonref => 1 )->max_depth(DEPTH);

# Only Cpanel::JSON::XS rejects duplicate names.
$JSON->allow_dupkeys if $JSON->can('allow_dupkeys');

# Returns the value of a JSON text, or undef and the reason why it is not valid. Because a signal handler may have died
# in the first decode, a second one runs while signals are held.
sub decode ($octets) {
    my $value = eval { $JSON->decode($octets) };
    return $value if defined $value;
    my $first = $@;
    my $problem;
    hold_signals(
        sub {
            eval { $value = $JSON->decode($octets); 1 } or $problem = $@;
        }
    );
    $problem =~ s/ at \Q${\ __FILE__}\E line \d+[.]\n\z// if defined $problem;
    die $first if $first && !$problem;    ## no critic (RequireCarping) -- as the handler died
    return ( $value, $problem );
}

1;
