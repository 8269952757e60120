<?php

declare(strict_types=1);

namespace AuraUsers\Test;

/** An aura-sandbox, which ends when its standard input closes. */
final class Sandbox
{
    public const KEY = 'key-of-eric';
    public const ROWS = 250;

    private static ?self $shared = null;

    public readonly string $apiUrl;
    public readonly int $pid;
    private readonly string $adminUrl;
    private readonly string $adminToken;
    /** @var resource */
    private $process;
    /** @var array<int, resource> */
    private array $pipes = [];

    public function __construct(string ...$options)
    {
        $command = [(string) getenv('AURA_SANDBOX_BIN'), '--profile', 'legacy', ...$options];
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], STDERR], $this->pipes);
        if ($process === false) {
            throw new \RuntimeException('AURA_SANDBOX_BIN cannot be started');
        }
        $this->process = $process;
        $ready = json_decode((string) fgets($this->pipes[1]), true, flags: JSON_THROW_ON_ERROR);
        $this->apiUrl = $ready['api_url'];
        $this->adminUrl = $ready['admin_url'];
        $this->adminToken = $ready['admin_token'];
        $this->pid = $ready['pid'];
    }

    /** Returns the sandbox that all tests share. */
    public static function shared(): self
    {
        return self::$shared ??= self::withEric();
    }

    public static function withEric(): self
    {
        $sandbox = new self();
        $sandbox->admin('/users', ['username' => 'eric', 'full_name' => 'Éric', 'packages' => ['ecto', 'decimal'],
            'emails' => [['eric@example.com', true, true, true]], 'handles' => ['github' => 'ericmj']]);
        $sandbox->admin('/keys', ['username' => 'eric', 'secret' => self::KEY]);
        $sandbox->admin('/audit-logs', ['username' => 'eric', 'count' => self::ROWS]);
        return $sandbox;
    }

    /**
     * @param array<string, mixed>|null $body the body of a POST; null for a GET
     * @return array<mixed>
     */
    public function admin(string $path, ?array $body): array
    {
        $context = stream_context_create(['http' => [
            'method' => $body === null ? 'GET' : 'POST',
            'header' => ["Authorization: Bearer {$this->adminToken}", 'Content-Type: application/json'],
            'content' => $body === null ? '' : json_encode($body),
            'ignore_errors' => true,
        ]]);
        $reply = (string) file_get_contents($this->adminUrl . $path, false, $context);
        if (!preg_match('/ 2\d\d /', $http_response_header[0])) {
            throw new \RuntimeException("$path: $reply");
        }
        return (array) json_decode($reply, true);
    }

    /** Delays the replies to the next requests for a path. */
    public function delay(string $path, int $milliseconds, int $times): void
    {
        $this->admin('/rules', ['path' => "/api$path", 'delay_ms' => $milliseconds, 'times' => $times]);
    }

    public function stop(): void
    {
        foreach ($this->pipes as $pipe) {
            fclose($pipe);
        }
        $this->pipes = [];
        proc_close($this->process);
    }
}
