package io.github.aurausers;

import java.lang.ref.Cleaner;
import java.util.function.LongConsumer;

/**
 * A handle of the C library. It is freed once: after close, when no thread uses it, or by the garbage collector if it
 * was not closed.
 */
final class Handle implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final State state;
  private final Cleaner.Cleanable cleanable;

  Handle(String name, long address, LongConsumer free) {
    this.state = new State(name, address, free);
    this.cleanable = CLEANER.register(this, state);
  }

  /** Returns the address. It is valid until {@link #end()}. */
  long begin() {
    return state.begin();
  }

  void end() {
    state.end();
  }

  /** Refuses every later call. You may call it again. */
  @Override
  public void close() {
    cleanable.clean();
  }

  private static final class State implements Runnable {
    private final String name;
    private final long address;
    private final LongConsumer free;
    private int users;
    private boolean isClosed;

    State(String name, long address, LongConsumer free) {
      this.name = name;
      this.address = address;
      this.free = free;
    }

    synchronized long begin() {
      if (isClosed) {
        throw new InvalidArgumentException("the " + name + " is closed");
      }
      users++;
      return address;
    }

    void end() {
      boolean isLast;
      synchronized (this) {
        users--;
        isLast = isClosed && users == 0;
      }
      if (isLast) {
        free.accept(address);
      }
    }

    @Override
    public void run() {
      boolean isLast;
      synchronized (this) {
        isClosed = true;
        isLast = users == 0;
      }
      if (isLast) {
        free.accept(address);
      }
    }
  }
}
