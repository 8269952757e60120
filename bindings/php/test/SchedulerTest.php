<?php

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\Exception\CancelledException;
use AuraUsers\Exception\NotFoundException;
use AuraUsers\Exception\TimeoutException;
use AuraUsers\Scheduler;

/** Many calls at once, in fibers. */
final class SchedulerTest extends AuraTestCase
{
    public function testCallsRunAtOnce(): void
    {
        $client = self::client();
        self::sandbox()->delay('/users/eric', 1000, 20);
        $scheduler = new Scheduler();
        $start = hrtime(true);
        $names = $scheduler->all(array_fill(3, 20, static fn () => $client->getUser('eric')->username));
        self::assertSame(array_fill(3, 20, 'eric'), $names);
        // In sequence they would take twenty seconds.
        self::assertLessThan(15e9, hrtime(true) - $start);
        self::assertTrue($scheduler->isIdle());
    }

    public function testATaskRunsAllKindsOfCalls(): void
    {
        $task = (new Scheduler())->spawn(static function (string $name): array {
            $client = self::client();
            self::anonymous()->resetUserPassword($name);
            $create = static fn () => self::anonymous()->createUser('tasked', 'a long password', ['t@example.com']);
            return [$client->getUser($name)->username, $client->getCurrentUser()->username, $create()->username];
        }, 'eric');
        self::assertSame(['eric', 'eric', 'tasked'], $task->await());
        self::assertTrue($task->isDone());
    }

    public function testAtOnceLimitsTheTasks(): void
    {
        $now = $most = 0;
        $client = self::client();
        $work = static function () use ($client, &$now, &$most): void {
            $most = max($most, ++$now);
            $client->getUser('eric');
            $now--;
        };
        (new Scheduler())->all(array_fill(0, 30, $work), atOnce: 4);
        self::assertSame([0, 4], [$now, $most]);
    }

    public function testTheFirstFailureCancelsTheOthers(): void
    {
        $client = self::client();
        $silent = self::silentClient();
        $other = null;
        $works = [
            static function () use ($silent, &$other): void {
                try {
                    $silent->getUser('eric');
                } catch (CancelledException $e) {
                    $other = $e;
                    throw $e;
                }
            },
            static fn () => $client->getUser('nobody'),
        ];
        $error = self::assertFails(NotFoundException::class, static fn () => (new Scheduler())->all($works));
        self::assertSame(404, $error->status);
        self::assertInstanceOf(CancelledException::class, $other);
    }

    public function testTasksAwaitEachOther(): void
    {
        $client = self::client();
        $scheduler = new Scheduler();
        $first = $scheduler->spawn(static fn () => $client->getUser('eric')->username);
        $second = $scheduler->spawn(static fn () => $first->await() . '!');
        $third = $scheduler->spawn(static fn () => $first->await() . '?');
        self::assertSame(['eric!', 'eric?'], [$second->await(), $third->await()]);
        $seen = [];
        $second->onDone(static function () use (&$seen): void {
            $seen[] = 'done';
        });
        self::assertSame(['done'], $seen);
    }

    public function testCancelAndExpire(): void
    {
        $silent = self::silentClient();
        $scheduler = new Scheduler();
        $tasks = [
            CancelledException::class => $scheduler->spawn(static fn () => $silent->getUser('eric')),
            TimeoutException::class => $scheduler->spawn(static fn () => $silent->streamAuditLogs()->next()),
        ];
        $scheduler->after(0.1, $tasks[CancelledException::class]->cancel(...));
        $scheduler->after(0.05, $tasks[TimeoutException::class]->expire(...));
        foreach ($tasks as $class => $task) {
            self::assertFails($class, static fn () => $task->await());
        }
    }

    public function testRunThrowsTheErrorOfATaskWithoutAwait(): void
    {
        $scheduler = new Scheduler();
        $scheduler->spawn(static fn () => self::client()->getUser('nobody'));
        $seen = $scheduler->spawn(static fn () => self::client()->getUser('eric'));
        self::assertFails(NotFoundException::class, static fn () => $scheduler->run());
        self::assertTrue($seen->isDone());
        $scheduler->run();
    }

