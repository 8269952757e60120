package io.github.aurausers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Everything is freed, once. */
final class MemoryTest {
  @Test
  void aHandleIsFreedOnceAfterItsLastUser() {
    AtomicInteger freed = new AtomicInteger();
    Handle handle = new Handle("thing", 1, address -> freed.incrementAndGet());
    assertEquals(1, handle.begin());
    handle.close();
    assertEquals(0, freed.get());
    handle.end();
    handle.close();
    assertEquals(1, freed.get());
  }

  @Test
  void aHandleThatNobodyClosedIsFreedByTheCollector() throws Exception {
    AtomicInteger freed = new AtomicInteger();
    WeakReference<Handle> gone =
        new WeakReference<>(new Handle("thing", 1, address -> freed.incrementAndGet()));
    for (int i = 0; i < 1000 && freed.get() == 0; i++) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertEquals(null, gone.get());
    assertEquals(1, freed.get());
  }

  /** The collector runs all the time, and nobody closes anything. */
  @Test
  void callsWorkUnderCollectionStress() {
    try (Sandbox sandbox = new Sandbox()) {
      String key = sandbox.addUser("eric", 150);
      Options options = Options.none().repoUrl(sandbox.url()).apiKey(key).env(false);
      for (int i = 0; i < 200; i++) {
        System.gc();
        assertEquals("eric", new Client(options).getUser("eric").username());
        assertEquals("eric", new Client(options).getUserAsync("eric").join().username());
        assertTrue(new Client(options).streamAuditLogs().iterator().hasNext());
      }
    }
  }

  @Test
  void aLongStreamComesWhole() {
    try (Sandbox sandbox = new Sandbox()) {
      Options options = Options.none().repoUrl(sandbox.url()).env(false);
      Client client = new Client(options.apiKey(sandbox.addUser("eric", 20_000)));
      try (Stream<AuditLog> rows = client.streamAuditLogs().stream()) {
        assertEquals(20_000, rows.map(AuditLog::rawJson).distinct().count());
      }
    }
  }
}
