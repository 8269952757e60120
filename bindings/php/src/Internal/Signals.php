<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

/**
 * Keeps the program's signal handlers away while something changes hands between C and PHP.
 *
 * A handler may throw. If it ran between a C function's return and the use of its result, a row or a handle would be
 * lost. So handlers wait during a call, and run between two slices of its wait, and at its end.
 *
 * @internal
 */
final class Signals
{
    private static ?bool $hasPcntl = null;

    /** Has handlers wait; whether they ran by themselves until now. */
    public static function hold(): bool
    {
        if (!(self::$hasPcntl ??= function_exists('pcntl_async_signals'))) {
            return false;
        }
        try {
            return pcntl_async_signals(false);
        } catch (\Throwable $e) {
            // A handler ran just before, and threw.
            pcntl_async_signals(true);
            throw $e;
        }
    }

    /** Runs the handlers that wait; they may throw. */
    public static function deliver(bool $held): void
    {
        if ($held) {
            pcntl_signal_dispatch();
        }
    }

    /** Lets handlers run by themselves again, if they did so before; those that wait run now. */
    public static function release(bool $held): void
    {
        if ($held) {
            pcntl_async_signals(true);
            pcntl_signal_dispatch();
        }
    }
}
