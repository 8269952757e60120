package io.github.aurausers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The stream: rows, pages, its place after errors, cancellation. */
final class AuditLogsTest {
  private static final String LOG = "\"path\":\"/api/users/me/audit-logs\"";
  private static final int ROWS = 250;

  private Sandbox sandbox;
  private Client client;

  @BeforeEach
  void start() {
    sandbox = new Sandbox();
    Options options = Options.none().repoUrl(sandbox.url()).env(false).maxRetries(0).prefetch(0);
    client = new Client(options.apiKey(sandbox.addUser("eric", ROWS)));
  }

  @AfterEach
  void stop() {
    client.close();
    sandbox.close();
  }

  @Test
  void givesRowsPagesAndItsPlace() {
    try (AuditLogs logs = client.streamAuditLogs()) {
      Iterator<AuditLog> rows = logs.iterator();
      assertEquals(1, logs.page());
      rows.next();
      assertEquals(1, logs.page());
      List<Integer> pages = new ArrayList<>();
      logs.pages().forEach(page -> pages.add(page.size()));
      assertEquals(List.of(99, 100, 50), pages);
      assertEquals(3, logs.page());
      assertFalse(rows.hasNext());
      assertThrows(NoSuchElementException.class, rows::next);
    }
    try (Stream<AuditLog> rows =
        client.withOptions(Options.none().page(2)).streamAuditLogs().stream()) {
      assertEquals(ROWS - 100, rows.count());
    }
  }

  @Test
  void goesOnAfterAnError() {
    sandbox.rule("{" + LOG + ",\"nth\":2,\"then\":{\"reply\":{\"status\":503}}}");
    try (AuditLogs logs = client.streamAuditLogs()) {
      List<AuditLog> rows = new ArrayList<>();
      assertThrows(ServerException.class, () -> logs.forEach(rows::add));
      assertEquals(100, rows.size());
      logs.forEach(rows::add);
      assertEquals(ROWS, rows.size());
      assertEquals(ROWS, new HashSet<>(rows).size());
    }
  }

  @Test
  void losesNoRowIfFuturesAreCancelled() throws Exception {
    sandbox.rule("{" + LOG + ",\"delay_ms\":30}");
    try (AuditLogs logs = client.streamAuditLogs()) {
      List<AuditLog> rows = new ArrayList<>();
      for (int i = 0; ; i++) {
        CompletableFuture<List<AuditLog>> page = logs.nextPageAsync();
        if (i % 2 == 0) {
          TimeUnit.MILLISECONDS.sleep(10L * (i % 8));
          if (page.cancel(true)) {
            continue;
          }
        }
        if (page.get().isEmpty()) {
          break;
        }
        rows.addAll(page.get());
      }
      assertEquals(ROWS, rows.size());
      assertEquals(ROWS, new HashSet<>(rows).size());
    }
  }

  @Test
  void readsWithoutWaiting() throws Exception {
    try (AuditLogs logs = client.streamAuditLogs()) {
      // Each page begins the next one from within its own future.
      assertEquals(ROWS, count(logs, 0).get().intValue());
      assertTrue(logs.nextPageAsync().get().isEmpty());
    }
    sandbox.rule("{" + LOG + ",\"then\":{\"reply\":{\"status\":503}}}");
    try (AuditLogs logs = client.streamAuditLogs()) {
      ExecutionException error =
          assertThrows(ExecutionException.class, () -> logs.nextPageAsync().get());
      assertInstanceOf(ServerException.class, error.getCause());
    }
  }

  @Test
  void givesThePagesOfFuturesThatWaitTogether() throws Exception {
    try (AuditLogs logs = client.streamAuditLogs()) {
      List<CompletableFuture<List<AuditLog>>> pages =
          Stream.generate(logs::nextPageAsync).limit(5).toList();
      List<Integer> sizes = new ArrayList<>();
      for (CompletableFuture<List<AuditLog>> page : pages) {
        sizes.add(page.get(60, TimeUnit.SECONDS).size());
      }
      assertEquals(List.of(100, 100, 50, 0, 0), sizes);
    }
    try (AuditLogs logs = client.streamAuditLogs()) {
      // The stage of one page waits for the next page.
      CompletableFuture<List<AuditLog>> one = logs.nextPageAsync();
      CompletableFuture<List<AuditLog>> two = logs.nextPageAsync();
      CompletableFuture<Integer> both = one.thenApply(page -> page.size() + two.join().size());
      assertEquals(200, both.get(60, TimeUnit.SECONDS));
    }
    try (AuditLogs logs = client.streamAuditLogs()) {
      // A reader that waits for its rows takes its turn, too.
      CompletableFuture<List<AuditLog>> one = logs.nextPageAsync();
      assertEquals(ROWS - 100, logs.stream().count());
      assertEquals(100, one.get(60, TimeUnit.SECONDS).size());
    }
  }

