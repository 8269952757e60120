<?php

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\Client;
use AuraUsers\Exception\CancelledException;
use AuraUsers\Exception\ConnectException;
use AuraUsers\Scheduler;

/** Forks, exits, memory, a killed server, and the search for the library. */
final class ProcessesTest extends AuraTestCase
{
    /** Runs the work in a forked child. Returns the exit status. */
    private static function inChild(callable $work): int
    {
        $pid = pcntl_fork();
        if ($pid === 0) {
            try {
                $work();
                $status = 0;
            } catch (\Throwable $e) {
                fwrite(STDERR, (string) $e);
                $status = 1;
            }
            // pcntl_exec() skips PHPUnit's shutdown functions.
            self::assertTrue(pcntl_exec('/bin/sh', ['-c', "exit $status"]));
        }
        pcntl_waitpid($pid, $status);
        return pcntl_wexitstatus($status);
    }

    public function testForksWhileCallsAndStreamsRun(): void
    {
        $client = self::client();
        $logs = $client->streamAuditLogs();
        $first = $logs->next();
        $scheduler = new Scheduler();
        $scheduler->stream();
        $silent = self::silentClient();
        $task = $scheduler->spawn(static fn () => $silent->getUser('eric'));
        for ($i = 0; $i < 5; $i++) {
            self::assertSame(0, self::inChild(static function () use ($client, $logs, $scheduler, $task): void {
                self::assertSame('eric', $client->getUser('eric')->username);
                self::anonymous()->resetUserPassword('eric');
                self::assertNotNull($logs->next());
                $own = new Scheduler();
                self::assertSame(['eric'], $own->all([static fn () => $client->getUser('eric')->username]));
                $other = $scheduler->spawn(static fn () => $client->getUser('eric')->username);
                self::assertSame('eric', $other->await());
                self::assertFails(CancelledException::class, static fn () => $task->await());
                self::assertIsResource($scheduler->stream());
            }));
        }
        self::assertSame(
            self::json($client->streamAuditLogs()),
            [$first->rawJson, ...self::json($logs)]
        );
        $task->cancel();
        self::assertFails(CancelledException::class, static fn () => $task->await());
    }

    public function testAnExitWhileCallsRun(): void
    {
        [$output, $status] = self::runPhp(<<<'PHP'
            $client = new AuraUsers\Client(['repo_url' => $argv[1], 'api_key' => 'k', 'max_retries' => 0]);
            $scheduler = new AuraUsers\Scheduler();
            $scheduler->spawn(fn () => $client->getUser('eric'));
            $scheduler->spawn(fn () => $client->streamAuditLogs()->next());
            $scheduler->tick(0.2);
            register_shutdown_function(function () { echo 'bye'; });
            exit(3);
            PHP, self::silentUrl());
        self::assertSame(['bye', 3], [$output, $status]);
    }

    public function testCallsAtTheEndOfARequest(): void
    {
        [$output] = self::runPhp(<<<'PHP'
            class Last
            {
                public function __destruct()
                {
                    echo AuraUsers\getUser('eric', ['repo_url' => $GLOBALS['argv'][1]])->username;
                }
            }
            $last = new Last();
            register_shutdown_function(function () use ($argv) {
                echo AuraUsers\getUser('eric', ['repo_url' => $argv[1]])->username, ' ';
            });
            PHP, self::sandbox()->apiUrl);
        self::assertSame('eric eric', $output);
    }

    public function testAServerThatIsKilled(): void
    {
        $doomed = Sandbox::withEric();
        $client = new Client(['repo_url' => $doomed->apiUrl, 'api_key' => Sandbox::KEY, 'prefetch' => 0,
            'max_retries' => 0]);
        $logs = $client->streamAuditLogs();
        self::assertCount(100, $logs->pages()->current());
        posix_kill($doomed->pid, SIGKILL);
        $doomed->stop();
        self::assertFails(ConnectException::class, static fn () => $logs->next());
        self::assertFails(ConnectException::class, static fn () => $logs->pages()->current());
        self::assertFails(ConnectException::class, static fn () => $client->getUser('eric'));
    }

