<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Call;
use AuraUsers\Internal\Handle;
use AuraUsers\Internal\Native;
use AuraUsers\Internal\Signals;
use SplPriorityQueue;

/**
 * Runs many calls at once. Each task is a fiber. While a call of one task waits, other tasks run.
 *
 * all(), run() and Task::await() wait for tasks. An event loop such as Revolt or ReactPHP watches stream() instead, and
 * calls tick() when the stream is readable.
 */
final class Scheduler
{
    /** How many ended calls one read of the queue returns. */
    private const CAPACITY = 64;

    private readonly Handle $queue;
    /** @var resource|null */
    private $stream = null;
    private int $descriptor = -1;
    private int $lastToken = 0;
    /** @var array<int, array{Task, Call}> the tasks that wait for a call, by the token of the call */
    private array $waiting = [];
    /** The process that started the calls. */
    private int $pid;
    /** @var array<int, Task> the tasks that can continue, by object id */
    private array $ready = [];
    /** @var array<int, Task> the failed tasks without await() and onDone(), by object id */
    private array $failed = [];
    private int $running = 0;
    /** @var SplPriorityQueue<float, callable> the priority is the negative time in ns */
    private SplPriorityQueue $timers;

    public function __construct()
    {
        $this->queue = new Handle(Native::library()->aura_completions_new(), 'aura_completions_free', 'scheduler');
        $this->pid = (int) getmypid();
        $this->timers = new SplPriorityQueue();
        $this->timers->setExtractFlags(SplPriorityQueue::EXTR_BOTH);
    }

    /** Starts a task. It runs at once until it waits for a call. */
    public function spawn(
        #[\SensitiveParameter] callable $work,
        #[\SensitiveParameter] mixed ...$arguments
    ): Task {
        $task = new Task($this, static fn (): mixed => $work(...$arguments));
        $this->running++;
        $task->run();
        return $task;
    }

