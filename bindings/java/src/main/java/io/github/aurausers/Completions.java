package io.github.aurausers;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs a task when a call ends. One daemon thread waits for all calls of the process, so no other
 * thread waits in C, and a virtual thread does not block its carrier. It runs no code of the program.
 */
final class Completions {
  private static final Map<Long, Runnable> WAITING = new ConcurrentHashMap<>();
  private static final AtomicLong TOKENS = new AtomicLong();
  private static final long QUEUE = Native.aura_completions_new();

  static {
    Thread thread = new Thread(null, Completions::run, "aura-users-completions", 256 * 1024, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    thread.start();
  }

  private Completions() {}

  /** Runs {@code onEnd} when the call ends. It must be short. */
  static void attach(long call, Runnable onEnd) {
    long token = TOKENS.incrementAndGet();
    long[] error = new long[1];
    WAITING.put(token, onEnd);
    Native.check(Native.aura_call_complete(call, QUEUE, token, error), error);
  }

  /** The thread must not end: all other calls need it. */
  private static void run(Runnable onEnd) {
    try {
      onEnd.run();
    } catch (Throwable e) { // for example, there is no memory for a thread
      Log.report(e);
    }
  }

  private static void run() {
    long[] tokens = new long[64];
    while (true) {
      int count = Native.aura_completions_wait(QUEUE, -1, tokens, tokens.length);
      for (int i = 0; i < count; i++) {
        run(WAITING.remove(tokens[i]));
      }
    }
  }
}
