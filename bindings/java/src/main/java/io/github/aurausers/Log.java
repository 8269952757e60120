package io.github.aurausers;

import java.lang.System.Logger;
import java.util.List;
import java.util.Map;

/** Gives the library's log lines to the logger. They are fetched when a call ends, by its thread. */
final class Log {
  private static final int MOST = 10_000;
  private static final Logger LOGGER = System.getLogger("io.github.aurausers");
  private static final ThreadLocal<Boolean> IS_DELIVERING = new ThreadLocal<>();

  /** What the library keeps: a level as C has it, or 0 for nothing. */
  private static volatile int kept;

  private Log() {}

  /** Has the library keep the lines that the logger wants now. */
  static void prepare() {
    int wanted =
        LOGGER.isLoggable(Logger.Level.DEBUG)
            ? 1
            : LOGGER.isLoggable(Logger.Level.INFO)
                ? 2
                : LOGGER.isLoggable(Logger.Level.WARNING) ? 3 : 0;
    if (wanted != kept) {
      kept = wanted;
      Native.aura_log_keep(Math.max(wanted, 1), wanted == 0 ? 0 : MOST);
    }
  }

  /** Logs what is there. A log handler that makes calls gets their lines later. */
  static void deliver() {
    if (kept == 0 || IS_DELIVERING.get() != null) {
      return;
    }
    long[] json = new long[1];
    if (Native.aura_log_take(json, null) != Native.OK) {
      return;
    }
    Map<String, Object> log = Json.parseObject(Native.take(json));
    IS_DELIVERING.set(true);
    try {
      for (Object line : (List<?>) log.get("lines")) {
        Map<?, ?> fields = (Map<?, ?>) line;
        LOGGER.log(level((String) fields.get("level")), (String) fields.get("text"));
      }
      if (log.get("dropped") instanceof Long dropped && dropped > 0) {
        LOGGER.log(Logger.Level.WARNING, dropped + " log lines were dropped");
      }
    } finally {
      IS_DELIVERING.remove();
    }
  }

  private static Logger.Level level(String name) {
    return switch (name) {
      case "warn" -> Logger.Level.WARNING;
      case "info" -> Logger.Level.INFO;
      default -> Logger.Level.DEBUG;
    };
  }
}
