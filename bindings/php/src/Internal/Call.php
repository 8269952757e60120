<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Task;
use FFI\CData;

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

    private ?Handle $handle;

    private function __construct(Handle $handle)
    {
        $this->handle = $handle;
    }

    /** Returns whether a function of C may block, because no PHP code has to run meanwhile. */
    public static function mayBlock(bool $held): bool
    {
        return !$held && !self::isTimeCounted() && Task::current() === null;
    }

    /**
     * Starts a call.
     *
     * @param callable(CData, CData): int $start its arguments are the out-parameters for the call and the error
     */
    public static function start(callable $start): self
    {
        $place = Native::handle('aura_call');
        if ($start($place, Native::error()) !== Native::OK) {
            throw Native::takeError();
        }
        return new self(new Handle($place[0], 'aura_call_free', 'call'));
    }

    /** Returns whether result() has returned or thrown the result. */
    public function isTaken(): bool
    {
        return $this->handle === null;
    }

    public function cancel(): void
    {
        $this->end('aura_call_cancel');
    }

    /** Ends the call with a TimeoutException. */
    public function expire(): void
    {
        $this->end('aura_call_expire');
    }

    /** Puts the token into the queue when the call ends. */
    public function complete(CData $queue, int $token): void
    {
        if (Native::library()->aura_call_complete($this->handle?->get(), $queue, $token, Native::error()) !== 0) {
            throw Native::takeError();
        }
    }

    /**
     * Waits for the call and returns its JSON, or null at the end of a stream. If a signal handler throws, the call
     * continues, and you can call this method again.
     */
    public function result(bool $held): ?string
    {
        Task::current()?->wait($this, $held);
        while (($status = $this->take()) === Native::PENDING) {
            Signals::deliver($held);
        }
        // The out-parameters are read before another call can overwrite them.
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

    /** max_execution_time counts the time of a wait, except on Linux without threads: there it counts CPU time. */
    private static function isTimeCounted(): bool
    {
        return (PHP_ZTS || PHP_OS_FAMILY !== 'Linux') && (int) ini_get('max_execution_time') !== 0;
    }
}
