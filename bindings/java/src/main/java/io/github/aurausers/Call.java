package io.github.aurausers;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/**
 * A call that runs. Its result is taken once: by the thread that waits, or for a future. The caller
 * delivers the log lines afterwards.
 */
final class Call {
  /** A function of the library that starts a call. */
  @FunctionalInterface
  interface Start {
    int start(long handle, long options, long[] call, long[] error);
  }

  private long address;

  private Call(long address) {
    this.address = address;
  }

  /** Starts a call. Invalid arguments throw at once. */
  static Call begin(Handle handle, Options options, Start start) {
    Log.prepare();
    long[] call = new long[1];
    long[] error = new long[1];
    long of = handle.begin();
    try {
      long settings = options.make();
      try {
        Native.check(start.start(of, settings, call, error), error);
      } finally {
        if (settings != 0) {
          Native.aura_options_free(settings);
        }
      }
    } finally {
      handle.end();
    }
    return new Call(call[0]);
  }

  /** Waits for the result: null at the end of a stream. An interruption cancels the call. */
  String await() {
    CountDownLatch ended = new CountDownLatch(1);
    Completions.attach(address, ended::countDown);
    boolean isInterrupted = false;
    try {
      while (true) {
        try {
          ended.await();
          return take();
        } catch (InterruptedException e) {
          isInterrupted = true;
          cancel();
        }
      }
    } finally {
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Passes the result or the error to {@code taker}, which completes the future, on a thread of {@link
   * Workers}. The result is null at the end of a stream. If the future completes first, the call is cancelled.
   */
  void complete(CompletableFuture<?> future, BiConsumer<String, Throwable> taker) {
    Completions.attach(address, () -> Workers.run(() -> takeFor(taker)));
    var unused =
        future.whenComplete(
            (value, error) -> {
              if (error instanceof TimeoutException) {
                expire();
              } else {
                cancel();
              }
            });
  }

  private void takeFor(BiConsumer<String, Throwable> taker) {
    String json;
    try {
      json = take();
    } catch (RuntimeException | Error e) {
      taker.accept(null, e);
      return;
    }
    taker.accept(json, null);
  }

  /** Cancels the call if it runs. */
  synchronized void cancel() {
    if (address != 0) {
      Native.aura_call_cancel(address);
    }
  }

  /** Cancels the call because a deadline has passed. */
  private synchronized void expire() {
    if (address != 0) {
      Native.aura_call_expire(address);
    }
  }

  private String take() {
    long[] json = new long[1];
    long[] error = new long[1];
    long taken;
    synchronized (this) {
      taken = address;
      address = 0;
    }
    int status = Native.aura_call_wait(taken, 0, json, error);
    Native.aura_call_free(taken);
    Native.check(status, error);
    return Native.take(json);
  }
}
