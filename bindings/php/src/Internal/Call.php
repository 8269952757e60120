<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\AuraException;
use AuraUsers\Task;
use FFI\CData;
use WeakMap;

/**
 * A call that runs on a thread of the library.
 *
 * There are two ways to wait. A blocking function of C takes half the CPU, but no PHP code can run meanwhile. For a
 * started call, PHP waits in slices. Between them it handles signals and time limits, and other fibers run.
 *
 * An interrupt callback is no alternative: an exception, exit() or a fatal error in a callback of FFI ends the process.
 *
 * @internal
 */
final class Call
{
    /** The length of a slice in milliseconds. */
    public const SLICE = 50;

    /** null after the end of the call. */
    private ?Handle $handle;
    private int $status = Native::PENDING;
    /** The JSON of the result or of the error. */
    private string $json = '';
    /** @var WeakMap<Task, string>|null the method by which each task cancelled the call; null if it was not cancelled */
    private ?WeakMap $endings = null;

    private function __construct(Handle $handle)
    {
        $this->handle = $handle;
    }

    /** Returns whether a function of C may block, because no PHP code has to run meanwhile. */
    public static function mayBlock(bool $held): bool
    {
        // max_execution_time counts the time of a wait, except on Linux without threads: there it counts CPU time.
        $isTimeCounted = (PHP_ZTS || PHP_OS_FAMILY !== 'Linux') && (int) ini_get('max_execution_time') !== 0;
        return !$held && !$isTimeCounted && Task::current() === null;
    }

    /**
     * Starts a call.
     *
     * @param callable(CData, CData): int $start its arguments are the out-parameters for the call and the error
     */
    public static function start(#[\SensitiveParameter] callable $start): self
    {
        $place = Native::handle('aura_call');
        if ($start($place, Native::error()) !== Native::OK) {
            throw Native::takeError();
        }
        return new self(new Handle($place[0], 'aura_call_free', 'call'));
    }

    /** @param Task|null $by the task whose wait ends */
    public function cancel(?Task $by = null): void
    {
        $this->end('cancel', $by);
    }

    /** Ends the call with a TimeoutException. */
    public function expire(?Task $by = null): void
    {
        $this->end('expire', $by);
    }

    /** Returns whether cancel() or expire() was called. */
    public function isCancelled(): bool
    {
        return $this->endings !== null;
    }

    /** Returns the method by which the task cancelled the call, or null. */
    public function endingOf(?Task $task): ?string
    {
        return $task === null ? null : $this->endings[$task] ?? null;
    }

    /** Puts the token into the queue when the call ends. Returns false if a wait has seen its end already. */
    public function complete(CData $queue, int $token): bool
    {
        if ($this->handle === null) {
            return false;
        }
        if (Native::library()->aura_call_complete($this->handle->get(), $queue, $token, Native::error()) !== 0) {
            throw Native::takeError();
        }
        return true;
    }

    /** Waits for the call and returns its JSON, or null at the end of a stream. */
    public function result(bool $held): ?string
    {
        $this->wait($held);
        return $this->json();
    }

    /** Waits until the call has ended. If a signal handler throws, the call continues, and you can wait again. */
    public function wait(bool $held): void
    {
        Task::current()?->wait($this, $held);
        while (!$this->hasEnded()) {
            Signals::deliver($held);
        }
    }

    /** Returns whether the call has ended with a JSON. */
    public function hasJson(): bool
    {
        return $this->status === Native::OK;
    }

    /** Returns the JSON of a call that has ended, or null at the end of a stream. Throws the error of the call. */
    public function json(): ?string
    {
        return match ($this->status) {
            Native::OK => $this->json,
            Native::END => null,
            default => throw AuraException::fromJson($this->json),
        };
    }

    /** Waits for at most one slice, and stores the result. */
    private function hasEnded(): bool
    {
        if ($this->handle !== null) {
            $status = Native::library()
                ->aura_call_wait($this->handle->get(), self::SLICE, Native::text(), Native::error());
            if ($status === Native::PENDING) {
                return false;
            }
            $this->json = match ($status) {
                Native::OK => Native::takeText(),
                Native::END => '',
                default => Native::takeErrorJson(),
            };
            $this->status = $status;
            $this->handle->close();
            $this->handle = null;
        }
        return true;
    }

    private function end(string $how, ?Task $by): void
    {
        $this->endings ??= new WeakMap();
        if ($by !== null) {
            $this->endings[$by] = $how;
        }
        if ($this->handle !== null) {
            Native::library()->{"aura_call_$how"}($this->handle->get());
        }
    }
}
