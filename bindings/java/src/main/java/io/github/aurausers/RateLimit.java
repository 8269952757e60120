package io.github.aurausers;

import java.time.Duration;
import java.util.Map;

/**
 * A rate limit of the server.
 *
 * @param limit the number of requests in a window
 * @param remaining the number of requests left in this window
 * @param resetsIn the time until the next window
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
