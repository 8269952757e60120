<?php

declare(strict_types=1);

namespace AuraUsers;

/** What the server last said of its rate limit: requests in a window, those left, and seconds until the next window. */
final class RateLimit
{
    public function __construct(
        public readonly int $limit,
        public readonly int $remaining,
        public readonly float $resetsIn,
    ) {
    }
}
