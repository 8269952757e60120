package Aura::Users::Signals;

# Perl runs a signal handler between two ops, and a handler may die. While a handle or a result moves between C and
# Perl, signals are held, so that none is lost or freed twice. The handler runs, and may die, afterwards.

use v5.36;

use Config     qw(%Config);
use Exporter   qw(import);
use List::Util qw(any uniq);
use POSIX      qw(SIG_BLOCK SIG_SETMASK);

our $VERSION   = 'v0.1.0';
our @EXPORT_OK = qw(hold_signals is_signal_waiting);

my $ALL = POSIX::SigSet->new;
$ALL->fillset;
my @NUMBERS = uniq grep { $_ > 0 } split q{ }, $Config{sig_num};

# The signals that the program itself had blocked.
my $before_last = POSIX::SigSet->new;

# Runs the code while signals are held. The code must store its results in variables, because a handler that dies
# replaces the return value.
sub hold_signals ($code) {
    my $before  = POSIX::SigSet->new;
    my $is_fine = eval {
        POSIX::sigprocmask( SIG_BLOCK, $ALL, $before );
        $before_last = $before;

        # Perl runs the handlers of earlier signals at a branch, such as this one.
        $code->() if $before;
        1;
    };
    my $problem = $@;
    POSIX::sigprocmask( SIG_SETMASK, $before );
    die $problem if !$is_fine;    ## no critic (RequireCarping) -- as the code died
    return;
}

# Whether a signal is pending that only hold_signals() holds.
sub is_signal_waiting {
    my $waiting = POSIX::SigSet->new;
    POSIX::sigpending($waiting);
    return any { $waiting->ismember($_) && !$before_last->ismember($_) } @NUMBERS;
}

1;
