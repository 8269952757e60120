<?php

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\AuditLog;
use AuraUsers\AuditLogs;
use AuraUsers\Exception\CancelledException;
use AuraUsers\Exception\InvalidArgumentException;
use AuraUsers\Exception\ServerException;
use AuraUsers\Log;
use AuraUsers\Scheduler;
use Psr\Log\AbstractLogger;

/** The audit log. */
final class StreamTest extends AuraTestCase
{
    /** @return list<string> */
    private static function all(): array
    {
        return self::json(self::client()->streamAuditLogs());
    }

    public function testRowsInOrder(): void
    {
        $rows = iterator_to_array(self::client()->streamAuditLogs());
        self::assertCount(Sandbox::ROWS, $rows);
        self::assertCount(Sandbox::ROWS, array_unique(self::json($rows)));
        foreach ($rows as $row) {
            $json = json_decode($row->rawJson, true);
            self::assertSame([$json['action'], $json['user_agent'], $json['params']], [
                $row->action, $row->userAgent, $row->params,
            ]);
        }
    }

    public function testPagesReturnTheSameRows(): void
    {
        $pages = iterator_to_array(self::client()->streamAuditLogs()->pages());
        self::assertSame([100, 100, 50], array_map(count(...), $pages));
        self::assertSame(self::all(), self::json(array_merge(...$pages)));
    }

    /** @dataProvider ways */
    public function testAStreamKeepsItsPosition(callable $run): void
    {
        $all = self::all();
        $run(static function () use ($all): void {
            $logs = self::client()->streamAuditLogs();
            self::assertSame(1, $logs->page());
            self::assertSame($all[0], $logs->next()->rawJson);
            foreach ($logs as $log) {
                self::assertSame($all[1], $log->rawJson);
                break;
            }
            self::assertSame(1, $logs->page());
            self::assertSame(array_slice($all, 2, 98), self::json($logs->pages()->current()));
            self::assertSame(2, $logs->page());
            self::assertSame(array_slice($all, 100), self::json($logs));
            self::assertSame(3, $logs->page());
            self::assertNull($logs->next());
            self::assertSame([], iterator_to_array($logs->pages()));
        });
    }

    /** @return array<string, array{callable}> */
    public function ways(): array
    {
        return [
            'blocking' => [static fn (callable $work) => $work()],
            'in slices' => [static function (callable $work): void {
                pcntl_async_signals(true);
                try {
                    $work();
                } finally {
                    pcntl_async_signals(false);
                }
            }],
            'in a task' => [static fn (callable $work) => (new Scheduler())->spawn($work)->await()],
        ];
    }

    public function testTheOptionPage(): void
    {
        self::assertCount(50, iterator_to_array(self::client()->streamAuditLogs(['page' => 3])));
    }

    /** @dataProvider ways */
    public function testAStreamKeepsItsPositionAfterAnError(callable $run): void
    {
        $all = self::all();
        $run(static function () use ($all): void {
            $logs = self::client(['prefetch' => 0, 'max_retries' => 0])->streamAuditLogs();
            $rows = self::json($logs->pages()->current());
            self::sandbox()->admin('/rules', ['path' => '/api/users/me/audit-logs', 'times' => 2,
                'then' => ['reply' => ['status' => 503]]]);
            self::assertFails(ServerException::class, static fn () => $logs->next());
            self::assertFails(ServerException::class, static fn () => $logs->pages()->current());
            self::assertSame($all, [...$rows, ...self::json($logs)]);
        });
    }

    public function testTasksShareAStream(): void
    {
        $logs = self::client()->streamAuditLogs();
        $scheduler = new Scheduler();
        $parts = $scheduler->all(array_fill(0, 4, static fn () => self::json($logs)));
        $rows = array_merge(...$parts);
        $all = self::all();
        sort($rows);
        sort($all);
        self::assertSame($all, $rows);
    }

    public function testACancelledTaskLosesNoRow(): void
    {
        $all = self::all();
        $logs = self::client(['prefetch' => 0])->streamAuditLogs();
        $rows = [];
        $cancelled = 0;
        self::sandbox()->delay('/users/me/audit-logs', 100, 3);
        do {
            $scheduler = new Scheduler();
            $task = $scheduler->spawn(static function () use ($logs, &$rows): void {
                foreach ($logs as $log) {
                    $rows[] = $log->rawJson;
                }
            });
            $scheduler->after(0.03, $task->cancel(...));
            try {
                $task->await();
                $isDone = true;
            } catch (CancelledException) {
                $cancelled++;
                $isDone = false;
            }
        } while (!$isDone && $cancelled < 1000);
        self::assertGreaterThan(0, $cancelled);
        self::assertSame($all, $rows);
    }

    /** @dataProvider readers */
    public function testADroppedSchedulerLosesNoRow(\Closure $read): void
    {
        $all = self::all();
        foreach ([static fn () => null, static fn () => gc_collect_cycles()] as $collect) {
            $logs = self::client()->streamAuditLogs();
            $rows = [];
            $run = static function () use ($read, $logs, &$rows): void {
                $scheduler = new Scheduler();
                $scheduler->spawn($read, $logs, $rows);
                $scheduler->after(0, static fn () => throw new \DomainException('enough'));
                $scheduler->run();
            };
            try {
                $run();
                self::fail('run() does not throw');
            } catch (\DomainException) {
                $collect();
            }
            self::assertSame($all, self::json($logs));
            self::assertSame([], $rows);
        }
    }

    /** @return array<string, array{\Closure}> */
    public function readers(): array
    {
        return [
            'rows' => [static function (AuditLogs $logs, array &$rows): void {
                foreach ($logs as $log) {
                    $rows[] = $log;
                }
            }],
            'pages' => [static function (AuditLogs $logs, array &$rows): void {
                foreach ($logs->pages() as $page) {
                    array_push($rows, ...$page);
                }
            }],
        ];
    }

