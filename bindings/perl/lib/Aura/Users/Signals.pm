package Aura::Users::Signals;

# Perl runs a signal handler between two ops, and a handler may die. While a handle or a result moves between C and
# Perl, signals are held, so that none is lost or freed twice. The handler runs, and may die, afterwards.

use v5.36;

use Config     qw(%Config);
use Exporter   qw(import);
use List::Util qw(any);
use POSIX      qw(SIG_BLOCK SIG_SETMASK);

our $VERSION   = 'v0.1.0';
our @EXPORT_OK = qw(hold_signals is_signal_waiting);

my $ALL = POSIX::SigSet->new;
$ALL->fillset;
my @NUMBERS = split q{ }, $Config{sig_num};
my @NAMES   = split q{ }, $Config{sig_name};

# The names of each signal: SIGCHLD is also CLD.
my %names_of;
push @{ $names_of{ $NUMBERS[$_] } }, $NAMES[$_] for grep { $NUMBERS[$_] > 0 } 0 .. $#NUMBERS;

# Without a handler these do nothing.
my %IS_HARMLESS = map { $_ => 1 } qw(CHLD CLD CONT URG WINCH);

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

# Whether a signal is pending that does something, and that only hold_signals() holds.
sub is_signal_waiting {
    my $waiting = POSIX::SigSet->new;
    POSIX::sigpending($waiting);
    return any { $waiting->ismember($_) && !$before_last->ismember($_) && _does_something($_) } keys %names_of;
}

sub _does_something ($number) {
    return any {
        my $handler = $SIG{$_} || 'DEFAULT';
        $handler eq 'DEFAULT' ? !$IS_HARMLESS{$_} : $handler ne 'IGNORE';
    } @{ $names_of{$number} };
}

1;
