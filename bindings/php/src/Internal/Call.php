<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Task;
use FFI\CData;

/**
 * A call under way on the library's thread.
 *
 * There are two ways to wait. A blocking function of C takes half the CPU, and nothing of PHP runs meanwhile. A started
 * call is waited for in slices, between which PHP handles signals and time limits, and other fibers run. C could also
 * ask PHP by a callback whether to go on; but an exception, exit() or a fatal error in a callback of FFI ends the whole
 * process, and signal handlers throw.
 *
 * @internal
 */
final class Call
{
    /** In milliseconds. */
    public const SLICE = 50;

    private ?Handle $handle;

    private function __construct(Handle $handle)
    {
        $this->handle = $handle;
    }

    /** Whether a function of C may block: if nothing of PHP can want to run meanwhile. */
    public static function mayBlock(bool $held): bool
    {
        return !$held && !self::isTimeCounted() && Task::current() === null;
    }

    /**
     * Begins a call by a function that starts it.
     *
     * @param callable(CData, CData): int $start takes the places for the call and the error
     */
    public static function begin(callable $start): self
    {
        $place = Native::handle('aura_call');
        if ($start($place, Native::error()) !== Native::OK) {
            throw Native::takeError();
        }
        return new self(new Handle($place[0], 'aura_call_free', 'call'));
    }

    /** Whether somebody has the result. */
    public function isTaken(): bool
    {
        return $this->handle === null;
    }

    public function cancel(): void
    {
        $this->end('aura_call_cancel');
    }

    /** Ends the call because a time of the program's is over. */
    public function expire(): void
    {
        $this->end('aura_call_expire');
    }

    /** Has the token come into the queue when the call has ended. */
    public function complete(CData $queue, int $token): void
    {
        if (Native::library()->aura_call_complete($this->handle?->get(), $queue, $token, Native::error()) !== 0) {
            throw Native::takeError();
        }
    }

    /**
     * Waits for the call and returns its JSON; null if a stream is over. If a signal handler throws meanwhile, the call
     * goes on, and this may be called again.
     */
    public function result(bool $held): ?string
    {
        Task::current()?->wait($this, $held);
        while (($status = $this->take()) === Native::PENDING) {
            Signals::deliver($held);
        }
        // What is in the places is taken before anything else.
        try {
            return match ($status) {
                Native::OK => Native::takeText(),
                Native::END => null,
                default => throw Native::takeError(),
            };
        } finally {
            $this->handle?->close();
            $this->handle = null;
        }
    }

    private function take(): int
    {
        return Native::library()->aura_call_wait($this->handle?->get(), self::SLICE, Native::text(), Native::error());
    }

    private function end(string $function): void
    {
        if ($this->handle !== null) {
            Native::library()->$function($this->handle->get());
        }
    }

    /** On Linux max_execution_time counts CPU time alone, of which a wait takes none, except in builds with threads. */
    private static function isTimeCounted(): bool
    {
        return (PHP_ZTS || PHP_OS_FAMILY !== 'Linux') && (int) ini_get('max_execution_time') !== 0;
    }
}
