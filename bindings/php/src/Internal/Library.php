<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\LibraryException;
use AuraUsers\Version;
use FFI;

/**
 * Finds the C library: AURA_USERS_LIBRARY, then the folder of this package, then the system's.
 *
 * @internal
 */
final class Library
{
    private const ABI = '0.1';
    private const HEADER = __DIR__ . '/../../ffi/aura_users.h';

    /** Returns the path or name of a library with a matching version. Throws LibraryException. */
    public static function path(): string
    {
        // `true` reads the environment of the process, and not the variables of a web server's request.
        $chosen = getenv('AURA_USERS_LIBRARY', true);
        if (is_string($chosen) && $chosen !== '') {
            return self::checked($chosen, "AURA_USERS_LIBRARY is \"$chosen\", and it cannot be loaded");
        }
        $own = self::own();
        if (is_file($own)) {
            return self::checked($own, "$own cannot be loaded");
        }
        $system = self::system();
        return self::checked($system, 'the C library of aura-users was not found. Looked at: '
            . "AURA_USERS_LIBRARY (not set), $own (not there), the system's $system");
    }

    /** Returns the declarations for FFI::cdef(). */
    public static function declarations(): string
    {
        return (string) preg_replace('/^#.*\n/m', '', self::template());
    }

    /** Returns the header for FFI::load() and ffi.preload. Both read the path of the library from it. */
    public static function header(): string
    {
        $line = '#define FFI_LIB "' . self::path() . '"';
        return (string) preg_replace_callback('/^#define FFI_LIB .*$/m', static fn () => $line, self::template());
    }

    /** Throws LibraryException if this version of the library does not match the package. */
    public static function checkVersion(string $path, string $version): void
    {
        if (!str_starts_with($version, self::ABI . '.') || version_compare($version, Version::NUMBER) < 0) {
            throw new LibraryException("$path has version $version; this package needs " . self::ABI . ', at least '
                . Version::NUMBER);
        }
    }

    private static function template(): string
    {
        return (string) file_get_contents(self::HEADER);
    }

    private static function own(): string
    {
        $system = PHP_OS_FAMILY === 'Darwin' ? 'macos' : strtolower(PHP_OS_FAMILY);
        $machine = ['arm64' => 'aarch64', 'amd64' => 'x86_64'][php_uname('m')] ?? php_uname('m');
        $file = PHP_OS_FAMILY === 'Darwin' ? 'libaura_users.dylib' : 'libaura_users.so';
        return dirname(__DIR__, 2) . "/native/$system-$machine/$file";
    }

    private static function system(): string
    {
        $abi = self::ABI;
        return PHP_OS_FAMILY === 'Darwin' ? "libaura_users.$abi.dylib" : "libaura_users.so.$abi";
    }

    private static function checked(string $path, string $problem): string
    {
        try {
            $library = FFI::cdef('const char *aura_version(void);', $path);
            $found = $library->aura_version();
        } catch (FFI\Exception $e) {
            throw new LibraryException("$problem: {$e->getMessage()}", previous: $e);
        }
        self::checkVersion($path, $found);
        return $path;
    }
}
