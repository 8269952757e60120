<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

/**
 * Holds the program's signal handlers while a result moves from C to PHP.
 *
 * A handler may throw. If it ran between the return of a C function and the use of its result, a row or a handle would
 * be lost. So handlers run only between two slices of a wait, and at the end of a call.
 *
 * @internal
 */
final class Signals
{
    private static ?bool $hasPcntl = null;

    /** Holds handlers. Returns whether they ran asynchronously before. */
    public static function hold(): bool
    {
        if (!(self::$hasPcntl ??= function_exists('pcntl_async_signals'))) {
            return false;
        }
        try {
            return pcntl_async_signals(false);
        } catch (\Throwable $e) {
            // A handler ran during this function and threw.
            pcntl_async_signals(true);
            throw $e;
        }
    }

    /** Runs the handlers of pending signals, which may throw. */
    public static function deliver(bool $held): void
    {
        if ($held) {
            pcntl_signal_dispatch();
        }
    }

    /** Lets handlers run asynchronously again if they did before, and runs those of pending signals. */
    public static function release(bool $held): void
    {
        if ($held) {
            pcntl_async_signals(true);
            pcntl_signal_dispatch();
        }
    }
}
