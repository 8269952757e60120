package Aura::Users;

use v5.36;

use Aura::Users::Client ();
use Aura::Users::Error  ();
use Aura::Users::Log    ();
use Aura::Users::Queue  ();

our $VERSION = 'v0.1.0';

sub new ( $class, @options ) {
    return Aura::Users::Client->new(@options);
}

sub log_to ( $class, @to ) {
    my ( $callback, $level ) = @to;
    Aura::Users::Error->refuse('the log goes to a reference to code, or to undef') if $callback && ref $callback ne 'CODE';
    Aura::Users::Error->refuse('the lowest level is debug, info or warn')
        if defined $level && !Aura::Users::Log::is_level($level);
    Aura::Users::Log::send_to(@to);
    return;
}

1;

__END__

=for comment generated: options of the documentation

=over

=item C<repo_url>, default C<https://hex.pm/api>, C<$HEX_API_URL>, C<$HEX_API>

Base URL of the API. Allowed: an http or https URL without user, query and fragment.

=item C<api_key>, C<$HEX_API_KEY>

API key, sent as C<< Authorization: <key> >>; C<< Bearer <token> >> is sent as it is. Allowed: text without control
characters.

=item C<otp>, C<$HEX_OTP>

One-time password, sent as C<< X-Hex-OTP >>. Allowed: text without control characters.

=item C<timeout>, default C<15>, C<$HEX_HTTP_TIMEOUT>

Time for one attempt. Allowed: seconds, from 0.001 to 31536000.

=item C<total_timeout>, default C<120>

Time for the whole call, with its retries and its waits for the rate limit. Allowed: seconds, from 0.001 to 31536000.

=item C<connect_timeout>, default C<10>

Time to connect, with the TLS handshake. Allowed: seconds, from 0.001 to 31536000.

=item C<max_retries>, default C<2>

How often a call is retried if that is safe: a GET after a connection failure, 429, 502, 503 or 504; a POST only if
nothing can have reached the server. Allowed: a whole number from 0 to 100.

=item C<rate_limit>, default C<wait>

What a call does when the rate limit is reached. Allowed: wait or error.

=item C<prefetch>, default C<4>

Pages of the audit log requested ahead, 0 for none. The number grows while the log is read; with more than the default,
all of them are requested from the second page on. Allowed: a whole number from 0 to 100.

=item C<page>, default C<1>

First page of the audit log to read. Allowed: a whole number from 1 on.

=item C<proxy>

Proxy for every request. Its URL may hold the proxy's user and password. If it is not set, the environment's C<<
http_proxy >>, C<< https_proxy >> and C<< all_proxy >> count, except for the loopback. Allowed: an http, https, socks5
or socks5h URL.

=item C<no_proxy>, C<$no_proxy>, C<$NO_PROXY>

Hosts that are reached without a proxy, separated by commas or blanks: names with all below them, addresses and
networks, each with a port or without; or C<< * >>. Allowed: host names, .domains, addresses and networks, separated by
commas.

=item C<ca_file>, C<$HEX_CACERTS_PATH>

PEM file of root certificates to trust in addition to the system's. Allowed: the path of a PEM file.

=item C<user_agent>

Name of the program, which precedes the library's in C<< User-Agent >>. The server keeps 255 code points of it in every
audit row. Allowed: text without control characters.

=item C<client_name>

Name and version of what is built on this library, such as a binding and its language. It stands in C<< User-Agent >> in
parentheses behind the library's name. Allowed: text without control characters, parentheses and backslashes.

=item C<max_body>, default C<16777216>

Largest reply accepted, in bytes after decompression. Allowed: bytes, from 1 on.

=item C<max_connections>, default C<64>, C<$HEX_HTTP_CONCURRENCY>

Connections to one server at once, of started calls, streams and asynchronous clients. More calls wait for their turn,
within their time. Allowed: a whole number from 1 to 100000.

=item C<cache>, default C<0>

How many user records are kept in memory with their ETag. The server answers 304 if such a record did not change.
Allowed: a whole number from 0 to 100000.

=item C<allow_insecure_http>, default C<false>

Whether a credential may be sent over plain http beyond the loopback. Allowed: true or false, also 1 or 0, yes or no, on
or off.

=item C<env>, default C<true>

Whether options are read from the environment. Allowed: true or false, also 1 or 0, yes or no, on or off. Of a client
alone.

=back

=cut
=for comment end of generated: options of the documentation

=cut
