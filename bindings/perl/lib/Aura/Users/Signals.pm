package Aura::Users::Signals;

# Perl runs a signal's handler between two ops, and a handler may die. So handles and results of C change hands while
# signals are held: none is lost or freed twice. A handler that dies dies of its own word, after that.

use v5.36;

use Exporter qw(import);
use POSIX    qw(SIG_BLOCK SIG_SETMASK);

our $VERSION   = 'v0.1.0';
our @EXPORT_OK = qw(hold_signals);

my $ALL = POSIX::SigSet->new;
$ALL->fillset;

# Runs the code while signals are held. It keeps what it gets in variables: a handler that dies takes the place of a
# result.
sub hold_signals ($code) {
    my $before = POSIX::SigSet->new;
    POSIX::sigprocmask( SIG_BLOCK, $ALL, $before );
    my $is_fine = eval { $code->(); 1 };
    my $problem = $@;
    POSIX::sigprocmask( SIG_SETMASK, $before );
    die $problem if !$is_fine;    ## no critic (RequireCarping) -- as the code died
    return;
}

1;