    public function testATaskThatEndsInAnotherEventLoop(): void
    {
        $scheduler = new Scheduler();
        $fiber = null;
        $task = $scheduler->spawn(static function () use (&$fiber): int {
            $fiber = \Fiber::getCurrent();
            \Fiber::suspend();
            return 7;
        });
        $results = [];
        $task->onDone(static function ($task) use (&$results): void {
            $results[] = $task->await();
        });
        $fiber->resume();
        $read = [$scheduler->stream()];
        $write = $except = null;
        self::assertSame(1, stream_select($read, $write, $except, 0), 'the stream is readable');
        $scheduler->tick();
        self::assertSame([7], $results);
        self::assertTrue($scheduler->isIdle());
    }

    public function testADeadlockIsAnError(): void
    {
        $scheduler = new Scheduler();
        $second = null;
        $first = $scheduler->spawn(static function () use (&$second): mixed {
            self::client()->getUser('eric');
            return $second->await();
        });
        $second = $scheduler->spawn(static fn () => $first->await());
        $this->expectExceptionMessage('no task can continue');
        $scheduler->run();
    }

    public function testAnEventLoopWatchesTheStream(): void
    {
        $client = self::client();
        $scheduler = new Scheduler();
        self::sandbox()->delay('/users/eric', 50, 3);
        $names = [];
        for ($i = 0; $i < 3; $i++) {
            $scheduler->spawn(static fn () => $client->getUser('eric')->username)->onDone(
                static function ($task) use (&$names): void {
                    $names[] = $task->await();
                }
            );
        }
        $turns = 0;
        while (!$scheduler->isIdle()) {
            $read = [$scheduler->stream()];
            $write = $except = null;
            self::assertSame(1, stream_select($read, $write, $except, self::PATIENCE));
            $scheduler->tick();
            $turns++;
        }
        self::assertSame(['eric', 'eric', 'eric'], $names);
        self::assertLessThanOrEqual(6, $turns);
    }

    public function testADroppedTaskRunsItsFinally(): void
    {
        $silent = self::silentClient();
        $isCleaned = false;
        $scheduler = new Scheduler();
        $scheduler->spawn(static function () use ($silent, &$isCleaned): void {
            try {
                $silent->getUser('eric');
            } finally {
                $isCleaned = true;
            }
        });
        unset($scheduler);
        gc_collect_cycles();
        self::assertTrue($isCleaned);
    }

    public function testACallbackThatThrowsLosesNoTask(): void
    {
        $client = self::client();
        $scheduler = new Scheduler();
        $names = [];
        $isCalled = false;
        $tasks = [];
        for ($i = 0; $i < 5; $i++) {
            $tasks[] = $scheduler->spawn(static function () use ($client, &$names): void {
                $names[] = $client->getUser('eric')->username;
            });
        }
        $tasks[0]->onDone(static fn () => throw new \RuntimeException('callback'));
        $tasks[0]->onDone(static function () use (&$isCalled): void {
            $isCalled = true;
        });
        try {
            $scheduler->run();
            self::fail('run() does not throw');
        } catch (\RuntimeException $e) {
            self::assertSame('callback', $e->getMessage());
        }
        $scheduler->run();
        self::assertSame(array_fill(0, 5, 'eric'), $names);
        self::assertTrue($isCalled);
    }

    /** @dataProvider badWorks */
    public function testAllLeavesNoTaskBehind(\Closure $rest, string $class): void
    {
        $silent = self::silentClient();
        $works = static function () use ($silent, $rest): \Generator {
            yield static fn () => $silent->getUser('eric');
            yield $rest();
        };
        $scheduler = new Scheduler();
        try {
            $scheduler->all($works());
            self::fail("no $class");
        } catch (\Throwable $e) {
            self::assertInstanceOf($class, $e);
        }
        self::assertTrue($scheduler->isIdle());
    }

    /** @return array<string, array{\Closure, class-string<\Throwable>}> */
    public function badWorks(): array
    {
        return [
            'a generator that throws' => [static fn () => throw new \DomainException('works'), \DomainException::class],
            'not callable' => [static fn () => 7, \TypeError::class],
        ];
    }

