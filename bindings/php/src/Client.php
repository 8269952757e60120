<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Call;
use AuraUsers\Internal\Handle;
use AuraUsers\Internal\Native;
use AuraUsers\Internal\Options;
use AuraUsers\Internal\Signals;
use AuraUsers\Internal\Text;
use FFI\CData;

/**
 * A client: options, connections, and what is known of the server's rate limit. Make one and keep it: connections are
 * kept alive between calls. A forked child may go on with it.
 *
 * Each method takes options by name. A call's option wins over the client's, that over the environment, that over the
 * default. null means not set. README.md lists the options.
 *
 * @phpstan-import-type Options from Internal\OptionTable
 */
final class Client
{
    private const NAME = 'aura-users-php/' . Version::NUMBER . ' PHP/' . PHP_VERSION;

    private readonly Handle $client;
    /** @var array<string, mixed> what withOptions() was given */
    private array $options = [];

    /** @param Options $options */
    public function __construct(#[\SensitiveParameter] array $options = [])
    {
        $held = Signals::hold();
        try {
            Log::follow();
            $native = Options::native(Options::given($options) + ['client_name' => self::NAME]);
            $place = Native::handle('aura_client');
            $status = Native::library()->aura_client_new($native->get(), $place, Native::error());
            if ($status !== Native::OK) {
                throw Native::takeError();
            }
            $this->client = new Handle($place[0], 'aura_client_free', 'client');
        } finally {
            Signals::release($held);
        }
    }

    /**
     * A client that shares the connections of this one and has other options.
     *
     * @param Options $options
     */
    public function withOptions(#[\SensitiveParameter] array $options): self
    {
        $options = Options::forCall($options);
        Options::native($options);
        $other = clone $this;
        $other->options = $options + $this->options;
        return $other;
    }

    /**
     * Creates an account; `$emails` is a list of one address. If you create one on hex.pm, you accept its terms of
     * service, https://hex.pm/policies/termsofservice.
     *
     * @param list<string> $emails
     * @param Options $options
     */
    public function createUser(
        string $username,
        #[\SensitiveParameter] string $password,
        array $emails,
        #[\SensitiveParameter] array $options = []
    ): User {
        $username = Text::of('username', $username);
        $password = Text::of('password', $password);
        $emails = Text::all('emails', $emails);
        [$array, $kept] = Native::texts($emails);
        $json = $this->start('aura_create_user_start', $options, $username, $password, $array, count($emails));
        unset($kept);
        return new User($json);
    }

    /**
     * The user that owns the credential.
     *
     * @param Options $options
     */
    public function getCurrentUser(#[\SensitiveParameter] array $options = []): User
    {
        return new User($this->read('aura_get_current_user', $options));
    }

    /**
     * A user's public record.
     *
     * @param Options $options
     */
    public function getUser(string $usernameOrEmail, #[\SensitiveParameter] array $options = []): User
    {
        return new User($this->read('aura_get_user', $options, Text::of('username_or_email', $usernameOrEmail)));
    }

    /**
     * Has the server send an e-mail for a new password, if it offers resets.
     *
     * @param Options $options
     */
    public function resetUserPassword(string $usernameOrEmail, #[\SensitiveParameter] array $options = []): void
    {
        $this->start('aura_reset_user_password_start', $options, Text::of('username_or_email', $usernameOrEmail));
    }

    /**
     * The audit log of the credential's user. Nothing is sent before the first row is asked for.
     *
     * @param Options $options
     */
    public function streamAuditLogs(#[\SensitiveParameter] array $options = []): AuditLogs
    {
        return $this->with($options, static function (CData $client, ?CData $native): AuditLogs {
            $place = Native::handle('aura_audit_logs');
            $status = Native::library()->aura_stream_audit_logs($client, $native, $place, Native::error());
            if ($status !== Native::OK) {
                throw Native::takeError();
            }
            return new AuditLogs(new Handle($place[0], 'aura_audit_logs_free', 'stream'));
        });
    }

    /**
     * What the server last said of its rate limit; null if nothing is known. Sends nothing.
     *
     * @param Options $options
     */
    public function rateLimit(#[\SensitiveParameter] array $options = []): ?RateLimit
    {
        $json = $this->with($options, static function (CData $client, ?CData $native): string {
            $status = Native::library()->aura_client_rate_limit($client, $native, Native::text(), Native::error());
            return $status === Native::OK ? Native::takeText() : throw Native::takeError();
        });
        $fields = json_decode($json, true);
        return $fields ? new RateLimit($fields['limit'], $fields['remaining'], $fields['resets_in_ms'] / 1000) : null;
    }

    /** Closes the connections. Calls and streams that have begun go on. */
    public function close(): void
    {
        $this->client->close();
    }

    public function isClosed(): bool
    {
        return $this->client->isClosed();
    }

    /**
     * Options may be secrets, so it shows none.
     *
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return ['isClosed' => $this->isClosed()];
    }

    /**
     * Runs a call to its end, by the function that blocks if it may, and returns its JSON.
     *
     * @param array<string, mixed> $options
     */
    private function read(string $function, #[\SensitiveParameter] array $options, string ...$arguments): string
    {
        $run = static function (CData $client, ?CData $native, bool $held) use ($function, $arguments): string {
            $all = [$client, ...$arguments, $native];
            if (!Call::mayBlock($held)) {
                return self::started("{$function}_start", $all, $held);
            }
            $status = Native::library()->$function(...[...$all, Native::text(), Native::error()]);
            return $status === Native::OK ? Native::takeText() : throw Native::takeError();
        };
        return $this->with($options, $run);
    }

    /**
     * Runs a call to its end by the function that starts it, and returns its JSON.
     *
     * @param array<string, mixed> $options
     */
    private function start(
        string $function,
        #[\SensitiveParameter] array $options,
        #[\SensitiveParameter] string|int|CData|null ...$arguments
    ): string {
        return $this->with(
            $options,
            static fn (CData $client, ?CData $native, bool $held): string
                => self::started($function, [$client, ...$arguments, $native], $held)
        );
    }

    /** @param list<mixed> $arguments */
    private static function started(string $function, #[\SensitiveParameter] array $arguments, bool $held): string
    {
        $call = Call::begin(
            static fn (CData $place, CData $error): int
                => Native::library()->$function(...[...$arguments, $place, $error])
        );
        return $call->result($held) ?? 'null';
    }

    /**
     * @template T
     * @param array<string, mixed> $options
     * @param callable(CData, CData|null, bool): T $work takes the client, the options and whether signals are held
     * @return T
     */
    private function with(#[\SensitiveParameter] array $options, callable $work): mixed
    {
        $options = $options === [] ? $this->options : Options::forCall($options) + $this->options;
        $client = $this->client->get();
        $held = Signals::hold();
        try {
            Log::follow();
            $native = $options === [] ? null : Options::native($options);
            return $work($client, $native?->get(), $held);
        } finally {
            Log::deliver();
            Signals::release($held);
        }
    }
}
