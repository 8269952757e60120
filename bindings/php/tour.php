<?php

/*
 * A tour of the five functions, in PHP. examples/tour.c is the same in C.
 *
 *     composer require aura-users/aura-users
 *     TOUR_PASSWORD=... php tour.php REPO_URL USERNAME EMAIL
 *
 * It creates an account and does not delete it. Run it on a server of yours, such as aura-sandbox.
 */

declare(strict_types=1);

use AuraUsers\Client;
use AuraUsers\Exception\AuraException;
use AuraUsers\Exception\UnsupportedException;
use AuraUsers\Exception\ValidationException;

require 'vendor/autoload.php';

function createAccount(Client $client, string $username, string $password, string $email): void
{
    $user = $client->createUser($username, $password, [$email]);
    echo "create_user: $user->rawJson\n";

    $user = $client->getUser($username);
    echo "get_user: $user->rawJson\n";

    // The name is taken now, so the server rejects a second account.
    try {
        $client->createUser($username, $password, [$email]);
    } catch (ValidationException $e) {
        echo "create_user again: {$e->getMessage()}\n";
    }
}

/** Asks for an API key, which the user creates on the server's web site. */
function askForKey(string $email): string
{
    echo "Follow the link in the mail to $email, make an API key, and paste it here: ";
    $key = trim((string) fgets(STDIN));
    echo "\n";
    return $key;
}

function resetPassword(Client $client, string $username): void
{
    try {
        $client->resetUserPassword($username);
        echo "reset_user_password: a mail is on its way\n";
    } catch (UnsupportedException $e) {
        echo "reset_user_password: {$e->getMessage()}\n";
    }
}

function readAuditLog(Client $client): void
{
    $actions = [];
    foreach ($client->streamAuditLogs() as $log) {
        $actions[$log->action] = ($actions[$log->action] ?? 0) + 1;
    }
    echo 'stream_audit_logs: ', array_sum($actions), " rows\n";
    arsort($actions);
    foreach ($actions as $action => $rows) {
        printf("%6d %s\n", $rows, $action);
    }
}

$password = getenv('TOUR_PASSWORD');
if ($argc !== 4 || $password === false) {
    fwrite(STDERR, "usage: TOUR_PASSWORD=... php tour.php REPO_URL USERNAME EMAIL\n");
    exit(2);
}
[, $repoUrl, $username, $email] = $argv;
try {
    createAccount(new Client(['repo_url' => $repoUrl]), $username, $password, $email);

    // The following calls use a key of the new account.
    $client = new Client(['repo_url' => $repoUrl, 'api_key' => askForKey($email)]);
    echo "get_current_user: {$client->getCurrentUser()->rawJson}\n";
    resetPassword($client, $username);
    readAuditLog($client);
} catch (AuraException $e) {
    fwrite(STDERR, "tour: {$e->getMessage()}\n");
    exit(1);
}