    /**
     * Runs all works, at most `$atOnce` at once, and returns their results by key. If one throws, all() cancels the
     * others, waits for them, and throws the same.
     *
     * @template K of array-key
     * @template T
     * @param iterable<K, callable(): T> $works
     * @return array<K, T>
     */
    public function all(#[\SensitiveParameter] iterable $works, int $atOnce = 1000): array
    {
        $tasks = [];
        $active = 0;
        $failed = $thrown = null;
        $waiting = Task::current();
        $ended = function (Task $task) use (&$active, &$failed, $waiting): void {
            $active--;
            $failed ??= $task->hasFailed() ? $task : null;
            if ($waiting !== null) {
                $this->resumeLater($waiting);
            }
        };
        try {
            foreach ($works as $key => $work) {
                while ($active >= max(1, $atOnce) && $failed === null) {
                    $this->waitFor($waiting);
                }
                if ($failed !== null) {
                    break;
                }
                $tasks[$key] = $this->spawn($work);
                $active++;
                $tasks[$key]->onDone($ended);
            }
            while ($active > 0 && $failed === null) {
                $this->waitFor($waiting);
            }
        } catch (\Throwable $thrown) {
            // The source is $works, a signal handler, a timer or a callback. The tasks are cancelled first.
        }
        while ($active > 0) {
            array_map(static fn (Task $task) => $task->cancel(), $tasks);
            $this->waitFor($waiting);
        }
        if ($thrown !== null) {
            throw $thrown;
        }
        $failed?->await();
        return array_map(static fn (Task $task): mixed => $task->await(), $tasks);
    }

    /**
     * Waits until all tasks have ended. Then it throws the first exception of a task without await() and onDone(). Call
     * it again for the next exception.
     */
    public function run(): void
    {
        while ($this->running > 0) {
            $this->turn();
        }
        $task = reset($this->failed);
        if ($task !== false) {
            $task->await();
        }
    }

    /** Calls $action after $seconds, if the scheduler runs then: `$scheduler->after(2.5, $task->expire(...))`. */
    public function after(float $seconds, #[\SensitiveParameter] callable $action): void
    {
        $this->timers->insert($action, -(hrtime(true) + $seconds * 1e9));
    }

    /** Returns whether all tasks have ended. */
    public function isIdle(): bool
    {
        return $this->running === 0;
    }

    /**
     * Returns a stream that is readable while tick() has work, for stream_select() and event loops. Do not close it.
     * PHP opens it on the command line only.
     *
     * @return resource
     */
    public function stream()
    {
        $descriptor = Native::library()->aura_completions_fd($this->queue->get());
        // A forked child has another descriptor.
        if ($this->stream === null || $descriptor !== $this->descriptor) {
            $stream = $descriptor < 0 ? false : @fopen("php://fd/$descriptor", 'r');
            if ($stream === false) {
                throw new \RuntimeException('the scheduler has no stream: ' . ($descriptor < 0
                    ? 'the process has no file descriptor left'
                    : 'PHP opens php://fd on the command line only; use run() instead'));
            }
            $this->stream = $stream;
            $this->descriptor = $descriptor;
        }
        return $this->stream;
    }

    /** Runs the tasks whose calls have ended. It waits for the first one, at most $seconds. */
    public function tick(float $seconds = 0): void
    {
        $until = hrtime(true) + $seconds * 1e9;
        do {
            $this->runTimers();
            $this->collect($this->ready === [] ? $until : 0);
        } while ($this->ready === [] && hrtime(true) < $until);
        try {
            // A task that becomes ready now runs in the next tick.
            for ($left = count($this->ready); $left > 0 && $this->ready !== []; $left--) {
                $id = array_key_first($this->ready);
                $task = $this->ready[$id];
                unset($this->ready[$id]);
                $task->run();
            }
        } finally {
            if ($this->ready !== []) {
                $this->wake();
            }
        }
    }

    /**
     * Hides the functions of tasks and timers, because they may contain secrets.
     *
     * @return array<string, bool>
     */
    public function __debugInfo(): array
    {
        return ['isIdle' => $this->isIdle()];
    }

    /**
     * Waits until a task continues.
     *
     * @internal
     */
    public function turn(): void
    {
        if ($this->waiting === [] && $this->ready === [] && $this->timers->isEmpty()) {
            throw new \LogicException('no task can continue: each waits for another one, or for something that this '
                . 'scheduler does not run');
        }
        $this->tick(Call::SLICE / 1000);
    }

    /**
     * Makes the task ready when the call ends. Returns the token of the call.
     *
     * @internal
     */
    public function watch(Task $task, Call $call): int
    {
        $token = ++$this->lastToken;
        $call->complete($this->queue->get(), $token);
        $this->waiting[$token] = [$task, $call];
        return $token;
    }

    /**
     * Returns whether the garbage collector has freed the queue. It may do so before it runs the `finally` of a task.
     *
     * @internal
     */
    public function isFreed(): bool
    {
        return $this->queue->isClosed();
    }

    /** @internal */
    public function isWaiting(int $token): bool
    {
        return isset($this->waiting[$token]);
    }

    /** @internal */
    public function forget(int $token): void
    {
        unset($this->waiting[$token]);
    }

    /** @internal */
    public function resumeLater(Task $task): void
    {
        $this->ready[spl_object_id($task)] = $task;
        $this->wake();
    }

    /** @internal */
    public function ended(Task $task): void
    {
        $this->running--;
        if ($task->hasUnseenError()) {
            $this->failed[spl_object_id($task)] = $task;
        }
    }

    /** @internal */
    public function forgetError(Task $task): void
    {
        unset($this->failed[spl_object_id($task)]);
    }

    /** In a forked child the calls of the parent are cancelled, and have to be added to the queue again. */
    private function followFork(): void
    {
        if ($this->pid !== getmypid()) {
            $this->pid = (int) getmypid();
            foreach ($this->waiting as $token => [, $call]) {
                if (!$call->complete($this->queue->get(), $token)) {
                    $this->makeReady($token);
                }
            }
        }
    }

    /** Lets other tasks run: $waiting is the task that is suspended meanwhile, if there is one. */
    private function waitFor(?Task $waiting): void
    {
        $waiting === null ? $this->turn() : \Fiber::suspend();
    }

    /** Makes stream() readable, so that an event loop calls tick(). */
    private function wake(): void
    {
        Native::library()->aura_completions_wake($this->queue->get());
    }

    private function runTimers(): void
    {
        while (!$this->timers->isEmpty() && -$this->timers->top()['priority'] <= hrtime(true)) {
            $this->timers->extract()['data']();
        }
    }

    /** Makes the tasks of ended calls ready. It waits for at most one slice, so that signal handlers run. */
    private function collect(float $until): void
    {
        if (!$this->timers->isEmpty()) {
            $until = min($until, -$this->timers->top()['priority']);
        }
        $milliseconds = (int) max(0, min(Call::SLICE, ceil(($until - hrtime(true)) / 1e6)));
        $held = Signals::hold();
        try {
            $this->followFork();
            $tokens = Native::tokens(self::CAPACITY);
            do {
                $count = Native::library()->aura_completions_wait(
                    $this->queue->get(),
                    $milliseconds,
                    $tokens,
                    self::CAPACITY
                );
                $milliseconds = 0;
                for ($i = 0; $i < $count; $i++) {
                    $this->makeReady($tokens[$i]);
                }
            } while ($count === self::CAPACITY);
        } finally {
            Signals::release($held);
        }
    }

    /** Makes the task of an ended call ready, unless it no longer waits. */
    private function makeReady(int $token): void
    {
        if (isset($this->waiting[$token])) {
            [$task] = $this->waiting[$token];
            unset($this->waiting[$token]);
            $this->ready[spl_object_id($task)] = $task;
        }
    }
}
