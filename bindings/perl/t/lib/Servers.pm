package Servers;

# The sandbox of a test, and a server that never answers.

use v5.36;

use Aura::Users      ();
use Exporter         qw(import);
use HTTP::Tiny       ();
use IO::Socket::INET ();
use JSON::PP         ();
use Test::More;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

our @EXPORT_OK =
    qw(admin anonymous client exception_of run_program sandbox_url silent_client silent_url seconds_of start_sandbox
    stop_sandbox KEY ROWS PATIENCE SOON);

use constant {
    KEY      => 'key-of-eric',
    ROWS     => 250,
    PATIENCE => 300,             # How long a test may hang, in seconds.
    SOON     => 20,              # A call that nothing interrupts takes longer, in seconds.
};

my ( $sandbox, $silent );

# Starts a sandbox. It ends when its standard input closes.
sub start_sandbox {
    my $program = $ENV{AURA_SANDBOX_BIN} // plan skip_all => 'AURA_SANDBOX_BIN does not name aura-sandbox';
    pipe my $input,  my $hold or die "pipe: $!\n";
    pipe my $output, my $out  or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ( !$pid ) {
        close $hold;
        open STDIN,  '<&', $input or die "stdin: $!\n";
        open STDOUT, '>&', $out   or die "stdout: $!\n";
        exec $program, '--profile', 'legacy' or die "$program: $!\n";
    }
    close $out;
    my $ready = JSON::PP::decode_json( scalar <$output> );
    my %new   = ( %{$ready}, pid => $pid, hold => $hold, owner => $$ );
    admin(
        '/users',
        {
            username  => 'eric',
            full_name => "\x{c9}ric",
            emails    => [ [ 'eric@example.com', ( JSON::PP::true() ) x 3 ] ],
            handles   => { github => 'ericmj' },
            packages  => [qw(ecto decimal)],
        },
        \%new
    );
    admin( '/keys',       { username => 'eric', secret => KEY },  \%new );
    admin( '/audit-logs', { username => 'eric', count  => ROWS }, \%new );
    return \%new;
}

sub stop_sandbox ($one) {
    return if $one->{owner} != $$ || !$one->{hold};
    close delete $one->{hold};
    local $?;
    waitpid $one->{pid}, 0;
    return;
}

sub sandbox {
    return $sandbox //= start_sandbox();
}

END { stop_sandbox($sandbox) if $sandbox }

sub sandbox_url { return sandbox()->{api_url} }

sub admin ( $path, $body = undef, $to = sandbox() ) {
    my %headers = ( Authorization => "Bearer $to->{admin_token}", 'Content-Type' => 'application/json' );
    my $http    = HTTP::Tiny->new( timeout => PATIENCE );
    my $url     = $to->{admin_url} . $path;
    my $reply =
          $body
        ? $http->post( $url, { headers => \%headers, content => JSON::PP::encode_json($body) } )
        : $http->get( $url, { headers => \%headers } );
    die $reply->{content} if !$reply->{success};
    return JSON::PP::decode_json( $reply->{content} );
}

sub client (@options) {
    return Aura::Users->new( repo_url => sandbox_url(), api_key => KEY, @options );
}

# Returns a client without a key. Its calls write no audit log.
sub anonymous {
    return Aura::Users->new( repo_url => sandbox_url() );
}

# Returns the URL of a server that accepts connections and never answers.
sub silent_url {
    $silent //= IO::Socket::INET->new( LocalAddr => '127.0.0.1', Listen => 100 ) // die "listen: $@\n";
    return 'http://127.0.0.1:' . $silent->sockport . '/api';
}

sub silent_client {
    return Aura::Users->new( repo_url => silent_url(), api_key => 'k', max_retries => 0 );
}

# Returns the exception of the code, or undef.
sub exception_of ($code) {
    return eval { $code->(); 1 } ? undef : $@;
}

sub seconds_of ($code) {
    my $start = clock_gettime(CLOCK_MONOTONIC);
    $code->();
    return clock_gettime(CLOCK_MONOTONIC) - $start;
}

# Runs a program with this package. Returns its output and its exit status.
sub run_program ( $program, @arguments ) {
    my @command = ( $^X, ( map { ( '-I', $_ ) } @INC ), '-MAura::Users', '-Mv5.36', '-e', $program, @arguments );
    my $pid     = open my $output, '-|' // die "fork: $!\n";
    if ( !$pid ) {
        open STDERR, '>&', \*STDOUT or die "stderr: $!\n";
        exec @command or die "$^X: $!\n";
    }
    local $SIG{ALRM} = sub { kill KILL => $pid; die "the program hangs\n" };
    alarm 10 * PATIENCE;
    my $text = do { local $/ = undef; <$output> };
    alarm 0;
    close $output;
    return ( $text, $? );
}

1;
