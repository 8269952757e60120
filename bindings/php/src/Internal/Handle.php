<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\InvalidArgumentException;
use FFI\CData;
use WeakMap;

/**
 * Owns a handle of C. close() frees it, and so does the destructor.
 *
 * @internal
 */
final class Handle
{
    private const FATAL = E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;

    /** @var WeakMap<self, true>|null all open handles */
    private static ?WeakMap $open = null;

    private ?CData $handle;

    /**
     * @param string $free the C function that frees the handle
     * @param string $name its name in error messages
     */
    public function __construct(CData $handle, private readonly string $free, private readonly string $name)
    {
        $this->handle = $handle;
        self::$open ?? self::watch();
        self::$open[$this] = true;
    }

    public function __destruct()
    {
        $this->close();
    }

    /** Returns the handle. Throws InvalidArgumentException if it is closed. */
    public function get(): CData
    {
        return $this->handle ?? throw InvalidArgumentException::because("the {$this->name} is closed");
    }

    public function isClosed(): bool
    {
        return $this->handle === null;
    }

    public function close(): void
    {
        $handle = $this->handle;
        if ($handle !== null) {
            $this->handle = null;
            Native::library()->{$this->free}($handle);
        }
    }

    /** Frees all handles after a fatal error, because PHP then runs no destructors and a worker of php-fpm continues. */
    private static function watch(): void
    {
        self::$open = new WeakMap();
        register_shutdown_function(static function (): void {
            if (((error_get_last()['type'] ?? 0) & self::FATAL) !== 0) {
                foreach (self::$open ?? [] as $handle => $_) {
                    $handle->close();
                }
            }
        });
    }
}
