<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Native;
use Psr\Log\LoggerInterface;

/**
 * Sends log lines of the library to a logger at the end of each call: messages of the server, and at debug level every
 * request. By default warnings go to error_log().
 */
final class Log
{
    private const MOST = 10_000;
    private const LEVELS = ['debug' => 1, 'info' => 2, 'warning' => 3, 'warn' => 3];

    private static ?LoggerInterface $logger = null;
    /** The lowest level of the lines to log; 0 is off. */
    private static int $level = 3;
    /** The level that the library has; null if this request has not set it. */
    private static ?int $kept = null;
    /** @var array<int, true> the fibers in which the logger runs, by object id; 0 is no fiber */
    private static array $delivering = [];

    /**
     * Sets a PSR-3 logger. `$lowest` is the lowest level of its lines: `debug`, `info` or `warning`.
     */
    public static function to(LoggerInterface $logger, string $lowest = 'debug'): void
    {
        self::$level = self::LEVELS[$lowest] ?? throw Exception\InvalidArgumentException::because(
            "lowest is \"$lowest\"; allowed: debug, info or warning"
        );
        self::$logger = $logger;
        self::follow();
    }

    /** Turns the log off. */
    public static function off(): void
    {
        self::$logger = null;
        self::$level = 0;
        self::follow();
    }

    /**
     * Sets the level of the lines that the library keeps.
     *
     * @internal
     */
    public static function follow(): void
    {
        if (self::$kept === self::$level) {
            return;
        }
        // Drops the lines of an earlier request of this process.
        Native::library()->aura_log_keep(1, 0);
        if (self::$level > 0) {
            Native::library()->aura_log_keep(self::$level, self::MOST);
        }
        self::$kept = self::$level;
    }

    /**
     * Passes the new lines to the logger. A logger may make calls: their lines follow with the next call's, not inside
     * the logger.
     *
     * @internal
     */
    public static function deliver(): void
    {
        $fiber = \Fiber::getCurrent();
        $id = $fiber === null ? 0 : spl_object_id($fiber);
        if (self::$level === 0 || isset(self::$delivering[$id])) {
            return;
        }
        if (Native::library()->aura_log_take(Native::text(), null) !== Native::OK) {
            return;
        }
        $log = json_decode(Native::takeText(), true);
        self::$delivering[$id] = true;
        try {
            foreach ($log['lines'] as $line) {
                self::write($line['level'] === 'warn' ? 'warning' : $line['level'], $line['text'], $line);
            }
            if ($log['dropped'] > 0) {
                self::write('warning', "{$log['dropped']} lines of the log were dropped", []);
            }
        } catch (\Throwable $e) {
            error_log("aura-users: the logger failed: {$e->getMessage()}");
        } finally {
            unset(self::$delivering[$id]);
        }
    }

    /** @param array<string, mixed> $context */
    private static function write(string $level, string $text, array $context): void
    {
        if (self::$level === 0) {
            return; // a logger may turn the log off
        }
        if (self::$logger === null) {
            error_log("aura-users: $text");
        } else {
            unset($context['level'], $context['text'], $context['message']);
            self::$logger->log($level, $text, array_filter($context, static fn (mixed $value) => $value !== null));
        }
    }
}
