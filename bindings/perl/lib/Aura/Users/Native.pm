package Aura::Users::Native;

# The functions of the C library, with their names in C.

use v5.36;

use Aura::Users::Library ();
use Aura::Users::Signals qw(is_signal_waiting);
use Exporter             qw(import);
use FFI::Platypus 2.00   ();

our $VERSION = 'v0.1.0';

#<<< generated: statuses
use constant AURA_OK => 0;
use constant AURA_END => 1;
use constant AURA_PENDING => 2;
use constant AURA_CANCELLED => 43;
#>>> end of generated: statuses

my %FUNCTIONS = (
    #<<< generated: functions
    aura_audit_logs_next_rows => [ [qw(opaque opaque* opaque*)], 'sint32' ],
    aura_audit_logs_next_rows_start => [ [qw(opaque opaque* opaque*)], 'sint32' ],
    aura_audit_logs_page => [ [qw(opaque)], 'uint64' ],
    aura_call_cancel => [ [qw(opaque)], 'void' ],
    aura_call_complete => [ [qw(opaque opaque uint64 opaque*)], 'sint32' ],
    aura_call_expire => [ [qw(opaque)], 'void' ],
    aura_call_fd => [ [qw(opaque)], 'sint32' ],
    aura_call_wait => [ [qw(opaque sint64 opaque* opaque*)], 'sint32' ],
    aura_client_new => [ [qw(opaque opaque* opaque*)], 'sint32' ],
    aura_client_rate_limit => [ [qw(opaque opaque opaque* opaque*)], 'sint32' ],
    aura_completions_fd => [ [qw(opaque)], 'sint32' ],
    aura_completions_new => [ [qw()], 'opaque' ],
    aura_completions_wait => [ [qw(opaque sint64 opaque size_t)], 'sint32' ],
    aura_completions_wake => [ [qw(opaque)], 'void' ],
    aura_create_user_start => [ [qw(opaque string string string[] size_t opaque opaque* opaque*)], 'sint32' ],
    aura_get_current_user => [ [qw(opaque opaque opaque* opaque*)], 'sint32' ],
    aura_get_current_user_start => [ [qw(opaque opaque opaque* opaque*)], 'sint32' ],
    aura_get_user => [ [qw(opaque string opaque opaque* opaque*)], 'sint32' ],
    aura_get_user_start => [ [qw(opaque string opaque opaque* opaque*)], 'sint32' ],
    aura_reset_user_password_start => [ [qw(opaque string opaque opaque* opaque*)], 'sint32' ],
    aura_stream_audit_logs => [ [qw(opaque opaque opaque* opaque*)], 'sint32' ],
    aura_error_free => [ [qw(opaque)], 'void' ],
    aura_error_json => [ [qw(opaque)], 'string' ],
    aura_log_keep => [ [qw(sint32 size_t)], 'void' ],
    aura_log_take => [ [qw(opaque* opaque*)], 'sint32' ],
    aura_options_new => [ [qw()], 'opaque' ],
    aura_options_set => [ [qw(opaque string string opaque*)], 'sint32' ],
    aura_options_set_interrupt => [ [qw(opaque opaque opaque opaque*)], 'sint32' ],
    aura_string_free => [ [qw(opaque)], 'void' ],
    #>>> end of generated: functions
);

our @EXPORT_OK = (
    keys %FUNCTIONS,
    qw(AURA_OK AURA_END AURA_PENDING AURA_CANCELLED @HANDLES can_block make_interruptible take_text)
);

my $ffi = FFI::Platypus->new( api => 2, lib => Aura::Users::Library::path() );
$ffi->attach( $_ => $FUNCTIONS{$_}->@* ) for sort keys %FUNCTIONS;
$ffi->attach_cast( _text_at => 'opaque', 'string' );

# DESTROY is a function of C: in a DESTROY of Perl, a signal handler could run, and its exception would be lost.
my %FREED_BY = (
    Call    => 'aura_call_free',
    Client  => 'aura_client_free',
    Options => 'aura_options_free',
    Queue   => 'aura_completions_free',
    Stream  => 'aura_audit_logs_free',
);
our @HANDLES = sort keys %FREED_BY;
for my $kind (@HANDLES) {
    my $class = "Aura::Users::Handle::$kind";
    $ffi->attach( [ $FREED_BY{$kind} => "${class}::DESTROY" ] => ["object($class)"] => 'void' );
}

# A blocking call runs this callback twenty times a second. It returns whether the call must end. Signals are held, so
# no handler can die or exit inside C. Only C refers to the closure, so a new thread gets no copy.
my $question = do {
    my $closure = $ffi->closure( sub ($data) { return is_signal_waiting() ? 1 : 0 } );
    $closure->sticky;
    $ffi->cast( '(opaque)->sint32' => 'opaque', $closure );
};

# The callback belongs to the thread that created it. Other threads wait for started calls.
sub CLONE {
    undef $question;
    return;
}

# Whether a signal can end a blocking call.
sub can_block {
    return defined $question && ${^GLOBAL_PHASE} ne 'DESTRUCT';
}

sub make_interruptible ($options) {
    aura_options_set_interrupt( $options, $question, undef, undef );
    return;
}

# Returns the octets of a C string, and frees it.
sub take_text {    ## no critic (RequireArgUnpacking) -- one copy less
    my $octets = _text_at( $_[0] );
    aura_string_free( $_[0] );
    return $octets;
}

1;
