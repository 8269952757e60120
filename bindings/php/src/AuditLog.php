<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Record;
use DateTimeImmutable;

/** A row of an audit log. */
final class AuditLog implements \JsonSerializable
{
    use Record;

    /** Each property's name in the JSON. */
    public const NAMES = [
        'action' => 'action',
        'userAgent' => 'user_agent',
        'params' => 'params',
        'insertedAt' => 'inserted_at',
    ];

    /** What was done: `key.generate`, `release.publish` and the like. */
    public readonly string $action;
    /** The program that did it, cut by the server. */
    public readonly ?string $userAgent;
    /** The details. Their shape follows the action. */
    public readonly mixed $params;
    /** When it was done, in UTC; null if the server does not send it, as today's servers. */
    public readonly ?DateTimeImmutable $insertedAt;
    /**
     * The fields that have no property here.
     *
     * @var array<string, mixed>
     */
    public readonly array $extra;

    /** @param string $rawJson the server's own text, byte for byte */
    public function __construct(public readonly string $rawJson)
    {
        // Without a value __get() is asked for one, once.
        unset($this->action, $this->userAgent, $this->params, $this->insertedAt, $this->extra);
    }

    /**
     * A row whose texts the library has read.
     *
     * @internal
     */
    public static function of(string $rawJson, string $action, ?string $userAgent): self
    {
        $row = new self($rawJson);
        // C has U+FFFD for a NUL in a text.
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
