<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Client;

/**
 * The shared client of the functions.
 *
 * @internal
 */
final class Shared
{
    private const VARIABLES = [
        // generated: variables
        'HEX_API_URL', 'HEX_API', 'HEX_API_KEY', 'HEX_OTP', 'HEX_HTTP_TIMEOUT', 'no_proxy', 'NO_PROXY',
        'HEX_CACERTS_PATH', 'HEX_HTTP_CONCURRENCY', 'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY',
        'all_proxy', 'ALL_PROXY', 'CI', 'HEX_UNSAFE_HTTPS', 'REQUEST_METHOD',
        // end of generated: variables
    ];

    private static ?Client $client = null;
    /** @var list<string|false> */
    private static array $environment = [];

    /**
     * Returns a client for these options. It removes `env`, which is not an option of a call.
     *
     * @param array<string, mixed> $options
     */
    public static function client(#[\SensitiveParameter] array &$options): Client
    {
        if (isset($options['env'])) {
            $client = new Client(['env' => $options['env']]);
            unset($options['env']);
            return $client;
        }
        $environment = [];
        foreach (self::VARIABLES as $name) {
            $environment[] = getenv($name, true);
        }
        if (self::$client === null || $environment !== self::$environment) {
            self::$client = new Client();
            self::$environment = $environment;
        }
        return self::$client;
    }
}
