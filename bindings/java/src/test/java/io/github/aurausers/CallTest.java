package io.github.aurausers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Threads, interruption, futures. */
final class CallTest {
  private Sandbox sandbox;
  private Client client;

  @BeforeEach
  void start() {
    sandbox = new Sandbox();
    sandbox.addUser("eric", 0);
    sandbox.rule("{\"path\":\"/api/users/silent\",\"delay_ms\":600000}");
    sandbox.rule("{\"path\":\"/api/users/slow\",\"delay_ms\":500}");
    client =
        new Client(
            Options.none()
                .repoUrl(sandbox.url())
                .env(false)
                .timeout(Duration.ofMinutes(2))
                .maxRetries(0)
                .maxConnections(400));
  }

  @AfterEach
  void stop() {
    client.close();
    sandbox.close();
  }

  @Test
  void anInterruptionEndsACallAndStays() throws Exception {
    CompletableFuture<Boolean> stayed = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              assertThrows(CancelledException.class, () -> client.getUser("silent"));
              stayed.complete(Thread.interrupted());
            });
    thread.start();
    TimeUnit.MILLISECONDS.sleep(100);
    thread.interrupt();
    assertTrue(stayed.get(60, TimeUnit.SECONDS));
    Thread.currentThread().interrupt();
    CancelledException before =
        assertThrows(CancelledException.class, () -> client.getUser("silent"));
    assertEquals(
        "cancelled: the thread was interrupted before the call started", before.getMessage());
    assertTrue(Thread.interrupted());
    assertEquals("eric", client.getUser("eric").username());
  }

  @Test
  void aFutureCanBeCancelledAndHasADeadline() {
    CompletableFuture<User> cancelled = client.getUserAsync("silent");
    assertTrue(cancelled.cancel(true));
    CompletableFuture<User> late =
        client.getUserAsync("silent").orTimeout(100, TimeUnit.MILLISECONDS);
    ExecutionException error = assertThrows(ExecutionException.class, late::get);
    assertInstanceOf(java.util.concurrent.TimeoutException.class, error.getCause());
    // The requests have ended too: nothing is left that a new client has to wait for.
    assertEquals("eric", client.getUserAsync("eric").join().username());
  }

  @Test
  void aFutureFailsWithTheException() {
    ExecutionException missing =
        assertThrows(ExecutionException.class, () -> client.getUserAsync("nobody").get());
    assertInstanceOf(NotFoundException.class, missing.getCause());
    ExecutionException bad =
        assertThrows(ExecutionException.class, () -> client.getUserAsync("a\0b").get());
    assertInstanceOf(InvalidArgumentException.class, bad.getCause());
  }

  @Test
  void whatDependsOnAFutureMayMakeCalls() throws Exception {
    List<CompletableFuture<String>> names = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      names.add(
          client
              .getUserAsync("eric")
              .thenApply(user -> client.getUser(user.username()).username()));
    }
    for (CompletableFuture<String> name : names) {
      assertEquals("eric", name.get(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void aStageThatWaitsDelaysNoOtherCall() throws Exception {
    int stages = 200;
    CountDownLatch begun = new CountDownLatch(stages);
    CountDownLatch over = new CountDownLatch(1);
    Thread test = Thread.currentThread();
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < stages; i++) {
      waiting.add(
          client
              .getUserAsync("eric")
              .thenAccept(
                  user -> {
                    begun.countDown();
                    // A stage of a call that has already ended runs in this thread.
                    if (Thread.currentThread() != test) {
                      await(over);
                    }
                  }));
    }
    try {
      assertTrue(begun.await(60, TimeUnit.SECONDS));
      assertEquals("eric", client.getUserAsync("eric").get(60, TimeUnit.SECONDS).username());
    } finally {
      over.countDown();
    }
    CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aThousandStagesMayWaitForFutures() throws Exception {
    List<CompletableFuture<String>> names = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      names.add(
          client
              .getUserAsync("eric")
              .thenApply(user -> client.getUserAsync(user.username()).join().username()));
    }
    for (CompletableFuture<String> name : names) {
      assertEquals("eric", name.get(120, TimeUnit.SECONDS));
    }
  }

  @Test
  void stagesRunOnDaemonThreads() throws Exception {
    sandbox.addUser("slow", 0);
    Thread thread;
    do {
      // A stage of a call that has already ended runs in this thread.
      thread =
          client
              .getUserAsync("slow")
              .thenApply(user -> Thread.currentThread())
              .get(60, TimeUnit.SECONDS);
    } while (thread == Thread.currentThread());
    assertTrue(thread.isDaemon());
    assertTrue(thread.getName().startsWith("aura-users-"), thread.getName());
  }

  @Test
  void tasksWaitIfNoThreadCanStart() throws Exception {
    Workers workers = new Workers(2);
    CountDownLatch over = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(100);
    for (int i = 0; i < 100; i++) {
      workers.execute(
          () -> {
            await(over);
            ended.countDown();
          });
    }
    over.countDown();
    assertTrue(ended.await(60, TimeUnit.SECONDS));
  }

  @Test
  void aTaskThatThrowsDoesNotStopTheOtherCalls() {
    long[] call = new long[1];
    long[] error = new long[1];
    Handle handle = new Handle("client", newClient(), Native::aura_client_free);
    long address = handle.begin();
    Native.check(Native.aura_get_current_user_start(address, 0, call, error), error);
    handle.end();
    var before = Thread.getDefaultUncaughtExceptionHandler();
    CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, thrown) -> {
          uncaught.complete(thrown);
          throw new AssertionError("the report fails, too");
        });
    try {
      Completions.attach(
          call[0],
          () -> {
            throw new OutOfMemoryError("no thread");
          });
      assertInstanceOf(OutOfMemoryError.class, uncaught.join());
      assertEquals(
          "eric", client.getUserAsync("eric").orTimeout(120, TimeUnit.SECONDS).join().username());
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
      Native.aura_call_free(call[0]);
      handle.close();
    }
  }

  private long newClient() {
    long[] client = new long[1];
    long[] error = new long[1];
    long options = Options.none().repoUrl(sandbox.url()).env(false).make();
    Native.check(Native.aura_client_new(options, client, error), error);
    Native.aura_options_free(options);
    return client[0];
  }

  @Test
  void closingEndsNoCallThatHasBegun() throws Exception {
    sandbox.addUser("slow", 0);
    CompletableFuture<User> slow = client.getUserAsync("slow");
    client.close();
    assertEquals("slow", slow.get(60, TimeUnit.SECONDS).username());
  }

  @Test
  void manyThreadsShareAClient() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Future<String>> names = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        names.add(threads.submit(() -> client.getUser("eric").username()));
      }
      for (Future<String> name : names) {
        assertEquals("eric", name.get(60, TimeUnit.SECONDS));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** 300 virtual threads that wait take no 300 carriers: a call that is quick still gets through. */
  @Test
  void virtualThreadsDoNotHoldTheirCarriers() throws Exception {
    Assumptions.assumeTrue(Runtime.version().feature() >= 21, "Java 21 has virtual threads");
    var start = Thread.class.getMethod("startVirtualThread", Runnable.class);
    CountDownLatch begun = new CountDownLatch(300);
    CountDownLatch ended = new CountDownLatch(300);
    List<Thread> waiting = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Runnable wait =
          () -> {
            begun.countDown();
            assertThrows(CancelledException.class, () -> client.getUser("silent"));
            ended.countDown();
          };
      waiting.add((Thread) start.invoke(null, wait));
    }
    assertTrue(begun.await(60, TimeUnit.SECONDS));
    CompletableFuture<String> name = new CompletableFuture<>();
    Runnable quick = () -> name.complete(client.getUser("eric").username());
    start.invoke(null, quick);
    assertEquals("eric", name.get(60, TimeUnit.SECONDS));
    waiting.forEach(Thread::interrupt);
    assertTrue(ended.await(60, TimeUnit.SECONDS));
  }
}
