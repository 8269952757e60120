<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\AuraException;
use AuraUsers\Exception\LibraryException;
use FFI;
use FFI\CData;

/**
 * The C library, and the out-parameters of its functions.
 *
 * One set of out-parameters is enough, because PHP runs one function of C at a time. Signals holds handlers until the
 * result is read.
 *
 * @internal
 */
final class Native
{
    // generated: statuses
    public const OK = 0;
    public const END = 1;
    public const PENDING = 2;
    // end of generated: statuses

    private const SCOPE = 'AURA_USERS';

    private static ?FFI $library = null;
    private static CData $text;
    private static CData $error;
    /** @var list<CData> */
    private static array $fields;
    /** @var array<string, CData> the out-parameters for handles, by type */
    private static array $handles = [];

    /** Returns the functions of the C library, with their names in C. */
    public static function library(): FFI
    {
        return self::$library ?? self::load();
    }

    /** Loads the library for all later requests, unless ffi.preload has loaded it. preload.php calls this. */
    public static function preload(): void
    {
        if (self::scope() !== null) {
            return;
        }
        $file = tempnam(sys_get_temp_dir(), 'aura');
        if ($file === false || file_put_contents($file, Library::header()) === false) {
            throw new LibraryException('no temporary file can be written for FFI::load(): set sys_temp_dir');
        }
        try {
            FFI::load($file);
        } catch (FFI\Exception $e) {
            $hint = 'If opcache.preload_user is set, write the output of bin/aura-users-header into a file, and set '
                . 'ffi.preload to that file';
            throw new LibraryException("{$e->getMessage()} $hint", previous: $e);
        } finally {
            unlink($file);
        }
    }

    /** The out-parameter for a text, a char **. */
    public static function text(): CData
    {
        return self::$text;
    }

    /** The out-parameter for an error, an aura_error **. */
    public static function error(): CData
    {
        return self::$error;
    }

    /**
     * The out-parameters for the action, user agent and JSON of a row, three const char **.
     *
     * @return list<CData>
     */
    public static function fields(): array
    {
        return self::$fields;
    }

    /** The out-parameter for a handle, such as an aura_call **. */
    public static function handle(string $type): CData
    {
        return self::$handles[$type] ??= self::library()->new("{$type} *[1]");
    }

    /** Reads and frees the text of text(). */
    public static function takeText(): string
    {
        $pointer = self::$text[0];
        $text = FFI::string($pointer);
        self::$library?->aura_string_free($pointer);
        return $text;
    }

    /** Converts the error of error() to an exception, and frees it. */
    public static function takeError(): AuraException
    {
        return AuraException::fromJson(self::takeErrorJson());
    }

    /** Reads and frees the error of error(). */
    public static function takeErrorJson(): string
    {
        $pointer = self::$error[0];
        $json = self::library()->aura_error_json($pointer);
        self::library()->aura_error_free($pointer);
        return $json;
    }

    /**
     * Converts texts to an array of C. The second value keeps its memory.
     *
     * @param list<string> $texts
     * @return array{?CData, list<CData>}
     */
    public static function texts(array $texts): array
    {
        if ($texts === []) {
            return [null, []];
        }
        $array = self::library()->new('const char *[' . count($texts) . ']');
        $kept = [];
        foreach ($texts as $i => $text) {
            $kept[$i] = self::library()->new('char[' . (strlen($text) + 1) . ']');
            FFI::memcpy($kept[$i], "$text\0", strlen($text) + 1);
            $array[$i] = self::library()->cast('const char *', $kept[$i]);
        }
        return [$array, $kept];
    }

    /** The array for tokens, a uint64_t *. */
    public static function tokens(int $capacity): CData
    {
        return self::$handles["tokens $capacity"] ??= self::library()->new("uint64_t[$capacity]");
    }

    private static function load(): FFI
    {
        if (!extension_loaded('ffi')) {
            throw new LibraryException('the extension FFI is not loaded: install it (Debian: php-common has it), '
                . 'and put `extension=ffi` into php.ini');
        }
        $library = self::scope() ?? self::define();
        Library::checkVersion('the preloaded library', $library->aura_version());
        self::$text = $library->new('char *[1]');
        self::$error = $library->new('aura_error *[1]');
        self::$fields = array_map(static fn () => $library->new('const char *[1]'), range(1, 3));
        return self::$library = $library;
    }

    /** Returns the library that ffi.preload or preload.php has loaded. */
    private static function scope(): ?FFI
    {
        try {
            return FFI::scope(self::SCOPE);
        } catch (FFI\Exception) {
            return null;
        }
    }

    private static function define(): FFI
    {
        try {
            FFI::cdef('');
        } catch (FFI\Exception $e) {
            throw new LibraryException(self::whyForbidden(), previous: $e);
        }
        return FFI::cdef(Library::declarations(), Library::path());
    }

    private static function whyForbidden(): string
    {
        $value = (string) ini_get('ffi.enable');
        $script = dirname(__DIR__, 2) . '/preload.php';
        return "php.ini has ffi.enable = \"$value\", so " . PHP_SAPI . ' may not use the C library. Set ffi.enable = '
            . "preload and opcache.preload = $script, or set ffi.enable = true";
    }
}
