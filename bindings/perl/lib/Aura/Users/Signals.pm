package Aura::Users::Signals;

# Perl runs a signal's handler between two ops, and a handler may die. So handles and results of C change hands while
# signals are held: none is lost or freed twice. A handler that dies dies of its own word, after that.

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

# The signals that somebody held before us.
my $before_last = POSIX::SigSet->new;

# Runs the code while signals are held. It keeps what it gets in variables: a handler that dies takes the place of a
# result.
sub hold_signals ($code) {
    my $before  = POSIX::SigSet->new;
    my $is_fine = eval {
        POSIX::sigprocmask( SIG_BLOCK, $ALL, $before );
        $before_last = $before;

        # Where Perl branches, it runs the handlers of signals that came before.
        $code->() if $before;
        1;
    };
    my $problem = $@;
    POSIX::sigprocmask( SIG_SETMASK, $before );
    die $problem if !$is_fine;    ## no critic (RequireCarping) -- as the code died
    return;
}

# Whether a signal waits for the end of the code that holds it.
sub is_signal_waiting {
    my $waiting = POSIX::SigSet->new;
    POSIX::sigpending($waiting);
    return any { $waiting->ismember($_) && !$before_last->ismember($_) } @NUMBERS;
}

1;
