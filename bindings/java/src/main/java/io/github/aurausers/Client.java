package io.github.aurausers;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Connections to one server, and options for every call.
 *
 * <pre>{@code
 * try (Client client = new Client(Options.none().apiKey("…"))) {
 *   System.out.println(client.getCurrentUser().username());
 *   try (AuditLogs logs = client.streamAuditLogs()) {
 *     for (AuditLog log : logs) {
 *       System.out.println(log.action() + " " + log.params());
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>Many threads may use one client at once, also virtual threads. Create one and keep it. An
 * interruption of a thread ends its call with a {@link CancelledException}, and the thread stays
 * interrupted. Each {@code …Async} method returns a future. If you cancel it, or its {@code orTimeout}
 * expires, the call ends. Every error is an {@link AuraException}.
 *
 * <p>Dependent stages of a future run on daemon threads of this package. They may make calls and wait.
 */
public final class Client implements AutoCloseable {
  private final Handle handle;
  private final Options options;

  /** Creates a client with the options of the environment. */
  public Client() {
    this(Options.none());
  }

  /**
   * Creates a client with options. It sends nothing.
   *
   * @param options the options
   */
  public Client(Options options) {
    this(make(options), Options.none());
  }

  private Client(Handle handle, Options options) {
    this.handle = handle;
    this.options = options;
  }

  private static Handle make(Options options) {
    Library.load();
    long[] client = new long[1];
    long[] error = new long[1];
    String name = "aura-users-java/" + Library.VERSION + " java/" + Runtime.version();
    long settings = Options.none().clientName(name).and(options).make();
    try {
      Native.check(Native.aura_client_new(settings, client, error), error);
    } finally {
      Native.aura_options_free(settings);
    }
    return new Handle("client", client[0], Native::aura_client_free);
  }

  /**
   * Returns a client that shares the connections of this one and has other options. If you close one of
   * the two, both are closed.
   *
   * @param options options that take precedence over those of this client
   * @return the client
   */
  public Client withOptions(Options options) {
    return new Client(handle, this.options.and(options));
  }

  /**
   * Creates an account. If you create one on hex.pm, you accept its <a
   * href="https://hex.pm/policies/termsofservice">terms of service</a>.
   *
   * @param username the name
   * @param password the password
   * @param emails a list of one address
   * @return the new user
   * @throws ValidationException if the server rejects a field
   */
  public User createUser(String username, String password, List<String> emails) {
    return User.read(call(creation(username, password, emails)));
  }

  /**
   * As {@link #createUser}, without waiting.
   *
   * @param username the name
   * @param password the password
   * @param emails a list of one address
   * @return a future of the new user
   */
  public CompletableFuture<User> createUserAsync(
      String username, String password, List<String> emails) {
    return future(() -> creation(username, password, emails), User::read);
  }

  /**
   * Returns the user that owns the credential.
   *
   * @return the user
   */
  public User getCurrentUser() {
    return User.read(call(Native::aura_get_current_user_start));
  }

  /**
   * As {@link #getCurrentUser}, without waiting.
   *
   * @return a future of the user
   */
  public CompletableFuture<User> getCurrentUserAsync() {
    return future(() -> Native::aura_get_current_user_start, User::read);
  }

  /**
   * Returns the public record of a user. On hex.pm this needs no key.
   *
   * @param usernameOrEmail the name or the address
   * @return the user
   * @throws NotFoundException if the user does not exist
   */
  public User getUser(String usernameOrEmail) {
    return User.read(call(lookup(usernameOrEmail)));
  }

  /**
   * As {@link #getUser}, without waiting.
   *
   * @param usernameOrEmail the name or the address
   * @return a future of the user
   */
  public CompletableFuture<User> getUserAsync(String usernameOrEmail) {
    return future(() -> lookup(usernameOrEmail), User::read);
  }

  /**
   * Asks the server to mail the user a link for a new password. hex.pm does not offer it.
   *
   * @param usernameOrEmail the name or the address
   * @throws UnsupportedException if the server does not offer it
   */
  public void resetUserPassword(String usernameOrEmail) {
    call(reset(usernameOrEmail));
  }

  /**
   * As {@link #resetUserPassword}, without waiting.
   *
   * @param usernameOrEmail the name or the address
   * @return a future of nothing
   */
  public CompletableFuture<Void> resetUserPasswordAsync(String usernameOrEmail) {
    return future(() -> reset(usernameOrEmail), json -> null);
  }

  /**
   * Returns the audit log of the credential's user, newest row first. It sends the first request when
   * you read a row. You may use it after you close the client.
   *
   * @return the log; close it
   */
  public AuditLogs streamAuditLogs() {
    long[] logs = new long[1];
    withSettings(
        (client, settings, error) -> Native.aura_stream_audit_logs(client, settings, logs, error));
    return new AuditLogs(new Handle("audit log", logs[0], Native::aura_audit_logs_free));
  }

  /**
   * Returns the last rate limit that the server sent for this client's credential. Sends nothing.
   *
   * @return the limit; empty if the server sent none
   */
  public Optional<RateLimit> rateLimit() {
    long[] json = new long[1];
    withSettings(
        (client, settings, error) -> Native.aura_client_rate_limit(client, settings, json, error));
    String text = Native.take(json);
    return text.equals("null") ? Optional.empty() : Optional.of(RateLimit.read(text));
  }

  /** Closes the connections. Calls and streams that have started continue. */
  @Override
  public void close() {
    handle.close();
  }

  private static Call.Start creation(String username, String password, List<String> emails) {
    byte[] name = Native.text("username", username);
    byte[] secret = Native.text("password", password);
    if (emails == null) {
      throw new InvalidArgumentException("emails is null");
    }
    List<Memory> texts =
        emails.stream().map(email -> memory(Native.text("emails", email))).toList();
    long[] addresses = texts.stream().mapToLong(Pointer::nativeValue).toArray();
    return (client, settings, call, error) -> {
      try {
        return Native.aura_create_user_start(
            client, name, secret, addresses, addresses.length, settings, call, error);
      } finally {
        Reference.reachabilityFence(texts);
      }
    };
  }

  private static Memory memory(byte[] text) {
    Memory memory = new Memory(text.length);
    memory.write(0, text, 0, text.length);
    return memory;
  }

  private static Call.Start lookup(String usernameOrEmail) {
    byte[] name = Native.text("username_or_email", usernameOrEmail);
    return (client, settings, call, error) ->
        Native.aura_get_user_start(client, name, settings, call, error);
  }

  private static Call.Start reset(String usernameOrEmail) {
    byte[] name = Native.text("username_or_email", usernameOrEmail);
    return (client, settings, call, error) ->
        Native.aura_reset_user_password_start(client, name, settings, call, error);
  }

  private Call begin(Call.Start start) {
    return Call.begin(handle, options, start);
  }

  private String call(Call.Start start) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException("the thread was interrupted before the call started");
    }
    try {
      return begin(start).await();
    } finally {
      Log.deliver();
    }
  }

  /** A future of a call. An invalid argument fails the future, too. */
  private <T> CompletableFuture<T> future(Supplier<Call.Start> start, Function<String, T> read) {
    CompletableFuture<T> future = new CompletableFuture<>();
    try {
      begin(start.get())
          .complete(
              future,
              (json, error) -> {
                Log.deliver();
                if (error == null) {
                  future.complete(read.apply(json));
                } else {
                  future.completeExceptionally(error);
                }
              });
    } catch (AuraException e) {
      future.completeExceptionally(e);
    }
    return future;
  }

  @FunctionalInterface
  private interface Ask {
    int ask(long client, long settings, long[] error);
  }

  /** Calls a function that does not block. */
  private void withSettings(Ask function) {
    long[] error = new long[1];
    long client = handle.begin();
    try {
      long settings = options.make();
      try {
        Native.check(function.ask(client, settings, error), error);
      } finally {
        Native.aura_options_free(settings);
      }
    } finally {
      handle.end();
    }
  }
}
