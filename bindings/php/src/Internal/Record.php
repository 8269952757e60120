<?php

declare(strict_types=1);

namespace AuraUsers\Internal;

use AuraUsers\Exception\DecodeException;
use DateTimeImmutable;
use DateTimeZone;

/**
 * A record of the server: its JSON, and its fields as typed, readonly properties.
 *
 * The first read of a property reads the JSON. To read all properties at once would take longer than the call.
 *
 * @internal
 */
trait Record
{
    /** The deepest JSON that is decoded. Deeper JSON is a DecodeException; rawJson still has it. */
    private static int $depth = 1000;

    /** @var array<string, string> the patterns of text(), by field */
    private static array $patterns = [];

    /** @var array<string, mixed>|null */
    private ?array $fields = null;
    /** Whether text() has searched the JSON with a pattern. */
    private bool $hasSearched = false;

    /** Returns the value of a property. */
    abstract private function value(string $property): mixed;

    /** @internal */
    public function __get(string $name): mixed
    {
        return $this->$name = $this->value($name);
    }

    /** @internal */
    public function __isset(string $name): bool
    {
        // `??` calls this and then __get(), so this must not set the property.
        return $name === 'extra' || isset(self::NAMES[$name]) && $this->value($name) !== null;
    }

    /**
     * Returns all fields with the server's names, also unknown fields. Integers that PHP cannot represent are strings.
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

    /**
     * Returns the server's fields for json_encode(). Integers that PHP cannot represent are strings, and json_encode()
     * fails for a number such as 1e400. rawJson is exact.
     */
    public function jsonSerialize(): mixed
    {
        return self::decoded($this->rawJson, false);
    }

    /** Returns whether both have the same JSON. */
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
        if ($this->fields === null && !$this->hasSearched) {
            $this->hasSearched = true;
            // A program that reads one text needs no other field. json_decode() reads a text with an escape.
            $pattern = self::$patterns[$name] ??= self::patternFor($name);
            if (preg_match($pattern, $this->rawJson, $found) === 1) {
                return $found['text'];
            }
        }
        $value = $this->toArray()[$name] ?? null;
        return is_string($value) ? $value : null;
    }

    /** Returns a pattern that matches an object up to the text of this name. The library has checked the JSON. */
    private static function patternFor(string $name): string
    {
        $text = '"(?:[^"\\\\]++|\\\\.)*+"';
        $list = "(?<list>[[{](?:[^][{}\"]++|$text|(?&list))*+[]}])";
        $other = "(?!\"$name\")$text\s*+:\s*+(?:$text|$list|[^][{}\",]++)\s*+,\s*+";
        return "~^\s*+\{\s*+(?:$other)*+\"$name\"\s*+:\s*+\"(?<text>[^\"\\\\]*+)\"~";
    }

    /** Returns a time in UTC, or null if the text is not a time. */
    private function time(string $name): ?DateTimeImmutable
    {
        // RFC 3339 allows other separators than T, and small letters.
        $pattern = '/^(\d{4}-\d\d-\d\d).(\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|([+-]\d\d:?\d\d))?$/Dis';
        if (!preg_match($pattern, $this->text($name) ?? '', $found)) {
            return null;
        }
        static $utc = null;
        $utc ??= new DateTimeZone('UTC');
        try {
            // With a Z, PHP takes ten times as long.
            return (new DateTimeImmutable("$found[1]T$found[2]" . ($found[3] ?? ''), $utc))->setTimezone($utc);
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
     * Returns a list of objects, or null if the field is not a list.
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
