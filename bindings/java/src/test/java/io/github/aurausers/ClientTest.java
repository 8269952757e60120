package io.github.aurausers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The five functions, records, errors and options. */
final class ClientTest {
  private Sandbox sandbox;
  private Client client;

  @BeforeEach
  void start() {
    sandbox = new Sandbox("--profile", "legacy");
    String key = sandbox.addUser("eric", 3);
    client = new Client(Options.none().repoUrl(sandbox.url()).apiKey(key).env(false));
  }

  @AfterEach
  void stop() {
    client.close();
    sandbox.close();
  }

  @Test
  void callsEachFunction() {
    User made = client.createUser("nils", "a long password", List.of("nils@example.com"));
    assertEquals("nils", made.username());
    User eric = client.getUser("eric@example.com");
    assertEquals("eric", eric.username());
    assertEquals("Eric Meadows", eric.fullName().orElseThrow());
    assertEquals("eric@example.com", eric.email().orElseThrow());
    assertEquals("ecto", eric.packages().orElseThrow().get(0).name());
    assertTrue(eric.insertedAt().orElseThrow().isBefore(Instant.now().plusSeconds(60)));
    assertEquals(List.of(), client.getCurrentUser().organizations().orElseThrow());
    assertEquals(eric, User.fromJson(eric.rawJson()));
    client.resetUserPassword("eric");
    try (AuditLogs logs = client.streamAuditLogs()) {
      List<AuditLog> rows = logs.stream().toList();
      assertEquals("key.generate", rows.get(rows.size() - 1).action());
      assertInstanceOf(Map.class, rows.get(0).params());
      assertTrue(rows.size() >= 3, rows::toString);
    }
    assertTrue(client.rateLimit().isEmpty());
  }

  @Test
  void keepsUnknownFieldsInTheServersOrder() {
    User user =
        User.fromJson(
            "{\"username\":\"a\",\"pronouns\":[\"they\"],\"inserted_at\":\"2020-01-01T00:00:00.000001\"}");
    assertEquals(List.of("they"), user.fields().get("pronouns"));
    assertEquals(
        List.of("username", "pronouns", "inserted_at"), List.copyOf(user.fields().keySet()));
    assertEquals(Instant.parse("2020-01-01T00:00:00.000001Z"), user.insertedAt().orElseThrow());
  }

  @Test
  void readsEveryTimeThatTheLibraryAccepts() {
    Map<String, String> times =
        Map.ofEntries(
            Map.entry("2026-01-01T00:00:00", "2026-01-01T00:00:00Z"),
            Map.entry("2026-01-01 00:00:00Z", "2026-01-01T00:00:00Z"),
            Map.entry("2026-01-01t00:00:00z", "2026-01-01T00:00:00Z"),
            Map.entry("2026-01-01T00:00:00.5+01:30", "2025-12-31T22:30:00.5Z"),
            Map.entry("2026-01-01T00:00:00-23:59", "2026-01-01T23:59:00Z"),
            Map.entry("2026-01-01T00:00:00.1234567899Z", "2026-01-01T00:00:00.123456789Z"),
            Map.entry("2026-01-01T00:00:00." + "9".repeat(99), "2026-01-01T00:00:00.999999999Z"),
            Map.entry("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z"));
    times.forEach((text, time) -> assertEquals(Instant.parse(time), time(text), text));
    for (String bad :
        List.of(
            "",
            "2026-01-01",
            "2026-02-30T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00 Z")) {
      assertNull(time(bad), bad);
    }
  }

  private static Instant time(String text) {
    String json = "{\"username\":\"a\",\"updated_at\":\"%s\"}".formatted(text);
    return User.fromJson(json).updatedAt().orElse(null);
  }

  @Test
  void readsARateLimitOfAnySize() {
    String most = "18446744073709551615";
    assertEquals(
        new RateLimit(Long.MAX_VALUE, Long.MAX_VALUE, Duration.ofMillis(Long.MAX_VALUE)),
        RateLimit.read(
            "{\"limit\":%s,\"remaining\":%s,\"resets_in_ms\":%s}".formatted(most, most, most)));
  }

