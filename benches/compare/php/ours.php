<?php

/*
 * aura-users. The job "params" also reads `params` of each row.
 */

declare(strict_types=1);

namespace AuraUsers\Bench;

use AuraUsers\Client;

require __DIR__ . '/bench.php';
spl_autoload_register(static function (string $class): void {
    $file = str_replace('\\', '/', substr($class, strlen('AuraUsers\\'))) . '.php';
    require __DIR__ . "/../../../bindings/php/src/$file";
});

measure(static function (string $url): array {
    $client = new Client(['repo_url' => $url, 'api_key' => 'key', 'env' => false]);
    return [
        'user' => static function (Seen $seen) use ($client): void {
            $seen->checksum += strlen($client->getUser('orguser')->username);
        },
        'stream' => static function (Seen $seen) use ($client): void {
            foreach ($client->streamAuditLogs() as $log) {
                $seen->checksum += strlen($log->action);
                $seen->rows++;
            }
        },
        'params' => static function (Seen $seen) use ($client): void {
            foreach ($client->streamAuditLogs() as $log) {
                $seen->checksum += strlen($log->action) + count($log->params);
                $seen->rows++;
            }
        },
        // A program that handles signals waits in slices.
        'sliced_user' => static function (Seen $seen) use ($client): void {
            pcntl_async_signals(true);
            $seen->checksum += strlen($client->getUser('orguser')->username);
        },
        'sliced_stream' => static function (Seen $seen) use ($client): void {
            pcntl_async_signals(true);
            foreach ($client->streamAuditLogs() as $log) {
                $seen->checksum += strlen($log->action);
                $seen->rows++;
            }
        },
    ];
});