    /** @dataProvider readers */
    public function testATaskThatIsDroppedInTheLoggerLosesNoRow(\Closure $read): void
    {
        $all = self::all();
        $logs = self::client()->streamAuditLogs();
        $rows = [];
        $logger = new class extends AbstractLogger {
            public bool $isSuspended = false;

            public function log($level, $message, array $context = []): void
            {
                if (\Fiber::getCurrent() !== null) {
                    $this->isSuspended = true;
                    \Fiber::suspend();
                }
            }
        };
        Log::to($logger);
        $scheduler = new Scheduler();
        $scheduler->spawn(static function () use ($read, $logs, &$rows): void {
            $read($logs, $rows);
        });
        // The logger gets the lines before the hundredth row is returned.
        for ($i = 0; $i < 1000 && !$logger->isSuspended; $i++) {
            $scheduler->tick(0.1);
        }
        Log::off();
        self::assertTrue($logger->isSuspended);
        unset($scheduler);
        gc_collect_cycles();
        self::assertSame($all, [...self::json($rows), ...self::json($logs)]);
    }

    public function testATaskThatIsDroppedReadsTheStreamInItsFinally(): void
    {
        $all = self::all();
        $logs = self::client()->streamAuditLogs();
        $rows = [];
        $run = static function () use ($logs, &$rows): void {
            $scheduler = new Scheduler();
            // With this reference, the garbage collector frees the scheduler before the task.
            $scheduler->after(self::PATIENCE, static fn () => $scheduler);
            $scheduler->spawn(static function () use ($logs, &$rows): void {
                try {
                    $logs->next();
                } finally {
                    $rows[] = $logs->next()->rawJson;
                    return;
                }
            });
        };
        $run();
        gc_collect_cycles();
        self::assertCount(1, $rows);
        self::assertSame($all, [...$rows, ...self::json($logs)]);
    }

    public function testOnlyTheCancelledTaskOfAStreamEnds(): void
    {
        $all = self::all();
        $logs = self::client()->streamAuditLogs();
        self::sandbox()->delay('/users/me/audit-logs', 3000, 1);
        $scheduler = new Scheduler();
        $tasks = [];
        for ($i = 0; $i < 3; $i++) {
            $tasks[] = $scheduler->spawn(static fn () => $logs->next()->rawJson);
        }
        $tasks[1]->cancel();
        self::assertSame($all[0], $tasks[0]->await());
        self::assertFails(CancelledException::class, static fn () => $tasks[1]->await());
        self::assertSame($all[1], $tasks[2]->await());
        self::assertSame(array_slice($all, 2), self::json($logs));
    }

    public function testACancelledTaskEndsAlthoughAnotherReaderTookItsRow(): void
    {
        $all = self::all();
        $logs = self::client(['prefetch' => 0])->streamAuditLogs();
        $task = (new Scheduler())->spawn(static fn () => $logs->next());
        self::assertSame(array_slice($all, 0, 100), self::json($logs->pages()->current()));
        self::sandbox()->delay('/users/me/audit-logs', 3000, 1);
        $task->cancel();
        self::assertFails(CancelledException::class, static fn () => $task->await());
        self::assertSame(array_slice($all, 100), self::json($logs));
    }

    public function testTasksShareTheEndAndTheErrorOfAStream(): void
    {
        $logs = self::client(['prefetch' => 0, 'max_retries' => 0, 'page' => 4])->streamAuditLogs();
        self::sandbox()->admin('/rules', ['path' => '/api/users/me/audit-logs', 'times' => 1,
            'then' => ['reply' => ['status' => 503]]]);
        $scheduler = new Scheduler();
        $next = static fn () => $logs->next();
        $tasks = [$scheduler->spawn($next), $scheduler->spawn($next)];
        foreach ($tasks as $task) {
            self::assertFails(ServerException::class, static fn () => $task->await());
        }
        self::assertSame([null, null], $scheduler->all([$next, $next]));
    }

    public function testCloseCancelsTheRequestOfATask(): void
    {
        $server = stream_socket_server('tcp://127.0.0.1:0');
        $url = 'http://' . stream_socket_get_name($server, false);
        $options = ['repo_url' => $url, 'timeout' => self::PATIENCE, 'max_retries' => 0];
        $logs = self::client($options)->streamAuditLogs();
        $task = (new Scheduler())->spawn(static fn () => $logs->next());
        $socket = stream_socket_accept($server, self::PATIENCE);
        stream_set_timeout($socket, 60);
        self::assertSame('GET', fread($socket, 3));
        $logs->close();
        stream_get_contents($socket);
        self::assertTrue(feof($socket), 'the request continues');
        $error = self::assertFails(InvalidArgumentException::class, static fn () => $task->await());
        self::assertSame('invalid_argument: the stream is closed', $error->getMessage());
        fclose($socket);
        fclose($server);
    }

    public function testClosedStream(): void
    {
        $logs = self::client()->streamAuditLogs();
        $logs->next();
        $logs->close();
        self::assertTrue($logs->isClosed());
        self::assertFails(InvalidArgumentException::class, static fn () => $logs->next());
    }

    public function testAStreamOutlivesItsClient(): void
    {
        $logs = (static fn (): AuditLogs => self::client()->streamAuditLogs())();
        gc_collect_cycles();
        self::assertCount(Sandbox::ROWS, iterator_to_array($logs));
    }

    public function testANulInATextIsKept(): void
    {
        $row = AuditLog::of('{"action":"a\u0000b","user_agent":null}', "a\u{FFFD}b", null);
        self::assertSame("a\0b", $row->action);
    }
}
