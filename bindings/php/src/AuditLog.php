<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Record;
use DateTimeImmutable;

/** A row of an audit log. */
final class AuditLog implements \JsonSerializable
{
    use Record;

    /** The name of each property in the JSON. */
    public const NAMES = [
        'action' => 'action',
        'userAgent' => 'user_agent',
        'params' => 'params',
        'insertedAt' => 'inserted_at',
    ];

    /** The action, such as `key.generate` or `release.publish`. */
    public readonly string $action;
    /** The user agent of the program that performed the action. The server stores its first 255 code points. */
    public readonly ?string $userAgent;
    /** The details. Each action has different details. */
    public readonly mixed $params;
    /** The time of the action in UTC; null if the server does not send it, like current servers. */
    public readonly ?DateTimeImmutable $insertedAt;
    /**
     * The fields without a property.
     *
     * @var array<string, mixed>
     */
    public readonly array $extra;

    /** @param string $rawJson the server's JSON, byte for byte */
    public function __construct(public readonly string $rawJson)
    {
        // The first read of an unset property calls __get().
        unset($this->action, $this->userAgent, $this->params, $this->insertedAt, $this->extra);
    }

    /**
     * Creates a row with the texts that the library has read.
     *
     * @internal
     */
    public static function of(string $rawJson, string $action, ?string $userAgent): self
    {
        $row = new self($rawJson);
        // The library replaces a NUL by U+FFFD. Then the text is read from the JSON.
        if (!str_contains("$action$userAgent", "\u{FFFD}")) {
            $row->action = $action;
            $row->userAgent = $userAgent;
        }
        return $row;
    }

    private function value(string $property): mixed
    {
        return match ($property) {
            'action' => $this->text('action') ?? '',
            'userAgent' => $this->text('user_agent'),
            'params' => $this->toArray()['params'] ?? null,
            'insertedAt' => $this->time('inserted_at'),
            'extra' => $this->others(),
            default => throw new \Error('Undefined property: ' . self::class . "::\$$property"),
        };
    }
}
