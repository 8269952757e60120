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
    Aura::Users::Error->refuse('the callback of log_to() must be a code reference or undef')
        if defined $callback && ref $callback ne 'CODE';
    Aura::Users::Error->refuse("the lowest level is \"$level\"; allowed: debug, info or warn")
        if defined $level && !Aura::Users::Log::is_level($level);
    Aura::Users::Log::send_to(@to);
    return;
}

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users - the users API of Hex.pm and of every Hex-compatible server

=head1 SYNOPSIS

    use Aura::Users;

    my $client = Aura::Users->new( timeout => 5 );
    my $user   = $client->get_user('ericmj');
    say join ', ', map { $_ // '-' } $user->username, $user->full_name, $user->inserted_at;

    my $logs = $client->stream_audit_logs;
    while ( my $log = $logs->next ) {
        say $log->action;
    }

=head1 DESCRIPTION

This distribution creates accounts, reads user records, requests password resets, and streams the audit log without
losing a row. It needs the C library of L<aura-users|https://github.com/aura-users/aura-users>, and looks for it in this
order:

=over

=item 1.

the file that C<AURA_USERS_LIBRARY> names

=item 2.

the folder C<native/OS-ARCH> beside the modules, such as C<lib/Aura/Users/native/linux-x86_64>

=item 3.

the system's C<libaura_users.so.0.1>

=back

Reading a public record needs no key. The other functions need an L<API key|https://hex.pm/dashboard/keys>. Put it into
C<HEX_API_KEY>, or pass it as the option C<api_key>.

Pass text as characters. Results are characters too. Text with a NUL is an invalid argument.

=head1 METHODS

=over

=item C<< Aura::Users->new(%options) >>

Returns a new L<Aura::Users::Client>. Create one and keep it, because it keeps connections open between calls.

=item C<< Aura::Users->log_to($callback, $lowest) >>

Sends log lines to a callback. Its arguments are the level (C<debug>, C<info> or C<warn>), the text, and a hash of all
fields. C<$lowest> is the lowest level, C<warn> by default. If the callback is C<undef>, the log is off.

Without arguments, lines go to L<Log::Any> in the category C<Aura::Users>. This is the default. If L<Log::Any> is not
installed, warnings go to standard error.

The callback runs at the end of each call, with the lines that are new. They contain no secret, username or address.
Keep the callback short, because signals wait while it runs. It may make calls: their lines follow with the next call's.

=back

=head1 OPTIONS

Pass options as names and values to C<new>, C<with_options> and every call. Precedence: call, client, environment,
default. C<undef> means not set.

=for comment generated: options of the documentation

=over

=item C<repo_url>, default C<https://hex.pm/api>, C<$HEX_API_URL>, C<$HEX_API>

The base URL of the API. Allowed: an http or https URL without a user, a query and a fragment.

=item C<api_key>, C<$HEX_API_KEY>

The API key. It is sent as C<< Authorization: <key> >>. For an OAuth token, write C<< Bearer <token> >>. Allowed: text
without control characters.

=item C<otp>, C<$HEX_OTP>

The one-time password. It is sent as C<< X-Hex-OTP >>. Allowed: text without control characters.

=item C<timeout>, default C<15>, C<$HEX_HTTP_TIMEOUT>

The timeout of one attempt. Allowed: seconds from 0.001 to 31536000.

=item C<total_timeout>, default C<120>

The timeout of the whole call. It includes retries and waits for the rate limit. Allowed: seconds from 0.001 to
31536000.

=item C<connect_timeout>, default C<10>

The timeout of connecting. It includes the TLS handshake. Allowed: seconds from 0.001 to 31536000.

=item C<max_retries>, default C<2>

The maximum number of retries. A GET is retried after a connection failure and after 429, 502, 503 and 504. A POST is
retried only if the server cannot have processed it. Allowed: a whole number from 0 to 100.

=item C<rate_limit>, default C<wait>

What a call does if the server's rate limit is reached: wait until it resets, or fail. Allowed: wait or error.

=item C<prefetch>, default C<4>

The maximum number of audit-log pages to request ahead. The stream starts with few and requests more while it reads.
With a value above the default, it requests all of them from the second page on. Allowed: a whole number from 0 to 100.

=item C<page>, default C<1>

The first page of the audit log to read. Allowed: a whole number, at least 1.

=item C<proxy>

The proxy for all requests. The URL may contain the user and the password of the proxy. If it is not set, the
environment variables C<< http_proxy >>, C<< https_proxy >> and C<< all_proxy >> are used, except for servers on the
loopback. Allowed: an http, https, socks5 or socks5h URL.

=item C<no_proxy>, C<$no_proxy>, C<$NO_PROXY>

The hosts to connect to without a proxy, separated by commas or spaces: domains, which include their subdomains,
addresses and networks, each with an optional port; or C<< * >> for all. Allowed: domains, addresses and networks,
separated by commas, or *.

=item C<ca_file>, C<$HEX_CACERTS_PATH>

A PEM file of root certificates to trust in addition to those of the system. Allowed: the path of a PEM file.

=item C<user_agent>

The name of the program. It precedes the name of the library in C<< User-Agent >>. The server stores the first 255 code
points of C<< User-Agent >> in every audit row. Allowed: text without control characters.

=item C<client_name>

The name and version of a library that uses this one, such as a language binding. It follows the name of this library in
C<< User-Agent >>, in parentheses. Allowed: text without control characters, parentheses and backslashes.

=item C<max_body>, default C<16777216>

The maximum size of a reply in bytes, after decompression. Allowed: a whole number of bytes, at least 1.

=item C<max_connections>, default C<64>, C<$HEX_HTTP_CONCURRENCY>

The maximum number of connections to one server for started calls, streams and asynchronous clients. Further calls wait
for a connection, and their timeouts apply. Allowed: a whole number from 1 to 100000.

=item C<cache>, default C<0>

The maximum number of user records to cache in memory, by ETag. The server answers 304 if a cached record has not
changed. Allowed: a whole number from 0 to 100000.

=item C<allow_insecure_http>, default C<false>

Whether to send a credential over plain http to a server that is not on the loopback. Allowed: true, false, 1, 0, yes,
no, on or off.

=item C<env>, default C<true>

Whether to read options from the environment. It is an option of a client only. Allowed: true, false, 1, 0, yes, no, on
or off.

=back

=for comment
end of generated: options of the documentation

=head1 ERRORS

A call that fails throws an L<Aura::Users::Error>. Its class is the kind of the error.

    use Aura::Users;

    my $client = Aura::Users->new;
    my $user   = eval { $client->create_user( 'newcomer', 'a long password', ['newcomer@example.com'] ) };
    if ( $@ isa Aura::Users::Error::Validation ) {
        say "$_: ", $@->errors->{$_} for sort keys $@->errors->%*;
    }
    elsif ($@) {
        die $@;
    }
    else {
        say 'created ', $user->username;
    }

=head1 SIGNALS

While a call waits, the handler of a signal runs within 0.1 s. If the handler dies, the call ends with its exception.
You can still use the client, and a stream keeps its position. If the handler returns, the call continues. A C<GET> is
then sent a second time. A signal without a handler, such as Ctrl-C, ends the program.

    use Aura::Users;

    my $client = Aura::Users->new;
    my $user   = eval {
        local $SIG{ALRM} = sub { die "timeout\n" };
        alarm 5;
        my $result = $client->get_user('ericmj');
        alarm 0;
        $result;
    };
    say $user ? $user->username : $@;

=head1 FORKS AND THREADS

A forked child may use the same client, streams and queues. In the child, the running calls of the parent end with
C<cancelled>; the parent is not affected. The program can exit while calls run. Threads do not share objects: create a
client in each thread.

=head1 ASYNCHRONOUS CALLS

C<start_get_user> and the other C<start_> methods return an L<Aura::Users::Call> at once. An L<Aura::Users::Queue> waits
for many calls, alone or in an event loop.

=head1 SEE ALSO

L<Aura::Users::Client>, L<Aura::Users::AuditLogs>, L<Aura::Users::AuditLog>, L<Aura::Users::User>,
L<Aura::Users::Error>, L<Aura::Users::Call>, L<Aura::Users::Queue>

=head1 LICENSE

Apache License 2.0.

=cut
