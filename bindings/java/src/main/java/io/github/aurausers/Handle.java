package io.github.aurausers;

import java.lang.ref.Cleaner;
import java.util.function.LongConsumer;

/**
 * Something that the C library made. It is freed once: when it is closed and no thread is beginning a call with it, or
 * by the garbage collector if nobody closed it.
 */
final class Handle implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final State state;
  private final Cleaner.Cleanable cleanable;

  Handle(String name, long address, LongConsumer free) {
    this.state = new State(name, address, free);
    this.cleanable = CLEANER.register(this, state);
  }

  /** The address, which stays valid until {@link #end()}. */
  long begin() {
    return state.begin();
  }

  void end() {
    state.end();
  }

  /** Refuses every call from now on. Closing twice is fine. */
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
