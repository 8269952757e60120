<?php

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\AuditLog;
use AuraUsers\Client;
use AuraUsers\Exception\AuraException;
use AuraUsers\Log;
use PHPUnit\Framework\TestCase;

/** Clients, servers and assertions of all tests. */
abstract class AuraTestCase extends TestCase
{
    /** The time limit of a program in seconds. */
    protected const PATIENCE = 300;

    /** @var resource|null */
    private static $silent = null;

    protected function setUp(): void
    {
        Log::off();
    }

    protected static function sandbox(): Sandbox
    {
        return Sandbox::shared();
    }

    /** @param array<string, mixed> $options */
    protected static function client(array $options = []): Client
    {
        return new Client($options + ['repo_url' => self::sandbox()->apiUrl, 'api_key' => Sandbox::KEY]);
    }

    /** Returns a client without a key. Its calls write no audit log. */
    protected static function anonymous(): Client
    {
        return new Client(['repo_url' => self::sandbox()->apiUrl]);
    }

    /** Returns the URL of a server that accepts connections and never answers. */
    protected static function silentUrl(): string
    {
        self::$silent ??= stream_socket_server('tcp://127.0.0.1:0');
        return 'http://' . stream_socket_get_name(self::$silent, false) . '/api';
    }

    protected static function silentClient(): Client
    {
        return new Client(['repo_url' => self::silentUrl(), 'api_key' => 'k', 'max_retries' => 0]);
    }

    /**
     * @template E of AuraException
     * @param class-string<E> $class
     * @return E
     */
    protected static function assertFails(string $class, callable $work): AuraException
    {
        try {
            $work();
        } catch (AuraException $e) {
            self::assertInstanceOf($class, $e);
            return $e;
        }
        self::fail("no $class");
    }

    /**
     * @param iterable<AuditLog> $rows
     * @return list<string>
     */
    protected static function json(iterable $rows): array
    {
        $all = [];
        foreach ($rows as $row) {
            $all[] = $row->rawJson;
        }
        return $all;
    }

    /**
     * Runs a program with the package. Returns its output and its exit status.
     *
     * @param list<string> $options for PHP
     * @param array<string, string> $environment
     * @return array{string, int}
     */
    protected static function runPhp(
        string $program,
        string $argument = '',
        array $options = [],
        array $environment = []
    ): array {
        $program = "require \$_SERVER['AUTOLOAD']; $program";
        $command = ['timeout', (string) self::PATIENCE, PHP_BINARY, '-d', 'display_errors=stdout', ...$options, '-r',
            $program, '--', $argument];
        $environment += ['AUTOLOAD' => self::autoload()] + getenv();
        $files = [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]];
        $process = proc_open($command, $files, $pipes, null, $environment);
        self::assertIsResource($process);
        $output = (string) stream_get_contents($pipes[1]);
        return [$output, proc_close($process)];
    }

    protected static function autoload(): string
    {
        $loader = new \ReflectionClass(\Composer\Autoload\ClassLoader::class);
        return dirname($loader->getFileName(), 2) . '/autoload.php';
    }

    /** Returns the folder of the installed package. */
    protected static function package(): string
    {
        return dirname((new \ReflectionClass(Client::class))->getFileName(), 2);
    }
}
