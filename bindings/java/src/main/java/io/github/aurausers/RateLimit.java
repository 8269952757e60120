package io.github.aurausers;

import java.time.Duration;
import java.util.Map;

/**
 * A rate limit of the server. A number that is too large for a {@code long} is {@link Long#MAX_VALUE}.
 *
 * @param limit the number of requests in a window
 * @param remaining the number of requests left in this window
 * @param resetsIn the time until the next window
 */
public record RateLimit(long limit, long remaining, Duration resetsIn) {
  static RateLimit read(String json) {
    Map<String, Object> fields = Json.parseObject(json);
    return new RateLimit(
        number(fields.get("limit")),
        number(fields.get("remaining")),
        Duration.ofMillis(number(fields.get("resets_in_ms"))));
  }

  private static long number(Object value) {
    return value instanceof Long number ? number : Long.MAX_VALUE;
  }
}
