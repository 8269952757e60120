package io.github.aurausers;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Your own audit log, newest row first.
 *
 * <p>It returns every row that existed at its start exactly once and in order, even if other rows are
 * written meanwhile. After an error it keeps its position, and the next read requests the same page
 * again. Only one thread at a time may read, but any thread may call {@link #close()}. All iterators,
 * streams and pages of one object share its position.
 */
public final class AuditLogs implements Iterable<AuditLog>, AutoCloseable {
  private final Handle handle;
  private final Deque<AuditLog> atHand = new ArrayDeque<>();

  /** The reads that wait for their turn, because only one request runs at a time. */
  private final Queue<BooleanSupplier> waiting = new ArrayDeque<>();

  private boolean isReading;

  /** The page of the rows in {@code atHand}, or of the request. */
  private long page;

  /** Whether the rows of a request may have arrived and are not in {@code atHand} yet. */
  private boolean isRequested;

  /** The request that runs. */
  private Call call;

  private boolean isClosed;

  AuditLogs(Handle handle) {
    this.handle = handle;
  }

  /**
   * Returns the remaining rows. The iterator throws an {@link AuraException} if a request fails. After
   * that you can continue with the same iterator.
   *
   * @return an iterator
   */
  @Override
  public Iterator<AuditLog> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return read(atHand::peek) != null;
      }

      @Override
      public AuditLog next() {
        AuditLog row = read(atHand::poll);
        if (row == null) {
          throw new NoSuchElementException();
        }
        return row;
      }
    };
  }

  /**
   * Returns the remaining rows as a stream. Its {@code close} closes this object.
   *
   * @return a stream
   */
  public Stream<AuditLog> stream() {
    int kind = Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE;
    Spliterator<AuditLog> rows = Spliterators.spliteratorUnknownSize(iterator(), kind);
    return StreamSupport.stream(rows, false).onClose(this::close);
  }

  /**
   * Returns the remaining rows as lists. The first is the rest of the current page.
   *
   * @return the pages, none of them empty
   */
  public Iterable<List<AuditLog>> pages() {
    return () ->
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return read(atHand::peek) != null;
          }

          @Override
          public List<AuditLog> next() {
            List<AuditLog> rows = read(() -> atHand.isEmpty() ? null : takeAll());
            if (rows == null) {
              throw new NoSuchElementException();
            }
            return rows;
          }
        };
  }

  /**
   * Requests the next page without waiting. If you cancel the future, or its {@code orTimeout} expires,
   * the request ends, and the next call returns the same rows. You may call it again before the future
   * completes: the pages arrive in the order of the calls.
   *
   * @return a future of the rows, empty after the last page
   */
  public CompletableFuture<List<AuditLog>> nextPageAsync() {
    Page page = new Page();
    enqueue(() -> beginFor(page));
    return page;
  }

  /**
   * A future of rows. The program may complete it, too, for example by {@code cancel}. Only the first
   * to claim it completes it, so no rows are taken for a future that the program has completed.
   */
  private static final class Page extends CompletableFuture<List<AuditLog>> {
    private final AtomicBoolean isClaimed = new AtomicBoolean();

    boolean claim() {
      return isClaimed.compareAndSet(false, true);
    }

    /** Completes the future after a claim. */
    void settle(List<AuditLog> rows, Throwable error) {
      if (error == null) {
        super.complete(rows);
      } else {
        super.completeExceptionally(error);
      }
    }

    @Override
    public boolean complete(List<AuditLog> rows) {
      return claim() && super.complete(rows);
    }

    @Override
    public boolean completeExceptionally(Throwable error) {
      return claim() && super.completeExceptionally(error);
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      return claim() ? super.cancel(mayInterrupt) : isCancelled();
    }
  }

  /** Begins the read of a future. Returns whether it has ended already. */
  private boolean beginFor(Page page) {
    if (page.isDone()) {
      return true;
    }
    Runnable completion = takeAtHand(page);
    if (completion == null) {
      try {
        begin().complete(page, (json, error) -> end(page, json, error));
        return false;
      } catch (RuntimeException | Error e) {
        completion = take(page, null, e);
      }
    }
    // A stage may wait for a later turn, so it must not run in this one.
    Workers.run(completion);
    return true;
  }

  private void end(Page page, String json, Throwable error) {
    Runnable completion;
    try {
      completion = take(page, json, error);
    } catch (RuntimeException | Error e) {
      completion = () -> page.completeExceptionally(e);
    }
    runTurns();
    Log.deliver();
    completion.run();
  }

  private synchronized Runnable takeAtHand(Page page) {
    return atHand.isEmpty() ? null : take(page, null, null);
  }

  /**
   * Puts the rows of a reply, and takes all rows for a future. The result completes the future. If the
   * program has completed it, the rows stay.
   */
  private synchronized Runnable take(Page page, String json, Throwable error) {
    put(json);
    if (!page.claim()) {
      return () -> {};
    }
    List<AuditLog> rows = takeAll();
    return () -> page.settle(rows, error);
  }

  /**
   * Returns the page of the next row, counted from 1. To continue later, save it for the option {@code
   * page}.
   *
   * @return the page
   */
  public long page() {
    synchronized (this) {
      return isClosed || isRequested || !atHand.isEmpty() ? page : nativePage();
    }
  }

  /** Ends the stream and its request. You may call it again. */
  @Override
  public void close() {
    synchronized (this) {
      page = page();
      isClosed = true;
      atHand.clear();
      if (call != null) {
        call.cancel();
      }
    }
    handle.close();
  }

  /** Waits for rows, and returns what {@code taker} takes of them: null at the end. */
  private <T> T read(Supplier<T> taker) {
    T taken = take(taker);
    if (taken != null) {
      return taken;
    }
    awaitTurn();
    try {
      taken = take(taker); // a cancelled future may have left rows
      return taken != null ? taken : take(begin().await(), taker);
    } finally {
      runTurns();
      Log.deliver(); // after the turn, because a log handler may read the stream
    }
  }

  private synchronized <T> T take(Supplier<T> taker) {
    return taker.get();
  }

  private synchronized <T> T take(String json, Supplier<T> taker) {
    put(json);
    return taker.get();
  }

  private void awaitTurn() {
    CompletableFuture<Void> turn = new CompletableFuture<>();
    enqueue(() -> !turn.complete(null));
    try {
      turn.get();
    } catch (InterruptedException e) {
      if (!turn.cancel(false)) {
        runTurns(); // the turn came before the interruption
      }
      Thread.currentThread().interrupt();
      throw new CancelledException("the thread was interrupted");
    } catch (ExecutionException e) {
      throw new InternalException("a turn cannot fail: " + e);
    }
  }

  /**
   * Runs a read when the earlier ones have ended. It returns whether it has ended. If not, it calls
   * {@link #runTurns()} at its end.
   */
  private void enqueue(BooleanSupplier read) {
    synchronized (this) {
      waiting.add(read);
      if (isReading) {
        return;
      }
      isReading = true;
    }
    runTurns();
  }

  /** Runs the next reads until one waits for its reply. Thousands may end at once, so it is a loop. */
  private void runTurns() {
    BooleanSupplier read;
    do {
      synchronized (this) {
        read = waiting.poll();
        isReading = read != null;
      }
    } while (read != null && read.getAsBoolean());
  }

  private Call begin() {
    synchronized (this) {
      page = nativePage();
      isRequested = true;
    }
    Call started =
        Call.begin(
            handle,
            Options.none(),
            (logs, options, place, error) ->
                Native.aura_audit_logs_next_page_start(logs, place, error));
    synchronized (this) {
      call = started;
      if (isClosed) {
        started.cancel();
      }
    }
    return started;
  }

  private void put(String json) {
    call = null;
    isRequested = false;
    if (json != null) {
      if (isClosed) {
        throw new CancelledException("the audit log was closed"); // no rows would mean the end
      }
      atHand.addAll(Json.elements(json).stream().map(AuditLog::read).toList());
    }
  }

  private long nativePage() {
    long logs = handle.begin();
    try {
      return Native.aura_audit_logs_page(logs);
    } finally {
      handle.end();
    }
  }

  private List<AuditLog> takeAll() {
    List<AuditLog> rows = List.copyOf(atHand);
    atHand.clear();
    return rows;
  }
}
