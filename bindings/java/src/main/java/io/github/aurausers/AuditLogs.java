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
 * The caller's own audit log, newest row first.
 *
 * <p>Every row that existed at the start comes exactly once and in order, also if other rows are
 * written meanwhile. An error keeps the place: ask again, and the same page is requested again. It
 * is for one thread at a time; {@link #close()} may come from any thread. All iterators, streams
 * and pages of one object share its place.
 */
public final class AuditLogs implements Iterable<AuditLog>, AutoCloseable {
  private final Handle handle;
  private final Deque<AuditLog> atHand = new ArrayDeque<>();
  private CompletableFuture<Void> lastTurn = CompletableFuture.completedFuture(null);

  /** The page of the rows at hand. */
  private long page;

  /** The request under way. */
  private Call call;

  private boolean isClosed;

  AuditLogs(Handle handle) {
    this.handle = handle;
  }

  /**
   * The rows from here on. Its methods throw an {@link AuraException} if a page cannot be had; go
   * on with the same iterator.
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
   * The rows from here on, as a stream. To close it closes this.
   *
   * @return a stream
   */
  public Stream<AuditLog> stream() {
    int kind = Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE;
    Spliterator<AuditLog> rows = Spliterators.spliteratorUnknownSize(iterator(), kind);
    return StreamSupport.stream(rows, false).onClose(this::close);
  }

  /**
   * The same rows as lists: first the rest of the page at hand.
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
   * The next page, without waiting for it. If you cancel the future, or its {@code orTimeout}
   * passes, the request ends and no row is lost: ask again.
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
      give(future, rows);
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
                  give(future, takeAll());
                } else {
                  future.completeExceptionally(error);
                }
              });
    } catch (RuntimeException | Error e) {
      turn.complete(null);
      future.completeExceptionally(e);
    }
  }

  /** Completes a future; rows that it does not take, for it was cancelled, are at hand again. */
  private void give(CompletableFuture<List<AuditLog>> future, List<AuditLog> rows) {
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
   * The page that the next row is on, counted from 1. Save it to go on another day with the option
   * {@code page}.
   *
   * @return the page
   */
  public long page() {
    synchronized (this) {
      return isClosed || !atHand.isEmpty() ? page : nativePage();
    }
  }

  /** Ends the stream, and a request for its next page. Closing twice is fine. */
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

  /** Whether there is a row at hand, after waiting for one. */
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

  /** What has to end before {@code turn} begins: requests follow each other. */
  private synchronized CompletableFuture<Void> after(CompletableFuture<Void> turn) {
    CompletableFuture<Void> before = lastTurn;
    lastTurn = turn;
    return before;
  }

  private Call begin() {
    long next = nativePage();
    Call begun =
        Call.begin(
            handle,
            Options.none(),
            (logs, options, place, error) ->
                Native.aura_audit_logs_next_page_start(logs, place, error));
    synchronized (this) {
      page = next;
      call = begun;
      if (isClosed) {
        begun.cancel();
      }
    }
    return begun;
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