    /** @dataProvider ways */
    public function testManyCallsAndRowsLeaveNoMemory(string $before): void
    {
        $sandbox = self::sandbox();
        if ($before === '') {
            $sandbox->admin('/users', ['username' => 'many', 'emails' => [['many@example.com', true, true, true]]]);
            $sandbox->admin('/keys', ['username' => 'many', 'secret' => 'key-of-many']);
            $sandbox->admin('/audit-logs', ['username' => 'many', 'count' => 20_000]);
        }
        [$output] = self::runPhp(<<<PHP
            $before
            \$client = new AuraUsers\Client(['repo_url' => \$argv[1], 'api_key' => 'key-of-many',
                'max_connections' => 8]);
            function used(): array
            {
                preg_match('/^RssAnon:\s*(\d+)/m', file_get_contents('/proc/self/status'), \$found);
                return [(int) \$found[1], count(scandir('/proc/self/fd')), memory_get_usage()];
            }
            function work(AuraUsers\Client \$client, int \$calls): void
            {
                for (\$i = 0; \$i < \$calls; \$i++) {
                    \$client->getCurrentUser(['timeout' => 10])->insertedAt;
                }
                for (\$i = 0; \$i < \$calls; \$i++) {
                    try {
                        \$client->getUser('..');
                    } catch (AuraUsers\Exception\InvalidArgumentException) {
                    }
                }
                foreach (\$client->streamAuditLogs() as \$log) {
                    \$log->params;
                }
                \$client->streamAuditLogs()->next();
                (new AuraUsers\Scheduler())->all(array_fill(0, 100, fn () => \$client->getUser('many')));
                gc_collect_cycles();
            }
            work(\$client, 2_000);
            \$least = [PHP_INT_MAX, 0, 0];
            // malloc may enlarge its heap in any round. What calls leave behind grows in every round.
            for (\$round = 0; \$round < 5 && \$least[0] >= 4096; \$round++) {
                \$old = used();
                work(\$client, 10_000);
                \$grown = array_map(fn (\$new, \$old) => \$new - \$old, used(), \$old);
                \$least = min(\$least, \$grown);
            }
            echo json_encode(\$least);
            PHP, $sandbox->apiUrl);
        [$resident, $descriptors, $memory] = json_decode($output, true) ?? [$output, $output, $output];
        self::assertLessThan(4096, $resident, 'kB');
        self::assertLessThanOrEqual(4, $descriptors);
        self::assertLessThan(65_536, $memory, 'bytes of PHP');
    }

    /** @return array<string, array{string}> */
    public function ways(): array
    {
        return ['blocking' => [''], 'in slices' => ['pcntl_async_signals(true);']];
    }

    /** @dataProvider libraries */
    public function testAnErrorListsThePathsOfTheLibrary(string $path, string $words): void
    {
        [$output, $status] = self::runPhp('new AuraUsers\Client();', '', [], ['AURA_USERS_LIBRARY' => $path]);
        if ($path === '' && $status === 0) {
            self::markTestSkipped('a library is installed');
        }
        self::assertSame(255, $status);
        self::assertStringContainsString('AuraUsers\Exception\LibraryException', $output);
        self::assertStringContainsString($words, $output);
    }

    /** @return array<int, array{string, string}> */
    public function libraries(): array
    {
        return [
            ['/nowhere/libaura_users.so', 'AURA_USERS_LIBRARY is "/nowhere/libaura_users.so", and it cannot be loaded'],
            [__FILE__, 'it cannot be loaded'],
            ['', 'Looked at: AURA_USERS_LIBRARY (not set)'],
        ];
    }

    public function testAForkedChildReadsTheStreamThatATaskWaitsFor(): void
    {
        [$output] = self::runPhp(<<<'PHP'
            $client = new AuraUsers\Client(['repo_url' => $argv[1], 'api_key' => 'k']);
            $logs = $client->streamAuditLogs();
            $scheduler = new AuraUsers\Scheduler();
            $task = $scheduler->spawn(fn () => $logs->next());
            $child = pcntl_fork();
            if ($child === 0) {
                foreach ([fn () => $logs->next(), fn () => $task->await()] as $read) {
                    try {
                        $read();
                    } catch (AuraUsers\Exception\CancelledException $e) {
                        echo $e->kind, ' ';
                    }
                }
                exit;
            }
            pcntl_waitpid($child, $status);
            PHP, self::silentUrl());
        self::assertSame('cancelled cancelled ', $output);
    }

    /** @dataProvider settings */
    public function testSettingsThatForbidTheLibrary(string $setting, string $words): void
    {
        [$output] = self::runPhp('new AuraUsers\Client();', '', ['-d', $setting]);
        self::assertStringContainsString($words, $output);
    }

    /** @return array<int, array{string, string}> */
    public function settings(): array
    {
        return [['ffi.enable=false', 'php.ini has ffi.enable = "']];
    }
}