    public function testOtherTasksRunWhileAGeneratorMakesCalls(): void
    {
        $client = self::client();
        $scheduler = new Scheduler();
        $order = [];
        self::sandbox()->delay('/users/eric', 3000, 1);
        $works = static function () use ($client, &$order): \Generator {
            yield static fn () => $client->getCurrentUser();
            $client->getUser('eric');
            $order[] = 'generator';
        };
        $all = $scheduler->spawn(static fn () => $scheduler->all($works()));
        $other = $scheduler->spawn(static function () use ($client, &$order): void {
            for ($i = 0; $i < 3; $i++) {
                $client->getCurrentUser();
            }
            $order[] = 'other';
        });
        $all->await();
        $other->await();
        self::assertSame(['other', 'generator'], $order);
    }

    public function testRunThrowsEveryError(): void
    {
        $scheduler = new Scheduler();
        $scheduler->spawn(static fn () => throw new \DomainException('first'));
        $scheduler->spawn(static fn () => throw new \DomainException('second'));
        $messages = [];
        do {
            try {
                $scheduler->run();
                $isDone = true;
            } catch (\DomainException $e) {
                $messages[] = $e->getMessage();
                $isDone = false;
            }
        } while (!$isDone);
        self::assertSame(['first', 'second'], $messages);
    }

    public function testTheSchedulerForgetsAnErrorThatTheProgramHasSeen(): void
    {
        $scheduler = new Scheduler();
        $looks = [
            static fn ($task) => $task->onDone(static fn () => null),
            static fn ($task) => self::assertFails(NotFoundException::class, static fn () => $task->await()),
        ];
        foreach ($looks as $look) {
            $task = $scheduler->spawn(static fn () => self::client()->getUser('nobody'));
            while (!$scheduler->isIdle()) {
                $scheduler->tick(0.1);
            }
            $look($task);
            $reference = \WeakReference::create($task);
            unset($task);
            gc_collect_cycles();
            self::assertNull($reference->get());
        }
        $scheduler->run();
    }

    public function testAnInfiniteTimerNeverFires(): void
    {
        $scheduler = new Scheduler();
        $task = $scheduler->spawn(static fn () => self::client()->getUser('eric')->username);
        $scheduler->after(INF, $task->cancel(...));
        $scheduler->after(1e300, $task->cancel(...));
        self::assertSame('eric', $task->await());
    }

    public function testCallsWherePhpSuspendsNoFiber(): void
    {
        $names = [];
        $call = static function () use (&$names): void {
            $names[] = self::client()->getUser('eric')->username;
        };
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, $call);
        try {
            (new Scheduler())->spawn(static function () use ($call): void {
                posix_kill(getmypid(), SIGUSR1);
                $object = new class ($call) {
                    public object $self;

                    public function __construct(private readonly \Closure $call)
                    {
                        $this->self = $this;
                    }

                    public function __destruct()
                    {
                        ($this->call)();
                    }
                };
                unset($object);
                gc_collect_cycles();
            })->await();
        } finally {
            pcntl_async_signals(false);
            pcntl_signal(SIGUSR1, SIG_DFL);
        }
        self::assertSame(['eric', 'eric'], $names);
        $silent = self::silentClient();
        $scheduler = new Scheduler();
        $scheduler->spawn(static function () use ($silent, $call): void {
            try {
                $silent->getUser('eric');
            } finally {
                $call();
            }
        });
        unset($scheduler);
        gc_collect_cycles();
        self::assertSame(['eric', 'eric', 'eric'], $names);
    }

    public function testATaskIsCancelledAfterAHandlerMadeACall(): void
    {
        $name = null;
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, static function () use (&$name): void {
            $name = self::client()->getUser('eric')->username;
        });
        // The signal arrives while the options are read. Its handler runs when the task starts to wait.
        $url = new class (self::silentUrl()) {
            public function __construct(private readonly string $url)
            {
            }

            public function __toString(): string
            {
                posix_kill(getmypid(), SIGUSR1);
                return $this->url;
            }
        };
        try {
            $task = (new Scheduler())->spawn(
                static fn () => self::silentClient()->getUser('eric', ['repo_url' => $url, 'timeout' => 60])
            );
            self::assertSame('eric', $name);
            $task->cancel();
            self::assertFails(CancelledException::class, static fn () => $task->await());
        } finally {
            pcntl_async_signals(false);
            pcntl_signal(SIGUSR1, SIG_DFL);
        }
    }

    public function testAFiberWithoutASchedulerBlocks(): void
    {
        $fiber = new \Fiber(static fn () => self::client()->getUser('eric')->username);
        $fiber->start();
        self::assertSame('eric', $fiber->getReturn());
    }
}