  @Test
  void throwsAnExceptionForEachKindWithAllFields() throws Exception {
    NotFoundException missing =
        assertThrows(NotFoundException.class, () -> client.getUser("nobody"));
    assertEquals(ErrorKind.NOT_FOUND, missing.kind());
    assertEquals(404, missing.status().orElseThrow());
    assertEquals(1, missing.attempts());
    assertEquals("GET", missing.method().orElseThrow());
    assertEquals("/users/{username_or_email}", missing.route().orElseThrow());
    assertTrue(missing.requestId().isPresent());
    ValidationException taken =
        assertThrows(
            ValidationException.class,
            () -> client.createUser("eric", "a long password", List.of("e@example.com")));
    assertEquals(Map.of("username", "has already been taken"), taken.errors());
    AuthenticationException refused =
        assertThrows(
            AuthenticationException.class,
            () -> client.withOptions(Options.none().apiKey("wrong")).getCurrentUser());
    assertEquals("invalid_credential", refused.reason().orElseThrow());
    assertTrue(refused.hint().isPresent());
    sandbox.rule(
        "{\"method\":\"POST\",\"path\":\"/api/users\",\"then\":{\"close\":{\"at\":\"before\"}}}");
    ConnectException lost =
        assertThrows(
            ConnectException.class,
            () -> client.createUser("lost", "a long password", List.of("l@example.com")));
    assertTrue(lost.isOutcomeUnknown());
    assertFalse(lost.isRetryable());
    assertEquals(taken.fields(), ((AuraException) copy(taken)).fields());
    sandbox.rule(
        "{\"path\":\"/api/users/eric\",\"then\":{\"rate_limited\":{\"retry_after\":\"7\"}}}");
    RateLimitException limited =
        assertThrows(
            RateLimitException.class,
            () ->
                client
                    .withOptions(Options.none().rateLimit(Options.OnRateLimit.ERROR))
                    .getUser("eric"));
    assertTrue(limited.retryAfter().orElseThrow().compareTo(Duration.ofSeconds(7)) <= 0);
  }

