package io.github.aurausers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What {@code aura-replay drive} feeds with the conformance cases. */
final class Driver {
  private static final Logger LOGGER = Logger.getLogger("io.github.aurausers");

  private Driver() {}

  public static void main(String[] args) throws IOException {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(JsonWriter.write(answer(Json.parseObject(line))));
    }
  }

  private static Map<String, Object> answer(Map<String, Object> command) {
    Lines lines = new Lines();
    if (command.get("log") != null) {
      LOGGER.setLevel(Level.ALL);
      LOGGER.addHandler(lines);
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", command.get("id"));
    if (command.get("fork") != null) {
      answer.put("cannot", "a Java virtual machine cannot fork");
      return answer;
    }
    Options options = Options.none();
    try {
      for (var option : ((Map<?, ?>) command.get("options")).entrySet()) {
        options = options.set((String) option.getKey(), option.getValue());
      }
      try (Client client = new Client(options)) {
        answer.putAll(command.get("times") != null ? many(command, client) : once(command, client));
      }
    } catch (AuraException e) {
      answer.put("error", fields(e));
    }
    LOGGER.removeHandler(lines);
    LOGGER.setLevel(null);
    answer.put("log", lines.texts);
    return answer;
  }

  private static Map<String, Object> once(Map<String, Object> command, Client client) {
    if (command.get("operation").equals("stream_audit_logs")) {
      return rows(command, client);
    }
    try {
      Object result = result(timed(command, begin(command, client)));
      return result instanceof User user ? Map.of("ok", user.rawJson()) : Map.of("ok_empty", true);
    } catch (AuraException e) {
      return Map.of("error", fields(e));
    }
  }

  private static CompletableFuture<?> begin(Map<String, Object> command, Client client) {
    Map<?, ?> args = (Map<?, ?>) command.get("args");
    String name = (String) args.get("username_or_email");
    return switch ((String) command.get("operation")) {
      case "create_user" ->
          client.createUserAsync(
              (String) args.get("username"),
              (String) args.get("password"),
              ((List<?>) args.get("emails")).stream().map(String.class::cast).toList());
      case "get_current_user" -> client.getCurrentUserAsync();
      case "get_user" -> client.getUserAsync(name);
      default -> client.resetUserPasswordAsync(name);
    };
  }

  /** Has a call end when the command says. */
  private static <T> CompletableFuture<T> timed(
      Map<String, Object> command, CompletableFuture<T> future) {
    if (command.get("cancel_after_ms") instanceof Long time) {
      CompletableFuture.delayedExecutor(time, TimeUnit.MILLISECONDS)
          .execute(() -> future.cancel(true));
    }
    return command.get("deadline_ms") instanceof Long time
        ? future.orTimeout(time, TimeUnit.MILLISECONDS)
        : future;
  }

  private static Object result(CompletableFuture<?> future) {
    try {
      return future.get();
    } catch (CancellationException | InterruptedException e) {
      throw new CancelledException("the future was cancelled");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuraException error) {
        throw error;
      }
      throw new TimeoutException(
          Map.of("kind", "timeout", "text", "the future ran out of time", "message", ""));
    }
  }

  private static Map<String, Object> rows(Map<String, Object> command, Client client) {
    List<String> rows = new ArrayList<>();
    List<Object> errors = new ArrayList<>();
    Map<String, Object> answer = new LinkedHashMap<>(Map.of("ok_rows", rows, "errors", errors));
    boolean isTimed = command.get("cancel_after_ms") != null || command.get("deadline_ms") != null;
    try (AuditLogs logs = client.streamAuditLogs()) {
      while (true) {
        try {
          if (isTimed) {
            for (var page = page(command, logs); !page.isEmpty(); page = page(command, logs)) {
              page.forEach(row -> rows.add(row.rawJson()));
            }
          }
          for (AuditLog row : logs) {
            rows.add(row.rawJson());
          }
          return answer;
        } catch (AuraException e) {
          if (command.get("resume") != null && errors.size() < 10) {
            errors.add(fields(e));
            continue;
          }
          answer.put("error", fields(e));
          return answer;
        }
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static List<AuditLog> page(Map<String, Object> command, AuditLogs logs) {
    return (List<AuditLog>) result(timed(command, logs.nextPageAsync()));
  }

  private static Map<String, Object> many(Map<String, Object> command, Client client) {
    long times = (Long) command.get("times");
    Map<String, Long> outcomes = new TreeMap<>();
    List<CompletableFuture<?>> futures = new ArrayList<>();
    for (long i = 0; i < times; i++) {
      if (command.get("at_once") != null) {
        futures.add(timed(command, begin(command, client)));
      } else {
        Object kind = once(command, client).get("error");
        outcomes.merge(
            kind == null ? "ok" : (String) ((Map<?, ?>) kind).get("kind"), 1L, Long::sum);
      }
    }
    for (CompletableFuture<?> future : futures) {
      String outcome = "ok";
      try {
        result(future);
      } catch (AuraException e) {
        outcome = e.kind().toString();
      }
      outcomes.merge(outcome, 1L, Long::sum);
    }
    return Map.of("outcomes", outcomes);
  }

  private static Map<String, Object> fields(AuraException error) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("kind", error.kind().toString());
    fields.put("status", error.status().isPresent() ? error.status().getAsInt() : null);
    fields.put("message", error.serverMessage());
    fields.put("errors", error.errors().isEmpty() ? null : error.errors());
    fields.put("request_id", error.requestId().orElse(null));
    return fields;
  }

  /** Keeps the log. */
  private static final class Lines extends Handler {
    final List<String> texts = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void publish(LogRecord line) {
      texts.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
