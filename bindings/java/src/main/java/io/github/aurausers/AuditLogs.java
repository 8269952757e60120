package io.github.aurausers;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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
  private CompletableFuture<Void> lastTurn = CompletableFuture.completedFuture(null);

  /** The page of the rows in {@code atHand}. */
  private long page;

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
        return fetch();
      }

      @Override
      public AuditLog next() {
        if (!fetch()) {
          throw new NoSuchElementException();
        }
        synchronized (AuditLogs.this) {
          return atHand.remove();
        }
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
            return fetch();
          }

          @Override
          public List<AuditLog> next() {
            if (!fetch()) {
              throw new NoSuchElementException();
            }
            return takeAll();
          }
        };
  }

  /**
   * Requests the next page without waiting. If you cancel the future, or its {@code orTimeout} expires,
   * the request ends, and the next call returns the same rows.
   *
   * @return a future of the rows, empty after the last page
   */
  public CompletableFuture<List<AuditLog>> nextPageAsync() {
    CompletableFuture<List<AuditLog>> future = new CompletableFuture<>();
    CompletableFuture<Void> mine = new CompletableFuture<>();
    var unused = after(mine).thenRun(() -> fetchFor(future, mine));
    return future;
  }

  private void fetchFor(CompletableFuture<List<AuditLog>> future, CompletableFuture<Void> turn) {
    List<AuditLog> rows = takeAll();
    if (!rows.isEmpty() || future.isDone()) {
      turn.complete(null);
      deliver(future, rows);
      return;
    }
    try {
      begin()
          .complete(
              future,
              (json, error) -> {
                try {
                  put(json);
                } finally {
                  turn.complete(null);
                }
                if (error == null) {
                  deliver(future, takeAll());
                } else {
                  future.completeExceptionally(error);
                }
              });
    } catch (RuntimeException | Error e) {
      turn.complete(null);
      future.completeExceptionally(e);
    }
  }

  /** Completes a future. If it was cancelled, the rows go back to {@code atHand}. */
  private void deliver(CompletableFuture<List<AuditLog>> future, List<AuditLog> rows) {
    if (!future.isDone() && future.complete(rows)) {
      return;
    }
    synchronized (this) {
      for (int i = rows.size() - 1; i >= 0; i--) {
        atHand.addFirst(rows.get(i));
      }
    }
  }

  /**
   * Returns the page of the next row, counted from 1. To continue later, save it for the option {@code
   * page}.
   *
   * @return the page
   */
  public long page() {
    synchronized (this) {
      return isClosed || !atHand.isEmpty() ? page : nativePage();
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

  /** Waits for a row. Returns false at the end. */
  private boolean fetch() {
    if (isAtHand()) {
      return true;
    }
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> before = after(mine);
    try {
      before.get();
      if (!isAtHand()) {
        put(begin().await());
      }
      return isAtHand();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("the thread was interrupted");
    } catch (ExecutionException e) {
      throw new InternalException("a turn cannot fail: " + e);
    } finally {
      var unused = before.thenRun(() -> mine.complete(null));
    }
  }

  /** Returns the turn to wait for before {@code turn}: only one request runs at a time. */
  private synchronized CompletableFuture<Void> after(CompletableFuture<Void> turn) {
    CompletableFuture<Void> before = lastTurn;
    lastTurn = turn;
    return before;
  }

  private Call begin() {
    long next = nativePage();
    Call started =
        Call.begin(
            handle,
            Options.none(),
            (logs, options, place, error) ->
                Native.aura_audit_logs_next_page_start(logs, place, error));
    synchronized (this) {
      page = next;
      call = started;
      if (isClosed) {
        started.cancel();
      }
    }
    return started;
  }

  private synchronized void put(String json) {
    call = null;
    if (json != null && !isClosed) {
      for (String row : Json.elements(json)) {
        atHand.add(AuditLog.read(row));
      }
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

  private synchronized boolean isAtHand() {
    return !atHand.isEmpty();
  }

  private synchronized List<AuditLog> takeAll() {
    List<AuditLog> rows = List.copyOf(atHand);
    atHand.clear();
    return rows;
  }
}
