package io.github.aurausers;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Any error of this library.
 *
 * <p>Its message contains no secret, and no name or address except those in the server's message. It
 * has at most 64 kB.
 */
public class AuraException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final List<String> NULL_FIELDS =
      List.of(
          "status", "hint", "reason", "errors", "request_id", "retry_after_ms", "method", "route");

  /** The kind of the error. */
  private final ErrorKind kind;

  /** All fields by name. */
  @SuppressWarnings("serial") // maps, lists and texts of java.util and java.lang
  private final Map<String, Object> fields;

  AuraException(ErrorKind kind, Map<String, Object> fields) {
    super((String) fields.get("text"));
    this.kind = kind;
    this.fields = fields;
  }

  AuraException(ErrorKind kind, String message) {
    this(kind, fields(kind, message));
  }

  /** The fields of an exception of this package: those of the library's errors. */
  private static Map<String, Object> fields(ErrorKind kind, String message) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("kind", kind.toString());
    fields.put("code", (long) kind.code());
    fields.put("text", kind + ": " + message);
    fields.put("message", message);
    for (String name : NULL_FIELDS) {
      fields.put(name, null);
    }
    fields.put("attempts", 0L);
    fields.put("outcome_unknown", false);
    fields.put("retryable", false);
    return Collections.unmodifiableMap(fields);
  }

  /** Converts an error of the library and frees it. */
  static AuraException take(int status, long error) {
    Map<String, Object> fields = Json.parseObject(Native.string(Native.aura_error_json(error)));
    Native.aura_error_free(error);
    return of(ErrorKind.of(status), fields);
  }

  private static AuraException of(ErrorKind kind, Map<String, Object> fields) {
    return switch (kind) {
      case INVALID_ARGUMENT -> new InvalidArgumentException(fields);
      case UNAUTHENTICATED -> new AuthenticationException(kind, fields);
      case OTP_REQUIRED -> new OtpRequiredException(fields);
      case OTP_INVALID -> new OtpInvalidException(fields);
      case FORBIDDEN -> new PermissionDeniedException(fields);
      case NOT_FOUND -> new NotFoundException(fields);
      case UNSUPPORTED -> new UnsupportedException(fields);
      case VALIDATION -> new ValidationException(fields);
      case RATE_LIMITED -> new RateLimitException(fields);
      case SERVER -> new ServerException(fields);
      case UNEXPECTED_STATUS -> new ApiException(kind, fields);
      case CONNECT -> new ConnectException(fields);
      case TLS -> new TlsException(fields);
      case TIMEOUT -> new TimeoutException(fields);
      case CANCELLED -> new CancelledException(fields);
      case DECODE -> new DecodeException(fields);
      case INTERNAL -> new InternalException(fields);
    };
  }

  /**
   * Returns the kind of the error.
   *
   * @return the kind
   */
  public ErrorKind kind() {
    return kind;
  }

  /**
   * Returns the server's message, or the library's if the server sent none. {@link #getMessage()}
   * has more details.
   *
   * @return the message
   */
  public String serverMessage() {
    return text("message").orElse("");
  }

  /**
   * Returns what to do next. It is empty if the message says enough.
   *
   * @return the hint
   */
  public Optional<String> hint() {
    return text("hint");
  }

  /**
   * Returns why the server rejected a credential or an account: {@code revoked_credential} for example.
   *
   * @return the reason
   */
  public Optional<String> reason() {
    return text("reason");
  }

  /**
   * Returns the HTTP status. It is empty if no reply arrived.
   *
   * @return the status
   */
  public OptionalInt status() {
    return fields.get("status") instanceof Long status
        ? OptionalInt.of(status.intValue())
        : OptionalInt.empty();
  }

  /**
   * Returns the field errors of a 422, nested as the server sent them: at most 200. If there are more,
   * the last one has the name {@code …} and the number of the others.
   *
   * @return the errors by field; empty if the server sent none
   */
  @SuppressWarnings("unchecked")
  public Map<String, Object> errors() {
    return fields.get("errors") instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  /**
   * Returns the {@code x-request-id} of the reply. The server's operators find the request by it.
   *
   * @return the id
   */
  public Optional<String> requestId() {
    return text("request_id");
  }

  /**
   * Returns the time that the server asks you to wait before you try again.
   *
   * @return the time
   */
  public Optional<Duration> retryAfter() {
    return fields.get("retry_after_ms") instanceof Long wait
        ? Optional.of(Duration.ofMillis(wait))
        : Optional.empty();
  }

  /**
   * Returns the number of times that the request was sent.
   *
   * @return the number
   */
  public int attempts() {
    return fields.get("attempts") instanceof Long attempts ? attempts.intValue() : 0;
  }

  /**
   * Returns the method of the request.
   *
   * @return the method, such as {@code GET}
   */
  public Optional<String> method() {
    return text("method");
  }

  /**
   * Returns the route of the request, without parameters.
   *
   * @return the route, such as <code>/users/{username_or_email}</code>
   */
  public Optional<String> route() {
    return text("route");
  }

  /**
   * Returns whether the server may have completed a call that failed. Then check before you repeat
   * it.
   *
   * @return whether the outcome is unknown
   */
  public boolean isOutcomeUnknown() {
    return Boolean.TRUE.equals(fields.get("outcome_unknown"));
  }

  /**
   * Returns whether the same call may succeed later, and repeating it is safe.
   *
   * @return whether you may retry
   */
  public boolean isRetryable() {
    return Boolean.TRUE.equals(fields.get("retryable"));
  }

  /**
   * Returns all fields of the error. Their names are the same in every language of this library.
   *
   * @return the fields, as an immutable map
   */
  public Map<String, Object> fields() {
    return fields;
  }

  private Optional<String> text(String name) {
    return Optional.ofNullable((String) fields.get(name));
  }
}
