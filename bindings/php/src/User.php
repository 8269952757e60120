<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Record;
use DateTimeImmutable;

/** A user's record. */
final class User implements \JsonSerializable
{
    use Record;

    /** Each property's name in the JSON. */
    public const NAMES = [
        'username' => 'username',
        'fullName' => 'full_name',
        'email' => 'email',
        'handles' => 'handles',
        'url' => 'url',
        'insertedAt' => 'inserted_at',
        'updatedAt' => 'updated_at',
        'packages' => 'packages',
        'ownedPackages' => 'owned_packages',
        'organizations' => 'organizations',
    ];

    /** The name, unique on the server, in lower case. */
    public readonly string $username;
    /** The person's name, if they gave one. */
    public readonly ?string $fullName;
    /** The public e-mail address, if there is one. */
    public readonly ?string $email;
    /**
     * Links to the person's other accounts, by display name.
     *
     * @var array<string, string>
     */
    public readonly array $handles;
    /** Where the API has this record. */
    public readonly ?string $url;
    /** When the account was made, in UTC. */
    public readonly ?DateTimeImmutable $insertedAt;
    /** When the account was last changed, in UTC. */
    public readonly ?DateTimeImmutable $updatedAt;
    /**
     * The packages that the user owns and the caller may see; null if the server does not send them.
     *
     * @var list<Package>|null
     */
    public readonly ?array $packages;
    /**
     * The packages' URLs by name; deprecated by the server.
     *
     * @var array<string, string>
     */
    public readonly array $ownedPackages;
    /**
     * Of the current user's record alone; null if the server does not send them.
     *
     * @var list<Organization>|null
     */
    public readonly ?array $organizations;
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
        unset(
            $this->username,
            $this->fullName,
            $this->email,
            $this->handles,
            $this->url,
            $this->insertedAt,
            $this->updatedAt,
            $this->packages,
            $this->ownedPackages,
            $this->organizations,
            $this->extra
        );
    }

    private function value(string $property): mixed
    {
        return match ($property) {
            'username' => $this->text('username') ?? '',
            'fullName', 'email', 'url' => $this->text(self::NAMES[$property]),
            'handles', 'ownedPackages' => $this->map(self::NAMES[$property]),
            'insertedAt', 'updatedAt' => $this->time(self::NAMES[$property]),
            'packages' => $this->objects('packages', static fn (array $one) => new Package(
                $one['name'] ?? null,
                $one['repository'] ?? null,
                $one['url'] ?? null,
                $one['html_url'] ?? null,
            )),
            'organizations' => $this->objects('organizations', static fn (array $one) => new Organization(
                $one['name'] ?? null,
                $one['role'] ?? null,
            )),
            'extra' => $this->others(),
            default => throw new \Error('Undefined property: ' . self::class . "::\$$property"),
        };
    }
}
