<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Call;
use AuraUsers\Internal\Handle;
use AuraUsers\Internal\Native;
use AuraUsers\Internal\Signals;
use SplPriorityQueue;

/**
 * Runs many calls at once: each task is a fiber, and the calls in it let other tasks run.
 *
 * It waits by itself in all(), run() and Task::await(). An event loop such as Revolt or ReactPHP watches stream()
 * instead, and calls tick() when that is readable.
 */
final class Scheduler
{
    /** So many calls' ends are taken at once. */
    private const CAPACITY = 64;

    private readonly Handle $queue;
    /** @var resource|null */
    private $stream = null;
    private int $descriptor = -1;
    private int $lastToken = 0;
    /** @var array<int, array{Task, Call}> the tasks that wait for a call, by token */
    private array $waiting = [];
    /** The process that the calls belong to. */
    private int $pid;
    /** @var array<int, Task> the tasks that can go on, by their object ids */
    private array $ready = [];
    /** @var list<Task> the tasks that failed, and nobody looked */
    private array $failed = [];
    private int $running = 0;
    /** @var SplPriorityQueue<int, callable> by the time, negative, in ns */
    private SplPriorityQueue $timers;

    public function __construct()
    {
        $this->queue = new Handle(Native::library()->aura_completions_new(), 'aura_completions_free', 'scheduler');
        $this->pid = (int) getmypid();
        $this->timers = new SplPriorityQueue();
        $this->timers->setExtractFlags(SplPriorityQueue::EXTR_BOTH);
    }

    /** Begins a task, which runs at once until it waits for a call. */
    public function spawn(callable $work, mixed ...$arguments): Task
    {
        $task = new Task($this, static fn (): mixed => $work(...$arguments));
        $this->running++;
        $task->run();
        return $task;
    }

    /**
     * Runs all of these, at most `$atOnce` at once, and returns their results by their keys. If one throws, the others
     * are cancelled.
     *
     * @template K of array-key
     * @template T
     * @param iterable<K, callable(): T> $works
     * @return array<K, T>
     */
    public function all(iterable $works, int $atOnce = 1000): array
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
            // It comes from $works, a signal handler, a timer or a callback. No task of this call stays behind.
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

    /** Waits until all tasks have ended. Throws the first exception of a task that nobody awaited. */
    public function run(): void
    {
        while ($this->running > 0) {
            $this->turn();
        }
        while ($this->failed !== []) {
            $error = array_shift($this->failed)->takeUnseenError();
            if ($error !== null) {
                throw $error;
            }
        }
    }

    /** Calls this after so many seconds, if the scheduler runs then: `$scheduler->after(2.5, $task->expire(...))`. */
    public function after(float $seconds, callable $action): void
    {
        $this->timers->insert($action, -(hrtime(true) + $seconds * 1e9));
    }

    /** Whether all tasks have ended. */
    public function isIdle(): bool
    {
        return $this->running === 0;
    }

    /**
     * A stream that is readable when tick() has something to do, for stream_select() and event loops. Do not close it.
     * PHP has it on the command line only.
     *
     * @return resource
     */
    public function stream()
    {
        $descriptor = Native::library()->aura_completions_fd($this->queue->get());
        // A forked child has another one.
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

    /** Runs the tasks whose calls have ended, and waits for one so many seconds at most. */
    public function tick(float $seconds = 0): void
    {
        $until = hrtime(true) + $seconds * 1e9;
        do {
            $this->runTimers();
            $this->collect($this->ready === [] ? $until : 0);
        } while ($this->ready === [] && hrtime(true) < $until);
        try {
            // A task that becomes ready meanwhile runs in the next tick.
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
     * Waits until a task goes on.
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
     * Has the task go on when the call has ended.
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
            $this->failed[] = $task;
        }
    }

    /** In a forked child the calls of the parent have ended as cancelled, and come into the queue when asked to. */
    private function followFork(): void
    {
        if ($this->pid !== getmypid()) {
            $this->pid = (int) getmypid();
            foreach ($this->waiting as $token => [, $call]) {
                $call->complete($this->queue->get(), $token);
            }
        }
    }

    /** Lets other tasks run: while this one is suspended, or by themselves. */
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

    /** Takes the tokens of the calls that have ended. It waits in slices, so that signal handlers run. */
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
                    if (isset($this->waiting[$tokens[$i]])) {
                        [$task] = $this->waiting[$tokens[$i]];
                        unset($this->waiting[$tokens[$i]]);
                        $this->ready[spl_object_id($task)] = $task;
                    }
                }
            } while ($count === self::CAPACITY);
        } finally {
            Signals::release($held);
        }
    }
}
