<?php

/*
 * PHP's curl with one persistent connection, and json_decode().
 */

declare(strict_types=1);

namespace AuraUsers\Bench;

require __DIR__ . '/bench.php';

measure(static function (string $url): array {
    $curl = curl_init();
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => ['Accept: application/json', 'Authorization: key'],
        CURLOPT_USERAGENT => 'php-curl',
        CURLOPT_TIMEOUT => 15,
        CURLOPT_PROXY => '',
    ]);
    $get = static function (string $path) use ($curl, $url): mixed {
        curl_setopt($curl, CURLOPT_URL, $url . $path);
        $body = curl_exec($curl);
        if ($body === false || curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) {
            throw new \RuntimeException(curl_error($curl) ?: 'not 200');
        }
        return json_decode($body, true, flags: JSON_THROW_ON_ERROR);
    };
    return [
        'user' => static function (Seen $seen) use ($get): void {
            $seen->checksum += strlen($get('/users/orguser')['username']);
        },
        'stream' => static function (Seen $seen) use ($get): void {
            for ($page = 1; ($rows = $get("/users/me/audit-logs?page=$page")) !== []; $page++) {
                foreach ($rows as $row) {
                    $seen->checksum += strlen($row['action']);
                    $seen->rows++;
                }
            }
        },
    ];
});
