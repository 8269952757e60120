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
            'allowed' => 'an http or https URL without user, query and fragment',
            'doc' => 'Base URL of the API.',
        ],
        'api_key' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => ['HEX_API_KEY'],
            'allowed' => 'text without control characters',
            'doc' => 'API key, sent as `Authorization: <key>`; `Bearer <token>` is sent as it is.',
        ],
        'otp' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => ['HEX_OTP'],
            'allowed' => 'text without control characters',
            'doc' => 'One-time password, sent as `X-Hex-OTP`.',
        ],
        'timeout' => [
            'type' => 'seconds',
            'default' => '15',
            'scope' => 'call',
            'environment' => ['HEX_HTTP_TIMEOUT'],
            'allowed' => 'seconds, from 0.001 to 31536000',
            'doc' => 'Time for one attempt.',
        ],
        'total_timeout' => [
            'type' => 'seconds',
            'default' => '120',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'seconds, from 0.001 to 31536000',
            'doc' => 'Time for the whole call, with its retries and its waits for the rate limit.',
        ],
        'connect_timeout' => [
            'type' => 'seconds',
            'default' => '10',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'seconds, from 0.001 to 31536000',
            'doc' => 'Time to connect, with the TLS handshake.',
        ],
        'max_retries' => [
            'type' => 'whole',
            'default' => '2',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number from 0 to 100',
            'doc' => 'How often a call is retried if that is safe: a GET after a connection failure, 429, 502, 503 or '
                . '504; a POST only if nothing can have reached the server.',
        ],
        'rate_limit' => [
            'type' => 'choice',
            'default' => 'wait',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'wait or error',
            'doc' => 'What a call does when the rate limit is reached.',
        ],
        'prefetch' => [
            'type' => 'whole',
            'default' => '4',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number from 0 to 100',
            'doc' => 'Pages of the audit log requested ahead, 0 for none. The number grows while the log is read; with '
                . 'more than the default, all of them are requested from the second page on.',
        ],
        'page' => [
            'type' => 'whole',
            'default' => '1',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number from 1 on',
            'doc' => 'First page of the audit log to read.',
        ],
        'proxy' => [
            'type' => 'url',
            'default' => null,
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'an http, https, socks5 or socks5h URL',
            'doc' => 'Proxy for every request. Its URL may hold the proxy\'s user and password. If it is not set, the '
                . 'environment\'s `http_proxy`, `https_proxy` and `all_proxy` count, except for the loopback.',
        ],
        'no_proxy' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => ['no_proxy', 'NO_PROXY'],
            'allowed' => 'host names, .domains, addresses and networks, separated by commas',
            'doc' => 'Hosts that are reached without a proxy, separated by commas or blanks: names with all below '
                . 'them, addresses and networks, each with a port or without; or `*`.',
        ],
        'ca_file' => [
            'type' => 'path',
            'default' => null,
            'scope' => 'call',
            'environment' => ['HEX_CACERTS_PATH'],
            'allowed' => 'the path of a PEM file',
            'doc' => 'PEM file of root certificates to trust in addition to the system\'s.',
        ],
        'user_agent' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'text without control characters',
            'doc' => 'Name of the program, which precedes the library\'s in `User-Agent`. The server keeps 255 code '
                . 'points of it in every audit row.',
        ],
        'client_name' => [
            'type' => 'text',
            'default' => null,
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'text without control characters, parentheses and backslashes',
            'doc' => 'Name and version of what is built on this library, such as a binding and its language. It stands '
                . 'in `User-Agent` in parentheses behind the library\'s name.',
        ],
        'max_body' => [
            'type' => 'whole',
            'default' => '16777216',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'bytes, from 1 on',
            'doc' => 'Largest reply accepted, in bytes after decompression.',
        ],
        'max_connections' => [
            'type' => 'whole',
            'default' => '64',
            'scope' => 'call',
            'environment' => ['HEX_HTTP_CONCURRENCY'],
            'allowed' => 'a whole number from 1 to 100000',
            'doc' => 'Connections to one server at once, of started calls, streams and asynchronous clients. More '
                . 'calls wait for their turn, within their time.',
        ],
        'cache' => [
            'type' => 'whole',
            'default' => '0',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'a whole number from 0 to 100000',
            'doc' => 'How many user records are kept in memory with their ETag. The server answers 304 if such a '
                . 'record did not change.',
        ],
        'allow_insecure_http' => [
            'type' => 'boolean',
            'default' => 'false',
            'scope' => 'call',
            'environment' => [],
            'allowed' => 'true or false, also 1 or 0, yes or no, on or off',
            'doc' => 'Whether a credential may be sent over plain http beyond the loopback.',
        ],
        'env' => [
            'type' => 'boolean',
            'default' => 'true',
            'scope' => 'client',
            'environment' => [],
            'allowed' => 'true or false, also 1 or 0, yes or no, on or off',
            'doc' => 'Whether options are read from the environment. An option of a client, not of a call.',
        ],
        // end of generated: options
    ];
}
