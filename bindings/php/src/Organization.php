<?php

declare(strict_types=1);

namespace AuraUsers;

/** An organization, and the user's role in it: `admin`, `write` or `read` on hex.pm. */
final class Organization
{
    public function __construct(public readonly ?string $name, public readonly ?string $role)
    {
    }
}