  private static Object copy(Object object) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return in.readObject();
    }
  }

  @Test
  void refusesBadArgumentsBeforeAnythingIsSent() {
    for (String bad : new String[] {"er\0ic", "\ud800", null, "..", ""}) {
      InvalidArgumentException error =
          assertThrows(InvalidArgumentException.class, () -> client.getUser(bad));
      assertEquals(0, error.attempts());
      assertTrue(error.getMessage().contains("username"), error::getMessage);
    }
    assertThrows(
        InvalidArgumentException.class,
        () -> client.createUser("a", "b\0c", List.of("a@example.com")));
    assertThrows(
        InvalidArgumentException.class, () -> client.createUser("a", "b", List.of("a@\0example")));
    assertThrows(InvalidArgumentException.class, () -> client.createUser("a", "b", null));
    assertThrows(InvalidArgumentException.class, () -> new Client(Options.none().apiKey("a\0b")));
    assertThrows(InvalidArgumentException.class, () -> new Client(null));
    assertThrows(InvalidArgumentException.class, () -> client.withOptions(null));
    assertThrows(InvalidArgumentException.class, () -> Options.none().set(null, "x"));
    for (String bad :
        new String[] {
          null, "", "[]", "{}", "{\"username\":\"\\uzzzz\"}", "{\"username\":\"eric\""
        }) {
      InvalidArgumentException error =
          assertThrows(InvalidArgumentException.class, () -> User.fromJson(bad));
      assertTrue(error.getMessage().startsWith("invalid_argument: json "), error::getMessage);
      assertThrows(InvalidArgumentException.class, () -> AuditLog.fromJson(bad));
    }
    client.close();
    client.close();
    InvalidArgumentException closed =
        assertThrows(InvalidArgumentException.class, () -> client.getUser("eric"));
    assertEquals("invalid_argument: the client is closed", closed.getMessage());
  }

  @Test
  void namesItselfToTheServer() {
    try (AuditLogs logs =
        client.withOptions(Options.none().userAgent("my-tool/1")).streamAuditLogs()) {
      assertTrue(logs.iterator().hasNext());
    }
    client.resetUserPassword("eric");
    try (AuditLogs logs = client.streamAuditLogs()) {
      String agent = logs.iterator().next().userAgent().orElseThrow();
      assertTrue(agent.contains("(aura-users-java/" + Library.VERSION + " java/"), agent);
      assertTrue(agent.contains(Runtime.version().toString()), agent);
    }
  }

  @Test
  void losesNoResultIfALogHandlerThrows() throws Exception {
    losesNoResultIfALogHandlerThrows(
        () -> {
          throw new IllegalStateException("the handler fails");
        });
    losesNoResultIfALogHandlerThrows(
        () -> {
          throw new AssertionError("the handler fails");
        });
  }

  private void losesNoResultIfALogHandlerThrows(Runnable failure) throws Exception {
    Options options = Options.none().apiKey(sandbox.addUser("long" + failure.hashCode(), 250));
    Logger logger = Logger.getLogger("io.github.aurausers");
    Handler handler = handler(line -> failure.run());
    List<Throwable> uncaught = Collections.synchronizedList(new ArrayList<>());
    var before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, error) -> {
          uncaught.add(error);
          throw new AssertionError("the report fails, too");
        });
    logger.addHandler(handler);
    logger.setLevel(Level.ALL);
    try (AuditLogs logs = client.withOptions(options).streamAuditLogs()) {
      assertEquals("eric", client.getUser("eric").username());
      assertEquals("eric", client.getUserAsync("eric").get().username());
      assertThrows(NotFoundException.class, () -> client.getUser("nobody"));
      assertEquals(250, logs.stream().count());
    } finally {
      logger.setLevel(null);
      logger.removeHandler(handler);
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertTrue(uncaught.size() >= 4, uncaught::toString);
    assertEquals("the handler fails", uncaught.get(0).getMessage());
  }

  @Test
  void logsToTheSystemsLogger() {
    Logger logger = Logger.getLogger("io.github.aurausers");
    List<LogRecord> lines = Collections.synchronizedList(new ArrayList<>());
    Handler handler =
        handler(
            line -> {
              lines.add(line);
              // A handler may make calls.
              client.getUser("eric");
            });
    logger.addHandler(handler);
    logger.setLevel(Level.ALL);
    try {
      client.getUser("eric");
    } finally {
      logger.setLevel(null);
      logger.removeHandler(handler);
    }
    String text = lines.get(0).getMessage();
    assertTrue(text.startsWith("GET /users/{username_or_email}: request (attempt 1, "), text);
    assertEquals(Level.FINE, lines.get(0).getLevel());
    client.getUser("eric");
    assertEquals(1, lines.size());
  }

  @Test
  void aLogHandlerMayReadTheSameStream() {
    Options options = Options.none().apiKey(sandbox.addUser("many", 250)).prefetch(0);
    Logger logger = Logger.getLogger("io.github.aurausers");
    List<AuditLog> rows = new ArrayList<>();
    List<AuditLog> taken = new ArrayList<>();
    List<Long> pages = new ArrayList<>();
    try (AuditLogs logs = client.withOptions(options).streamAuditLogs()) {
      Handler handler =
          handler(
              line -> {
                if (pages.isEmpty()) {
                  pages.add(logs.page());
                  taken.add(logs.iterator().next());
                }
              });
      logger.addHandler(handler);
      logger.setLevel(Level.ALL);
      try {
        logs.forEach(rows::add);
      } finally {
        logger.setLevel(null);
        logger.removeHandler(handler);
      }
    }
    assertEquals(List.of(1L), pages);
    assertEquals(1, taken.size());
    assertEquals(249, rows.size());
  }

  private static Handler handler(Consumer<LogRecord> publish) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        publish.accept(line);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }
}
