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
 * A client: options, connections, and the state of the server's rate limit. Create one and keep it, because it keeps
 * connections open between calls. A forked child may use it too.
 *
 * Each method takes options by name. The precedence is: the call, the client, the environment, the default. null means
 * not set. README.md lists the options.
 *
 * @phpstan-import-type Options from Internal\OptionTable
 */
final class Client
{
    private const NAME = 'aura-users-php/' . Version::NUMBER . ' PHP/' . PHP_VERSION;

    private readonly Handle $client;
    /** @var array<string, mixed> the options of withOptions() */
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
     * Returns a client with other options that shares the connections of this one.
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
     * Creates an account. `$emails` must contain one address. If you create an account on hex.pm, you accept its terms
     * of service, https://hex.pm/policies/termsofservice.
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
        $username = Text::check('username', $username);
        $password = Text::check('password', $password);
        $emails = Text::checkAll('emails', $emails);
        [$array, $kept] = Native::texts($emails);
        $json = $this->start('aura_create_user_start', $options, $username, $password, $array, count($emails));
        unset($kept);
        return new User($json);
    }

    /**
     * Returns the user that owns the credential.
     *
     * @param Options $options
     */
    public function getCurrentUser(#[\SensitiveParameter] array $options = []): User
    {
        return new User($this->read('aura_get_current_user', $options));
    }

    /**
     * Returns the public record of a user.
     *
     * @param Options $options
     */
    public function getUser(string $usernameOrEmail, #[\SensitiveParameter] array $options = []): User
    {
        return new User($this->read('aura_get_user', $options, Text::check('username_or_email', $usernameOrEmail)));
    }

    /**
     * Requests an e-mail with a link for a new password. Not every server has this endpoint.
     *
     * @param Options $options
     */
    public function resetUserPassword(string $usernameOrEmail, #[\SensitiveParameter] array $options = []): void
    {
        $this->start('aura_reset_user_password_start', $options, Text::check('username_or_email', $usernameOrEmail));
    }

    /**
     * Returns the audit log of the user that owns the credential. The first read sends the first request.
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
     * Returns the last rate limit that the server sent; null if it has sent none. It sends no request.
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

    /** Closes the client and every client that shares its connections. Running calls and streams continue. */
    public function close(): void
    {
        $this->client->close();
    }

    public function isClosed(): bool
    {
        return $this->client->isClosed();
    }

    /**
     * Hides the options, because they may contain secrets.
     *
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return ['isClosed' => $this->isClosed()];
    }

    /**
     * Runs a call with the blocking function if that may block, and returns its JSON.
     *
     * @param array<string, mixed> $options
     */
    private function read(string $function, #[\SensitiveParameter] array $options, string ...$arguments): string
    {
        $run = static function (CData $client, ?CData $native, bool $held) use ($function, $arguments): string {
            $all = [$client, ...$arguments, $native];
            if (!Call::mayBlock($held)) {
                return self::runStarted("{$function}_start", $all, $held);
            }
            $status = Native::library()->$function(...[...$all, Native::text(), Native::error()]);
            return $status === Native::OK ? Native::takeText() : throw Native::takeError();
        };
        return $this->with($options, $run);
    }

    /**
     * Starts a call, waits for it, and returns its JSON.
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
                => self::runStarted($function, [$client, ...$arguments, $native], $held)
        );
    }

    /** @param list<mixed> $arguments */
    private static function runStarted(string $function, #[\SensitiveParameter] array $arguments, bool $held): string
    {
        $call = Call::start(
            static fn (CData $place, CData $error): int
                => Native::library()->$function(...[...$arguments, $place, $error])
        );
        return $call->result($held) ?? 'null';
    }

    /**
     * @template T
     * @param array<string, mixed> $options
     * @param callable(CData, CData|null, bool): T $work its arguments: client, options, whether signals are held
     * @return T
     */
    private function with(#[\SensitiveParameter] array $options, #[\SensitiveParameter] callable $work): mixed
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
