<?php

declare(strict_types=1);

namespace AuraUsers;

/** A package that a user owns. */
final class Package
{
    public function __construct(
        public readonly ?string $name,
        public readonly ?string $repository,
        public readonly ?string $url,
        public readonly ?string $htmlUrl,
    ) {
    }
}
