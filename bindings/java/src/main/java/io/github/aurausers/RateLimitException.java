package io.github.aurausers;

import java.util.Map;

/** 429, or the rate limit resets later than the timeouts allow. See {@link #retryAfter()}. */
public final class RateLimitException extends ApiException {
  private static final long serialVersionUID = 1L;

  RateLimitException(Map<String, Object> fields) {
    super(ErrorKind.RATE_LIMITED, fields);
  }
}
