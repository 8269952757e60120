<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\InvalidArgumentException;

/**
 * Checks text for C, which would cut it at a NUL.
 *
 * @internal
 */
final class Text
{
    /** Returns the text. Throws InvalidArgumentException if it contains a NUL. */
    public static function check(string $name, #[\SensitiveParameter] string $text): string
    {
        return str_contains($text, "\0") ? throw InvalidArgumentException::because("$name contains a NUL") : $text;
    }

    /**
     * Returns the texts of a list. Throws InvalidArgumentException for other types and for a NUL.
     *
     * @param array<mixed> $texts
     * @return list<string>
     */
    public static function checkAll(string $name, #[\SensitiveParameter] array $texts): array
    {
        $all = [];
        foreach ($texts as $text) {
            $all[] = is_string($text)
                ? self::check($name, $text)
                : throw InvalidArgumentException::because("$name must contain only strings, not "
                    . get_debug_type($text));
        }
        return $all;
    }
}
