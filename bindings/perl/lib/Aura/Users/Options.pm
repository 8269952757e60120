package Aura::Users::Options;

# Converts values of Perl to text for C.

use v5.36;

use Aura::Users::Error  ();
use Aura::Users::Handle ();
use Aura::Users::Native qw(aura_error_free aura_error_json aura_options_new aura_options_set AURA_OK);
use Exporter            qw(import);
use List::Util          qw(pairs);
use overload            ();
use Scalar::Util        qw(blessed);

our $VERSION   = 'v0.1.0';
our @EXPORT_OK = qw(checked_options native_options octets_of take_error);

our %OPTIONS = (
    #<<< generated: options
    repo_url => {
        type => 'url', scope => 'call', default => 'https://hex.pm/api', environment => [qw(HEX_API_URL HEX_API)],
        allowed => 'an http or https URL without a user, a query and a fragment',
        doc => 'The base URL of the API.',
    },
    api_key => {
        type => 'text', scope => 'call', default => undef, environment => [qw(HEX_API_KEY)],
        allowed => 'text without control characters',
        doc => 'The API key. It is sent as `Authorization: <key>`. For an OAuth token, write `Bearer <token>`.',
    },
    otp => {
        type => 'text', scope => 'call', default => undef, environment => [qw(HEX_OTP)],
        allowed => 'text without control characters',
        doc => 'The one-time password. It is sent as `X-Hex-OTP`.',
    },
    timeout => {
        type => 'seconds', scope => 'call', default => '15', environment => [qw(HEX_HTTP_TIMEOUT)],
        allowed => 'seconds from 0.001 to 31536000',
        doc => 'The timeout of one attempt.',
    },
    total_timeout => {
        type => 'seconds', scope => 'call', default => '120', environment => [qw()],
        allowed => 'seconds from 0.001 to 31536000',
        doc => 'The timeout of the whole call. It includes retries and waits for the rate limit.',
    },
    connect_timeout => {
        type => 'seconds', scope => 'call', default => '10', environment => [qw()],
        allowed => 'seconds from 0.001 to 31536000',
        doc => 'The timeout of connecting. It includes the TLS handshake.',
    },
    max_retries => {
        type => 'whole', scope => 'call', default => '2', environment => [qw()],
        allowed => 'a whole number from 0 to 100',
        doc => 'The maximum number of retries. A GET is retried after a connection failure and after 429, 502, 503 '
            . 'and 504. A POST is retried only if the server cannot have processed it.',
    },
    rate_limit => {
        type => 'choice', scope => 'call', default => 'wait', environment => [qw()],
        allowed => 'wait or error',
        doc => 'What a call does if the server\'s rate limit is reached: wait until it resets, or fail.',
    },
    prefetch => {
        type => 'whole', scope => 'call', default => '4', environment => [qw()],
        allowed => 'a whole number from 0 to 100',
        doc => 'The maximum number of audit-log pages to request ahead. The stream starts with few and requests more'
            . ' while it reads. With a value above the default, it requests all of them from the second page on.',
    },
    page => {
        type => 'whole', scope => 'call', default => '1', environment => [qw()],
        allowed => 'a whole number, at least 1',
        doc => 'The first page of the audit log to read.',
    },
    proxy => {
        type => 'url', scope => 'call', default => undef, environment => [qw()],
        allowed => 'an http, https, socks5 or socks5h URL',
        doc => 'The proxy for all requests. The URL may contain the user and the password of the proxy. If it is not'
            . ' set, the environment variables `http_proxy`, `https_proxy` and `all_proxy` are used, except for '
            . 'servers on the loopback.',
    },
    no_proxy => {
        type => 'text', scope => 'call', default => undef, environment => [qw(no_proxy NO_PROXY)],
        allowed => 'domains, addresses and networks, separated by commas, or *',
        doc => 'The hosts to connect to without a proxy, separated by commas or spaces: domains, which include their'
            . ' subdomains, addresses and networks, each with an optional port; or `*` for all.',
    },
    ca_file => {
        type => 'path', scope => 'call', default => undef, environment => [qw(HEX_CACERTS_PATH)],
        allowed => 'the path of a PEM file',
        doc => 'A PEM file of root certificates to trust in addition to those of the system.',
    },
    user_agent => {
        type => 'text', scope => 'call', default => undef, environment => [qw()],
        allowed => 'text without control characters',
        doc => 'The name of the program. It precedes the name of the library in `User-Agent`. The server stores the '
            . 'first 255 code points of `User-Agent` in every audit row.',
    },
    client_name => {
        type => 'text', scope => 'call', default => undef, environment => [qw()],
        allowed => 'text without control characters, parentheses and backslashes',
        doc => 'The name and version of a library that uses this one, such as a language binding. It follows the '
            . 'name of this library in `User-Agent`, in parentheses.',
    },
    max_body => {
        type => 'whole', scope => 'call', default => '16777216', environment => [qw()],
        allowed => 'a whole number of bytes, at least 1',
        doc => 'The maximum size of a reply in bytes, after decompression.',
    },
    max_connections => {
        type => 'whole', scope => 'call', default => '64', environment => [qw(HEX_HTTP_CONCURRENCY)],
        allowed => 'a whole number from 1 to 100000',
        doc => 'The maximum number of connections to one server for started calls, streams and asynchronous clients.'
            . ' Further calls wait for a connection, and their timeouts apply.',
    },
    cache => {
        type => 'whole', scope => 'call', default => '0', environment => [qw()],
        allowed => 'a whole number from 0 to 100000',
        doc => 'The maximum number of user records to cache in memory, by ETag. The server answers 304 if a cached '
            . 'record has not changed.',
    },
    allow_insecure_http => {
        type => 'boolean', scope => 'call', default => 'false', environment => [qw()],
        allowed => 'true, false, 1, 0, yes, no, on or off',
        doc => 'Whether to send a credential over plain http to a server that is not on the loopback.',
    },
    env => {
        type => 'boolean', scope => 'client', default => 'true', environment => [qw()],
        allowed => 'true, false, 1, 0, yes, no, on or off',
        doc => 'Whether to read options from the environment. It is an option of a client only.',
    },
    #>>> end of generated: options
);

