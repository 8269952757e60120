<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\InvalidArgumentException;

/**
 * Converts values of PHP to text for C.
 *
 * @internal
 */
final class Options
{
    /**
     * Returns a handle of C with these options.
     *
     * @param array<mixed> $options
     */
    public static function native(#[\SensitiveParameter] array $options): Handle
    {
        $library = Native::library();
        $native = new Handle($library->aura_options_new(), 'aura_options_free', 'options');
        foreach ($options as $name => $value) {
            $text = self::text((string) $name, $value);
            $name = Text::check("an option's name", (string) $name);
            if ($library->aura_options_set($native->get(), $name, $text, Native::error()) !== Native::OK) {
                throw Native::takeError();
            }
        }
        return $native;
    }

    /**
     * Returns the options without null.
     *
     * @param array<mixed> $options
     * @return array<mixed>
     */
    public static function given(#[\SensitiveParameter] array $options): array
    {
        return array_filter($options, static fn (mixed $value): bool => $value !== null);
    }

    /**
     * Returns the options without null. Throws InvalidArgumentException if a call does not have one of them.
     *
     * @param array<mixed> $options
     * @return array<mixed>
     */
    public static function forCall(#[\SensitiveParameter] array $options): array
    {
        foreach ($options as $name => $_) {
            if ((OptionTable::OPTIONS[$name]['scope'] ?? null) === 'client') {
                self::refuse("$name is an option of a client, not of a call");
            }
        }
        return self::given($options);
    }

    private static function text(string $name, #[\SensitiveParameter] mixed $value): string
    {
        $option = OptionTable::OPTIONS[$name] ?? null;
        if ($option === null) {
            // C refuses the name and suggests another. Its message repeats neither name nor value if they may be
            // secret.
            return Text::check('an option', is_scalar($value) ? (string) $value : '');
        }
        $text = match ($option['type']) {
            'whole' => is_int($value) ? (string) $value : null,
            'seconds' => is_int($value) || is_float($value) ? (string) $value : null,
            'boolean' => is_bool($value) ? ($value ? 'true' : 'false') : null,
            'url', 'path' => is_string($value) || $value instanceof \Stringable ? (string) $value : null,
            default => is_string($value) ? $value : null,
        };
        return Text::check(
            $name,
            $text ?? self::refuse("$name is of type " . get_debug_type($value) . "; allowed: {$option['allowed']}")
        );
    }

    private static function refuse(string $message): never
    {
        throw InvalidArgumentException::because($message);
    }
}
