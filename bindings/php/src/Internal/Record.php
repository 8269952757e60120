<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\DecodeException;
use DateTimeImmutable;
use DateTimeZone;

/**
 * What the server sent: its JSON, and its fields as typed, readonly properties.
 *
 * A property is read from the JSON when it is first asked for: reading them all costs more than the call itself.
 *
 * @internal
 */
trait Record
{
    /** The nesting of JSON that is read; deeper JSON is a DecodeException, and rawJson still has it. */
    private static int $depth = 1000;

    /** @var array<string, string> by the name of a text */
    private static array $patterns = [];

    /** @var array<string, mixed>|null */
    private ?array $fields = null;
    /** Whether a text was looked for without decoding all. */
    private bool $hasLooked = false;

    /** The value of a property. */
    abstract private function value(string $property): mixed;

    /** @internal */
    public function __get(string $name): mixed
    {
        return $this->$name = $this->value($name);
    }

    /** @internal */
    public function __isset(string $name): bool
    {
        // `??` asks this and then __get(), so the property has to stay without a value here.
        return $name === 'extra' || isset(self::NAMES[$name]) && $this->value($name) !== null;
    }

    /**
     * All fields as the server names them, unknown ones included.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        if ($this->fields === null) {
            $fields = self::decoded($this->rawJson, true);
            $this->fields = is_array($fields) ? $fields : throw DecodeException::because('the JSON is not an object');
        }
        return $this->fields;
    }

    /** For json_encode(): the server's own fields. rawJson has them byte for byte. */
    public function jsonSerialize(): mixed
    {
        return self::decoded($this->rawJson, false);
    }

    /** Whether both have the same JSON. */
    public function equals(self $other): bool
    {
        return $this->rawJson === $other->rawJson;
    }

    /** @return array{string} */
    public function __serialize(): array
    {
        return [$this->rawJson];
    }

    /** @param array{string} $data */
    public function __unserialize(array $data): void
    {
        $this->__construct($data[0]);
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        return $this->toArray();
    }

    private static function decoded(string $json, bool $asArray): mixed
    {
        try {
            return json_decode($json, $asArray, self::$depth, JSON_THROW_ON_ERROR | JSON_BIGINT_AS_STRING);
        } catch (\JsonException $e) {
            throw DecodeException::because("the JSON cannot be read: {$e->getMessage()}");
        }
    }

    private function text(string $name): ?string
    {
        if ($this->fields === null && !$this->hasLooked) {
            $this->hasLooked = true;
            // Who reads one text needs no other field decoded. A text with an escape is left to json_decode().
            $pattern = self::$patterns[$name] ??= self::patternFor($name);
            if (preg_match($pattern, $this->rawJson, $found) === 1) {
                return $found['text'];
            }
        }
        $value = $this->toArray()[$name] ?? null;
        return is_string($value) ? $value : null;
    }

    /** Matches an object up to the text of this name, with other members before it. The library has checked the JSON. */
    private static function patternFor(string $name): string
    {
        $text = '"(?:[^"\\\\]++|\\\\.)*+"';
        $list = "(?<list>[[{](?:[^][{}\"]++|$text|(?&list))*+[]}])";
        $other = "(?!\"$name\")$text\s*+:\s*+(?:$text|$list|[^][{}\",]++)\s*+,\s*+";
        return "~^\s*+\{\s*+(?:$other)*+\"$name\"\s*+:\s*+\"(?<text>[^\"\\\\]*+)\"~";
    }

    /** A time in UTC; null if it is none. */
    private function time(string $name): ?DateTimeImmutable
    {
        $text = $this->text($name);
        if ($text === null || !preg_match('/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/D', $text)) {
            return null;
        }
        static $utc = null;
        $utc ??= new DateTimeZone('UTC');
        try {
            // PHP takes ten times as long for a Z.
            return (new DateTimeImmutable(rtrim($text, 'Z'), $utc))->setTimezone($utc);
        } catch (\Exception) {
            return null;
        }
    }

    /** @return array<string, mixed> */
    private function map(string $name): array
    {
        $value = $this->toArray()[$name] ?? null;
        return is_array($value) ? $value : [];
    }

    /**
     * A list of objects; null if there is none.
     *
     * @template T of object
     * @param callable(array<string, mixed>): T $make
     * @return list<T>|null
     */
    private function objects(string $name, callable $make): ?array
    {
        $list = $this->toArray()[$name] ?? null;
        return is_array($list) ? array_map($make, array_values(array_filter($list, is_array(...)))) : null;
    }

    /** @return array<string, mixed> */
    private function others(): array
    {
        return array_diff_key($this->toArray(), array_flip(self::NAMES));
    }
}
