<?php

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\AuditLog;
use AuraUsers\AuditLogs;
use AuraUsers\Exception\CancelledException;
use AuraUsers\Exception\InvalidArgumentException;
use AuraUsers\Exception\ServerException;
use AuraUsers\Scheduler;

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
