package io.github.aurausers;

import java.lang.System.Logger;
import java.util.List;
import java.util.Map;

/** Passes the library's log lines to the logger, when a call ends, on its thread. */
final class Log {
  private static final int MOST = 10_000;
  private static final Logger LOGGER = System.getLogger("io.github.aurausers");
  private static final ThreadLocal<Boolean> IS_DELIVERING = new ThreadLocal<>();

  /** The level of the lines that the library stores, as a number of C, or 0 for none. */
  private static volatile int kept;

  private Log() {}

  /** Makes the library store the lines that the logger logs. */
  static void prepare() {
    int wanted = lowest();
    if (wanted != kept) {
      kept = wanted;
      Native.aura_log_keep(Math.max(wanted, 1), wanted == 0 ? 0 : MOST);
    }
  }

  /** Returns the level of the lines to store, as a number of C. */
  private static int lowest() {
    try {
      return LOGGER.isLoggable(Logger.Level.DEBUG)
          ? 1
          : LOGGER.isLoggable(Logger.Level.INFO)
              ? 2
              : LOGGER.isLoggable(Logger.Level.WARNING) ? 3 : 0;
    } catch (Throwable e) {
      report(e);
      return 0;
    }
  }

  /**
   * Logs the stored lines. It throws nothing, so that its caller keeps its result. If a log handler
   * makes calls, their lines are logged later.
   */
  static void deliver() {
    if (kept == 0 || IS_DELIVERING.get() != null) {
      return;
    }
    try {
      IS_DELIVERING.set(true);
      deliverAll();
    } catch (Throwable e) {
      report(e);
    } finally {
      IS_DELIVERING.remove();
    }
  }

  private static void deliverAll() {
    long[] json = new long[1];
    if (Native.aura_log_take(json, null) != Native.OK) {
      return;
    }
    Map<String, Object> log = Json.parseObject(Native.take(json));
    for (Object line : (List<?>) log.get("lines")) {
      Map<?, ?> fields = (Map<?, ?>) line;
      log(level((String) fields.get("level")), (String) fields.get("text"));
    }
    if (log.get("dropped") instanceof Long dropped && dropped > 0) {
      log(Logger.Level.WARNING, "log lines were dropped: " + dropped);
    }
  }

  /** A failure of the logger must not end the call. */
  private static void log(Logger.Level level, String text) {
    try {
      LOGGER.log(level, text);
    } catch (Throwable e) {
      report(e);
    }
  }

  /** Passes a failure to the thread's handler of uncaught exceptions. It throws nothing. */
  static void report(Throwable failure) {
    try {
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
    } catch (Throwable e) {
      // Java, too, ignores a failure of this handler.
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
