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
    private const PROXIES = [
        'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'REQUEST_METHOD',
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
        $names = array_merge(self::PROXIES, ...array_values(array_column(OptionTable::OPTIONS, 'environment')));
        $environment = [];
        foreach ($names as $name) {
            $environment[] = getenv($name, true);
        }
        if (self::$client === null || $environment !== self::$environment) {
            self::$client = new Client();
            self::$environment = $environment;
        }
        return self::$client;
    }
}
