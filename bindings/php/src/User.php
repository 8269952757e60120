<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Internal\Record;
use DateTimeImmutable;

/** The record of a user. */
final class User implements \JsonSerializable
{
    use Record;

    /** The name of each property in the JSON. */
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

    /** The username. It is unique on the server and in lower case. */
    public readonly string $username;
    /** The full name, or null. */
    public readonly ?string $fullName;
    /** The public e-mail address, or null. */
    public readonly ?string $email;
    /**
     * Links to other accounts of the user: URLs by name.
     *
     * @var array<string, string>
     */
    public readonly array $handles;
    /** The URL of this record in the API. */
    public readonly ?string $url;
    /** The time of the creation in UTC. */
    public readonly ?DateTimeImmutable $insertedAt;
    /** The time of the last change in UTC. */
    public readonly ?DateTimeImmutable $updatedAt;
    /**
     * The packages that the user owns and that you may see; null if the server does not send them.
     *
     * @var list<Package>|null
     */
    public readonly ?array $packages;
    /**
     * The packages of the user: URLs by name. It is deprecated in the API.
     *
     * @var array<string, string>
     */
    public readonly array $ownedPackages;
    /**
     * The organizations of the user. Only getCurrentUser() returns them; otherwise this is null.
     *
     * @var list<Organization>|null
     */
    public readonly ?array $organizations;
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