  @Test
  void keepsTheOrderIfFuturesThatWaitAreCancelled() throws Exception {
    List<AuditLog> wanted;
    try (AuditLogs logs = client.streamAuditLogs()) {
      wanted = logs.stream().toList();
    }
    for (int i = 0; i < 100; i++) {
      try (AuditLogs logs = client.streamAuditLogs()) {
        List<AuditLog> rows = new ArrayList<>();
        boolean isEnd = false;
        while (!isEnd) {
          List<CompletableFuture<List<AuditLog>>> pages =
              List.of(logs.nextPageAsync(), logs.nextPageAsync());
          TimeUnit.MICROSECONDS.sleep(50L * i);
          pages.get(0).cancel(true);
          for (CompletableFuture<List<AuditLog>> page : pages) {
            if (!page.isCancelled()) {
              rows.addAll(page.get(60, TimeUnit.SECONDS));
              isEnd = page.get().isEmpty();
            }
          }
        }
        assertEquals(wanted, rows);
      }
    }
  }

  @Test
  void endsAnyNumberOfFuturesThatWait() throws Exception {
    sandbox.rule("{" + LOG + ",\"delay_ms\":1000}");
    // So many rows that pages are left if some arrive before they are cancelled.
    Options options = Options.none().apiKey(sandbox.addUser("many", 5000));
    AuditLogs logs = client.withOptions(options).streamAuditLogs();
    List<CompletableFuture<List<AuditLog>>> cancelled =
        Stream.generate(logs::nextPageAsync).limit(20_000).toList();
    for (int i = cancelled.size() - 1; i >= 0; i--) {
      cancelled.get(i).cancel(true);
    }
    assertEquals(100, logs.nextPageAsync().get(60, TimeUnit.SECONDS).size());

    sandbox.clearRules();
    sandbox.rule("{" + LOG + ",\"delay_ms\":600000}");
    List<CompletableFuture<List<AuditLog>>> ended =
        Stream.generate(logs::nextPageAsync).limit(20_000).toList();
    logs.close();
    for (CompletableFuture<List<AuditLog>> page : ended) {
      ExecutionException error =
          assertThrows(ExecutionException.class, () -> page.get(60, TimeUnit.SECONDS));
      assertInstanceOf(AuraException.class, error.getCause());
    }
  }

  @Test
  void anInterruptedReaderLeavesItsTurn() throws Exception {
    sandbox.rule("{" + LOG + ",\"delay_ms\":500}");
    try (AuditLogs logs = client.streamAuditLogs()) {
      CompletableFuture<List<AuditLog>> one = logs.nextPageAsync();
      Thread.currentThread().interrupt();
      assertThrows(CancelledException.class, () -> logs.iterator().hasNext());
      assertTrue(Thread.interrupted());
      CompletableFuture<List<AuditLog>> two = logs.nextPageAsync();
      assertEquals(100, one.get(60, TimeUnit.SECONDS).size());
      assertEquals(100, two.get(60, TimeUnit.SECONDS).size());
      assertEquals(ROWS - 200, logs.stream().count());
    }
  }

  private static CompletableFuture<Integer> count(AuditLogs logs, int sum) {
    return logs.nextPageAsync()
        .thenCompose(
            page ->
                page.isEmpty()
                    ? CompletableFuture.completedFuture(sum)
                    : count(logs, sum + page.size()));
  }

  @Test
  void endsWhenItIsClosed() throws Exception {
    sandbox.rule("{" + LOG + ",\"delay_ms\":600000}");
    AuditLogs logs = client.streamAuditLogs();
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () ->
                ended.complete(assertThrows(AuraException.class, () -> logs.iterator().hasNext())));
    reader.start();
    while (reader.isAlive() && reader.getState() != Thread.State.WAITING) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    logs.close();
    assertInstanceOf(CancelledException.class, ended.get(60, TimeUnit.SECONDS));
    assertThrows(InvalidArgumentException.class, () -> logs.iterator().hasNext());
    assertEquals(1, logs.page());
    logs.close();
  }

  @Test
  void isAnErrorIfTheServerIsKilled() {
    try (AuditLogs logs = client.streamAuditLogs()) {
      Iterator<AuditLog> rows = logs.iterator();
      rows.next();
      sandbox.kill();
      assertThrows(
          ConnectException.class,
          () -> {
            while (rows.hasNext()) {
              rows.next();
            }
          });
      assertThrows(ConnectException.class, rows::hasNext);
    }
  }
}
