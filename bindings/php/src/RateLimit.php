<?php

declare(strict_types=1);

namespace AuraUsers;

/** The last rate limit that the server sent: requests in a window, remaining requests, seconds until the next window. */
final class RateLimit
{
    public function __construct(
        public readonly int $limit,
        public readonly int $remaining,
        public readonly float $resetsIn,
    ) {
    }
}
