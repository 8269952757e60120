package Aura::Users::Log;

# Passes log lines of the library to Log::Any or to a callback at the end of each call.

use v5.36;

use Aura::Users::JSON    ();
use Aura::Users::Native  qw(aura_log_keep aura_log_take take_text AURA_OK);
use Aura::Users::Signals qw(hold_signals);

our $VERSION = 'v0.1.0';

use constant MOST => 10_000;

my %LEVELS = ( debug => 1, info => 2, warn => 3 );

my $any = eval { require Log::Any; Log::Any->get_logger( category => 'Aura::Users' ) };
my ( $sink, $lowest, $kept ) = ( undef, undef, 0 );

# Sends lines to a callback. If it is undef, the log is off. Without arguments, lines go to Log::Any.
sub send_to (@to) {
    if ( !@to ) {
        ( $sink, $lowest ) = ( undef, undef );
    }
    else {
        ( $sink, my $level ) = @to;
        $lowest = $sink ? $LEVELS{ $level // 'warn' } : 0;
    }
    follow();
    return;
}

sub is_level ($level) {
    return exists $LEVELS{$level};
}

# Sets the level of the lines that C keeps. The level of Log::Any can change at any time.
sub follow {
    my $level = $lowest // ( $any && !$any->is_warn ? 0 : _level_of_log_any() );
    return if $level == $kept;
    aura_log_keep( $level || $LEVELS{warn}, $level ? MOST : 0 );
    $kept = $level;
    return;
}

sub _level_of_log_any {
    return $LEVELS{warn} if !$any;
    return $any->is_debug ? $LEVELS{debug} : $any->is_info ? $LEVELS{info} : $LEVELS{warn};
}

# Passes the new lines to the callback or to Log::Any. Signals are held, so that the failure of a handler is not
# reported as a failure of the logger. A logger may make calls: their lines follow with the next call's, not inside the
# logger.
sub deliver {
    our $is_delivering;
    return if !$kept || $is_delivering;
    hold_signals(
        sub {
            return if aura_log_take( \my $json, undef ) != AURA_OK;
            my ($log) = Aura::Users::JSON::decode( take_text($json) );
            local $is_delivering = 1;
            eval { _write_lines($log); 1 } or warn "Aura::Users: the logger failed: $@";
        }
    );
    return;
}

sub _warn ($text) {
    utf8::encode($text);
    warn "Aura::Users: $text\n";    ## no critic (RequireCarping) -- no line of the caller is the cause
    return;
}

sub _write_lines ($log) {
    my @lines = $log->{lines}->@*;
    push @lines, { level => 'warn', text => "$log->{dropped} lines of the log were dropped" } if $log->{dropped};
    for my $line (@lines) {
        last if defined $lowest && $lowest == 0;    # a logger turned the log off
        my ( $level, $text ) = @{$line}{qw(level text)};
        if    ($sink) { $sink->( $level, $text, $line ) }
        elsif ($any)  { $any->$level($text) }
        else          { _warn($text) }
    }
    return;
}

1;
