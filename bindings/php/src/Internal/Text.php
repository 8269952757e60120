<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\InvalidArgumentException;

/**
 * Texts for C.
 *
 * @internal
 */
final class Text
{
    /** The text, if C can take it. */
    public static function of(string $name, #[\SensitiveParameter] string $text): string
    {
        return str_contains($text, "\0") ? throw InvalidArgumentException::because("$name contains a NUL") : $text;
    }

    /**
     * The texts of a list, if C can take them.
     *
     * @param array<mixed> $texts
     * @return list<string>
     */
    public static function all(string $name, #[\SensitiveParameter] array $texts): array
    {
        $all = [];
        foreach ($texts as $text) {
            $all[] = is_string($text)
                ? self::of($name, $text)
                : throw InvalidArgumentException::because("$name has to be a list of string, not of "
                    . get_debug_type($text));
        }
        return $all;
    }
}
