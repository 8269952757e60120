package io.github.aurausers;

import java.time.Duration;
import java.util.Map;

/**
 * What the server last said of its rate limit.
 *
 * @param limit requests allowed in a window
 * @param remaining requests left in this window
 * @param resetsIn the time until the next window, as of the moment it was asked for
 */
public record RateLimit(long limit, long remaining, Duration resetsIn) {
  static RateLimit read(String json) {
    Map<String, Object> fields = Json.parseObject(json);
    return new RateLimit(
        (Long) fields.get("limit"),
        (Long) fields.get("remaining"),
        Duration.ofMillis((Long) fields.get("resets_in_ms")));
  }
}