# Converts an error of C to an exception, and frees it.
sub take_error ($pointer) {
    my $error = Aura::Users::Error->from_json( aura_error_json($pointer) );
    aura_error_free($pointer);
    return $error;
}

# Converts text to UTF-8 for C, which would cut it at a NUL.
sub octets_of ( $name, $value ) {
    _refuse("$name must be text, not undef") if !defined $value;
    _refuse( "$name must be text, not " . _describe($value) ) if ref $value && !overload::Method( $value, q{""} );
    my $octets = "$value";
    utf8::encode($octets);
    _refuse("$name contains a NUL") if index( $octets, "\0" ) >= 0;
    return $octets;
}

# Converts a list of names and values to a hash without undefined values. It refuses what is no option of a call, or of
# a client if $is_client is true.
sub checked_options ( $list, $is_client = 0 ) {
    _refuse('options must be pairs of a name and a value; the last one has no value') if @{$list} % 2;
    my %set;
    for my $pair ( pairs @{$list} ) {
        my ( $name, $value ) = ( $pair->[0] // q{}, $pair->[1] );
        my $option = $OPTIONS{$name};

        # C refuses the name and suggests another. Its message repeats neither name nor value if they may be secret.
        native_options( { $name => ref $value ? q{} : $value // q{} } ) if !$option;
        _refuse("$name is an option of a client, not of a call")
            if $option && $option->{scope} eq 'client' && !$is_client;
        $set{$name} = $value if defined $value;
    }
    return \%set;
}

# Returns a handle of C with these options.
sub native_options ($options) {
    my $native = Aura::Users::Handle->new( Options => \&aura_options_new );
    for my $name ( sort keys %{$options} ) {
        my $text   = octets_of( $name, _text_of( $name, $options->{$name} ) );
        my $status = aura_options_set( $native->pointer, octets_of( option => $name ), $text, \my $error );
        take_error($error)->throw if $status != AURA_OK;
    }
    return $native;
}

# C does not accept all of Perl's booleans: false is an empty string, and JSON modules use \1, \0 and objects.
sub _text_of ( $name, $value ) {
    my $option = $OPTIONS{$name};
    return $value if !$option || $option->{type} ne 'boolean';
    $value = ${$value} // 0 if ref $value eq 'SCALAR';
    return $value ? 1 : 0 if overload::Overloaded($value);
    _refuse( "$name must be true or false, not " . _describe($value) ) if ref $value;
    return $value eq q{} ? 0 : $value;
}

sub _refuse ($message) {
    return Aura::Users::Error->refuse($message);
}

sub _describe ($value) {
    my $type = ref $value;
    my $kind = blessed $value ? "object of $type" : "$type reference";
    return ( $kind =~ / \A [AEIOU] /xi ? 'an ' : 'a ' ) . $kind;
}

1;
