<?php

declare(strict_types=1);

namespace AuraUsers;

/*
 * The five functions with a shared client. If a variable of the environment changes, they create a new client.
 */

/**
 * See Client::createUser().
 *
 * @param list<string> $emails
 * @param array<string, mixed> $options
 */
function createUser(
    string $username,
    #[\SensitiveParameter] string $password,
    array $emails,
    #[\SensitiveParameter] array $options = []
): User {
    return Internal\Shared::client($options)->createUser($username, $password, $emails, $options);
}

/**
 * See Client::getCurrentUser().
 *
 * @param array<string, mixed> $options
 */
function getCurrentUser(#[\SensitiveParameter] array $options = []): User
{
    return Internal\Shared::client($options)->getCurrentUser($options);
}

/**
 * See Client::getUser().
 *
 * @param array<string, mixed> $options
 */
function getUser(string $usernameOrEmail, #[\SensitiveParameter] array $options = []): User
{
    return Internal\Shared::client($options)->getUser($usernameOrEmail, $options);
}

/**
 * See Client::resetUserPassword().
 *
 * @param array<string, mixed> $options
 */
function resetUserPassword(string $usernameOrEmail, #[\SensitiveParameter] array $options = []): void
{
    Internal\Shared::client($options)->resetUserPassword($usernameOrEmail, $options);
}

/**
 * See Client::streamAuditLogs().
 *
 * @param array<string, mixed> $options
 */
function streamAuditLogs(#[\SensitiveParameter] array $options = []): AuditLogs
{
    return Internal\Shared::client($options)->streamAuditLogs($options);
}
