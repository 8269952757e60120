<?php

declare(strict_types=1);

namespace AuraUsers\Test;

/** Signal handlers end calls and lose no row. */
final class SignalsTest extends AuraTestCase
{
    /** Sends signals to this process while it runs. The arguments are the milliseconds before each. */
    private const SENDER = <<<'PHP'
        $send = static function (int ...$after): void {
            $parent = getmypid();
            if (pcntl_fork() === 0) {
                foreach ($after as $milliseconds) {
                    usleep($milliseconds * 1000);
                    if (posix_getppid() !== $parent) {
                        break;
                    }
                    posix_kill($parent, SIGUSR1);
                }
                posix_kill(getmypid(), SIGKILL);
            }
        };
        pcntl_async_signals(true);

        PHP;

    /** @dataProvider calls */
    public function testAHandlerEndsACall(string $call): void
    {
        [$output, $status] = self::runPhp(self::SENDER . <<<PHP
            \$client = new AuraUsers\Client(['repo_url' => \$argv[1], 'api_key' => 'k', 'max_retries' => 0]);
            \$handled = 0;
            pcntl_signal(SIGUSR1, function () use (&\$handled) {
                if (++\$handled === 2) {
                    throw new RuntimeException('enough');
                }
            });
            \$start = hrtime(true);
            try {
                // Signals that arrive together run the handler once.
                \$send(...array_fill(0, 100, 100));
                $call
            } catch (RuntimeException \$e) {
                echo \$e->getMessage(), ' ', hrtime(true) - \$start < 10e9 ? 'soon' : 'late', ' ';
            }
            pcntl_signal(SIGUSR1, SIG_IGN);
            // The client still works.
            try {
                \$client->getUser('eric', ['timeout' => 0.1]);
            } catch (AuraUsers\Exception\TimeoutException \$e) {
                echo \$e->kind;
            }
            PHP, self::silentUrl());
        self::assertSame(['enough soon timeout', 0], [$output, $status]);
    }

    /** @return array<string, array{string}> */
    public function calls(): array
    {
        return [
            'get' => ['$client->getUser("eric");'],
            'post' => ['$client->resetUserPassword("eric");'],
            'stream' => ['$client->streamAuditLogs()->next();'],
            'tasks' => ['$s = new AuraUsers\Scheduler(); $s->spawn(fn () => $client->getUser("eric")); $s->run();'],
        ];
    }

    /** @dataProvider turns */
    public function testHandlersThatThrowLoseNoRow(string $turn): void
    {
        $program = <<<'PHP'
            $client = new AuraUsers\Client(['repo_url' => $argv[1], 'api_key' => 'key-of-eric', 'prefetch' => 0]);
            $all = array_map(fn ($log) => $log->rawJson, iterator_to_array($client->streamAuditLogs()));
            $thrown = $wrong = 0;
            $isArmed = false;
            pcntl_signal(SIGUSR1, function () use (&$isArmed) {
                if ($isArmed) {
                    $isArmed = false;
                    throw new RuntimeException('again');
                }
            });
            do {
                $send(...array_fill(0, 300, 1));
                $logs = $client->streamAuditLogs();
                $rows = [];
                do {
                    try {
                        $row = null;
                        $isArmed = true;
                        TURN
                        $isDone = true;
                        $isArmed = false;
                    } catch (RuntimeException) {
                        $isDone = false;
                        $thrown++;
                    }
                    if ($row !== null) {
                        array_push($rows, ...(is_array($row) ? $row : [$row]));
                    }
                } while (!$isDone);
                $rows = array_map(fn ($row) => $row->rawJson, $rows);
                if ($rows !== $all) {
                    $wrong++;
                    echo count(array_diff($all, $rows)), ' are missing of ', count($rows), '; ';
                }
            } while ($thrown < 500);
            pcntl_signal(SIGUSR1, SIG_IGN);
            echo $wrong, ' streams of ', count($all), ' rows were wrong';
            PHP;
        [$output] = self::runPhp(self::SENDER . str_replace('TURN', $turn, $program), self::sandbox()->apiUrl);
        self::assertSame('0 streams of 250 rows were wrong', $output);
    }

    /** @return array<string, array{string}> */
    public function turns(): array
    {
        // The program stores a row before a handler can run again.
        $keep = '{ $rows[] = $row; $row = null; }';
        return [
            'next' => ["while ((\$row = \$logs->next()) !== null) $keep"],
            'foreach' => ["foreach (\$logs as \$row) $keep"],
            'pages' => ['foreach ($logs->pages() as $row) { $rows = [...$rows, ...$row]; $row = null; }'],
        ];
    }

    public function testAHandlerClosesTheStream(): void
    {
        [$output] = self::runPhp(self::SENDER . <<<'PHP'
            $client = new AuraUsers\Client(['repo_url' => $argv[1], 'api_key' => 'k', 'timeout' => 200]);
            $logs = $client->streamAuditLogs();
            pcntl_signal(SIGUSR1, fn () => $logs->close());
            $send(100);
            try {
                $logs->next();
            } catch (AuraUsers\Exception\AuraException $e) {
                echo $e->getMessage();
            }
            PHP, self::silentUrl());
        self::assertSame('invalid_argument: the stream is closed', $output);
    }

    public function testTheLastRowOfAPageIsOnThatPage(): void
    {
        [$output] = self::runPhp(<<<'PHP'
            $isArmed = false;
            // The log lines are delivered before the hundredth row is returned.
            AuraUsers\Log::to(new class ($isArmed) extends Psr\Log\AbstractLogger {
                public function __construct(private bool &$isArmed)
                {
                }

                public function log($level, $message, array $context = []): void
                {
                    if ($this->isArmed) {
                        $this->isArmed = false;
                        posix_kill(getmypid(), SIGUSR1);
                    }
                }
            });
            pcntl_async_signals(true);
            pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('handler'));
            $client = new AuraUsers\Client(['repo_url' => $argv[1], 'api_key' => 'key-of-eric', 'prefetch' => 0]);
            $all = array_map(fn ($log) => $log->rawJson, iterator_to_array($client->streamAuditLogs()));
            $logs = $client->streamAuditLogs();
            for ($i = 0; $i < 99; $i++) {
                $logs->next();
            }
            $isArmed = true;
            try {
                $logs->next();
            } catch (RuntimeException $e) {
                echo $e->getMessage(), ' ', $logs->page(), ' ', $logs->next()->rawJson === $all[99] ? 'same' : 'other';
            }
            echo ' ', $logs->page();
            PHP, self::sandbox()->apiUrl);
        self::assertSame('handler 1 same 2', $output);
    }

    public function testWithoutAsyncSignalsHandlersRunAfterTheCall(): void
    {
        self::sandbox()->delay('/users/eric', 1000, 1);
        [$output] = self::runPhp(self::SENDER . <<<'PHP'
            pcntl_async_signals(false);
            $client = new AuraUsers\Client(['repo_url' => $argv[1]]);
            pcntl_signal(SIGUSR1, function () { echo 'handled'; });
            $send(50);
            echo $client->getUser('eric')->username, ' ', pcntl_async_signals() ? 'on' : 'off', ' ';
            // The child has sent the signal when it ends.
            pcntl_wait($status);
            pcntl_signal_dispatch();
            PHP, self::sandbox()->apiUrl);
        self::assertSame('eric off handled', $output);
    }
}
