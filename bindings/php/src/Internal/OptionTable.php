<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

/**
 * All options by name, and their types for phpstan and psalm.
 *
 * generated: shape of the options
 * @phpstan-type Options array{
 *     repo_url?: string|\Stringable|null,
 *     api_key?: string|null,
 *     otp?: string|null,
 *     timeout?: int|float|null,
 *     total_timeout?: int|float|null,
 *     connect_timeout?: int|float|null,
 *     max_retries?: int|null,
 *     rate_limit?: 'wait'|'error'|null,
 *     prefetch?: int|null,
 *     page?: int|null,
 *     proxy?: string|\Stringable|null,
 *     no_proxy?: string|null,
 *     ca_file?: string|\Stringable|null,
 *     user_agent?: string|null,
 *     client_name?: string|null,
 *     max_body?: int|null,
 *     max_connections?: int|null,
 *     cache?: int|null,
 *     allow_insecure_http?: bool|null,
 *     env?: bool|null,
 * }
 * end of generated: shape of the options
 *
 * @internal
 */
final class OptionTable
{
    public const OPTIONS = [
        // generated: options
        'repo_url' => [
            'type' => 'url',
            'default' => 'https://hex.pm/api',
            'scope' => 'call',
            'environment' => ['HEX_API_URL', 'HEX_API'],
            'allowed' => 'an http or https URL without a user, a query and a fragment',
            'doc' => 'The base URL of the API.',
        ],
        'api_key' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => ['HEX_API_KEY'],
            'allowed' => 'text without control characters',
            'doc' => 'The API key. It is sent as `Authorization: <key>`. For an OAuth token, write `Bearer <token>`.',
        ],
        'otp' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => ['HEX_OTP'],
            'allowed' => 'text without control characters',
            'doc' => 'The one-time password. It is sent as `X-Hex-OTP`.',
        ],
        'timeout' => [
            'type' => 'seconds',
            'default' => '15',
            'scope' => 'call',
            'environment' => ['HEX_HTTP_TIMEOUT'],
            'allowed' => 'seconds from 0.001 to 31536000',
            'doc' => 'The timeout of one attempt.',
        ],
        'total_timeout' => [
            'type' => 'seconds',
            'default' => '120',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'seconds from 0.001 to 31536000',
            'doc' => 'The timeout of the whole call. It includes retries and waits for the rate limit.',
        ],
        'connect_timeout' => [
            'type' => 'seconds',
            'default' => '10',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'seconds from 0.001 to 31536000',
            'doc' => 'The timeout of connecting. It includes the TLS handshake.',
        ],
        'max_retries' => [
            'type' => 'whole',
            'default' => '2',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number from 0 to 100',
            'doc' => 'The maximum number of retries. A GET is retried after a connection failure and after 429, 502, '
                . '503 and 504. A POST is retried only if the server cannot have processed it.',
        ],
        'rate_limit' => [
            'type' => 'choice',
            'default' => 'wait',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'wait or error',
            'doc' => 'What a call does if the server\'s rate limit is reached: wait until it resets, or fail.',
        ],
        'prefetch' => [
            'type' => 'whole',
            'default' => '4',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number from 0 to 100',
            'doc' => 'The maximum number of audit-log pages to request ahead. The stream starts with few and requests '
                . 'more while it reads. With a value above the default, it requests all of them from the second '
                . 'page on.',
        ],
        'page' => [
            'type' => 'whole',
            'default' => '1',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number, at least 1',
            'doc' => 'The first page of the audit log to read.',
        ],
        'proxy' => [
            'type' => 'url',
            'default' => null,
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'an http, https, socks5 or socks5h URL',
            'doc' => 'The proxy for all requests. The URL may contain the user and the password of the proxy. If it is '
                . 'not set, the environment variables `http_proxy`, `https_proxy` and `all_proxy` are used, except '
                . 'for servers on the loopback.',
        ],
        'no_proxy' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => ['no_proxy', 'NO_PROXY'],
            'allowed' => 'domains, addresses and networks, separated by commas, or *',
            'doc' => 'The hosts to connect to without a proxy, separated by commas or spaces: domains, which include '
                . 'their subdomains, addresses and networks, each with an optional port; or `*` for all.',
        ],
        'ca_file' => [
            'type' => 'path',
            'default' => null,
            'scope' => 'call',
            'environment' => ['HEX_CACERTS_PATH'],
            'allowed' => 'the path of a PEM file',
            'doc' => 'A PEM file of root certificates to trust in addition to those of the system.',
        ],
        'user_agent' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'text without control characters',
            'doc' => 'The name of the program. It precedes the name of the library in `User-Agent`. The server stores '
                . 'the first 255 code points of `User-Agent` in every audit row.',
        ],
        'client_name' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'text without control characters, parentheses and backslashes',
            'doc' => 'The name and version of a library that uses this one, such as a language binding. It follows the '
                . 'name of this library in `User-Agent`, in parentheses.',
        ],
        'max_body' => [
            'type' => 'whole',
            'default' => '16777216',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number of bytes, at least 1',
            'doc' => 'The maximum size of a reply in bytes, after decompression.',
        ],
        'max_connections' => [
            'type' => 'whole',
            'default' => '64',
            'scope' => 'call',
            'environment' => ['HEX_HTTP_CONCURRENCY'],
            'allowed' => 'a whole number from 1 to 100000',
            'doc' => 'The maximum number of connections to one server for started calls, streams and asynchronous '
                . 'clients. Further calls wait for a connection, and their timeouts apply.',
        ],
        'cache' => [
            'type' => 'whole',
            'default' => '0',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number from 0 to 100000',
            'doc' => 'The maximum number of user records to cache in memory, by ETag. The server answers 304 if a '
                . 'cached record has not changed.',
        ],
        'allow_insecure_http' => [
            'type' => 'boolean',
            'default' => 'false',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'true, false, 1, 0, yes, no, on or off',
            'doc' => 'Whether to send a credential over plain http to a server that is not on the loopback.',
        ],
        'env' => [
            'type' => 'boolean',
            'default' => 'true',
            'scope' => 'client',
            'environment' => [],
            'allowed' => 'true, false, 1, 0, yes, no, on or off',
            'doc' => 'Whether to read options from the environment. It is an option of a client only.',
        ],
        // end of generated: options
    ];
}
