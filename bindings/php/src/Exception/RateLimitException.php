<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 429, or the rate limit's window is longer than the call may wait; see `retryAfter`. */
final class RateLimitException extends ApiException
{
}
