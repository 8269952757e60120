<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Call;
use AuraUsers\Internal\Signals;
use Closure;
use Fiber;
use WeakMap;
use WeakReference;

/** A fiber of a Scheduler. While it waits for a call, other tasks run. */
final class Task
{
    /** @var WeakMap<Fiber<mixed, mixed, mixed, mixed>, WeakReference<self>>|null */
    private static ?WeakMap $tasks = null;

    /** @var Fiber<mixed, mixed, mixed, mixed>|null */
    private ?Fiber $fiber;
    private ?Call $call = null;
    /** The method that ends the next call. */
    private ?string $ending = null;
    private mixed $value = null;
    private ?\Throwable $error = null;
    private bool $isSeen = false;
    private bool $isInRun = false;
    /** @var list<callable(self): void> */
    private array $callbacks = [];

    /** @internal */
    public function __construct(private readonly Scheduler $scheduler, #[\SensitiveParameter] Closure $work)
    {
        $this->fiber = new Fiber(function () use ($work): void {
            try {
                $this->value = $work();
            } catch (\Throwable $e) {
                $this->error = $e;
            }
            if (!$this->isInRun && !$this->scheduler->isFreed()) {
                // Another event loop resumed the fiber: the next tick ends the task.
                $this->scheduler->resumeLater($this);
            }
        });
        self::$tasks ??= new WeakMap();
        self::$tasks[$this->fiber] = WeakReference::create($this);
    }

    /** Waits for the end of the task while others run. Returns its result, or throws its exception. */
    public function await(): mixed
    {
        $waiting = self::current();
        if ($waiting !== null && $waiting->scheduler === $this->scheduler) {
            while (!$this->isDone()) {
                $this->onDone(static fn () => $waiting->scheduler->resumeLater($waiting));
                Fiber::suspend();
            }
        }
        while (!$this->isDone()) {
            $this->scheduler->turn();
        }
        $this->markSeen();
        return $this->error === null ? $this->value : throw $this->error;
    }

    public function isDone(): bool
    {
        return $this->fiber === null;
    }

    /** Ends the call that the task waits for, or otherwise its next call, with a CancelledException. */
    public function cancel(): void
    {
        $this->end('cancel');
    }

    /** Ends a call like cancel(), but with a TimeoutException. Use it for a deadline of yours. */
    public function expire(): void
    {
        $this->end('expire');
    }

    /**
     * Calls $callback with the task when the task ends, or at once if it has ended.
     *
     * @param callable(self): void $callback
     */
    public function onDone(#[\SensitiveParameter] callable $callback): void
    {
        $this->markSeen();
        if ($this->isDone()) {
            $callback($this);
        } else {
            $this->callbacks[] = $callback;
        }
    }

    /**
     * Hides the functions and the result, because they may contain secrets.
     *
     * @return array<string, bool>
     */
    public function __debugInfo(): array
    {
        return ['isDone' => $this->isDone()];
    }

    /**
     * Returns the task of the running fiber.
     *
     * @internal
     */
    public static function current(): ?self
    {
        $fiber = Fiber::getCurrent();
        return $fiber === null || !isset(self::$tasks[$fiber]) ? null : self::$tasks[$fiber]->get();
    }

    /**
     * Runs other tasks until the call has ended.
     *
     * @internal
     */
    public function wait(Call $call, bool $held): void
    {
        if ($this->scheduler->isFreed()) {
            return;
        }
        if ($this->ending !== null) {
            $call->{$this->ending}($this);
            $this->ending = null;
        }
        $token = $this->scheduler->watch($this, $call);
        $outer = $this->call;
        $this->call = $call;
        try {
            Signals::release($held);
            do {
                Fiber::suspend();
                // Scheduler::all() also resumes this task when another one ends.
            } while ($this->scheduler->isWaiting($token));
        } catch (\FiberError) {
            // PHP suspends no fiber in a signal handler, in a destructor that the garbage collector runs, or in a
            // `finally` of a task that was dropped. There Call::result() waits, and other tasks do not run.
        } finally {
            $this->call = $outer;
            $this->scheduler->forget($token);
            if ($held) {
                Signals::hold();
            }
        }
    }

    /**
     * Runs the fiber until it waits or ends.
     *
     * @internal
     */
    public function run(): void
    {
        if ($this->fiber === null) {
            return;
        }
        if (!$this->fiber->isTerminated()) {
            $this->isInRun = true;
            $this->fiber->isStarted() ? $this->fiber->resume() : $this->fiber->start();
            $this->isInRun = false;
        }
        if ($this->fiber->isTerminated()) {
            $this->fiber = null;
            $callbacks = $this->callbacks;
            $this->callbacks = [];
            $this->scheduler->ended($this);
            $thrown = null;
            foreach ($callbacks as $callback) {
                try {
                    $callback($this);
                } catch (\Throwable $e) {
                    $thrown ??= $e;
                }
            }
            if ($thrown !== null) {
                throw $thrown;
            }
        }
    }

    /** @internal */
    public function hasFailed(): bool
    {
        return $this->error !== null;
    }

    /** @internal */
    public function hasUnseenError(): bool
    {
        return !$this->isSeen && $this->error !== null;
    }

    private function markSeen(): void
    {
        $this->isSeen = true;
        $this->scheduler->forgetError($this);
    }

    private function end(string $how): void
    {
        if ($this->call !== null) {
            $this->call->$how($this);
        } elseif (!$this->isDone()) {
            $this->ending = $how;
        }
    }
}
