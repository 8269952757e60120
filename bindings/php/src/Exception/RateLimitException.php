<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 429, or the rate limit resets later than the timeouts of the call allow; see `retryAfter`. */
final class RateLimitException extends ApiException
{
}
