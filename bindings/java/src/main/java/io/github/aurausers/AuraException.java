package io.github.aurausers;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Any failure of this library.
 *
 * <p>Its text says what happened and, if that is known, what to do next. It contains no secret, and
 * no name or address except for what the server's own message repeats. Whatever the server sends,
 * the text has at most 64 kB.
 */
public class AuraException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final List<String> NULL_FIELDS =
      List.of(
          "status", "hint", "reason", "errors", "request_id", "retry_after_ms", "method", "route");

  /** The kind of the error. */
  private final ErrorKind kind;

  /** Every field by name. */
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

  /** The exception for an error of the library, which is freed. */
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
   * What went wrong.
   *
   * @return the kind
   */
  public ErrorKind kind() {
    return kind;
  }

  /**
   * The server's own message if it sent one, else the library's. {@link #getMessage()} says more.
   *
   * @return the message
   */
  public String serverMessage() {
    return text("message").orElse("");
  }

  /**
   * What to do next, if the library knows more than the message says.
   *
   * @return the hint
   */
  public Optional<String> hint() {
    return text("hint");
  }

  /**
   * Why the server refused a credential or an account, such as {@code revoked_credential}.
   *
   * @return the reason
   */
  public Optional<String> reason() {
    return text("reason");
  }

  /**
   * The HTTP status, if a reply came.
   *
   * @return the status
   */
  public OptionalInt status() {
    return fields.get("status") instanceof Long status
        ? OptionalInt.of(status.intValue())
        : OptionalInt.empty();
  }

  /**
   * The field errors of a 422, as the server nests them: at most 200. If some are left out, the
   * last one is called {@code …} and says how many.
   *
   * @return the errors by field; empty if the server named none
   */
  @SuppressWarnings("unchecked")
  public Map<String, Object> errors() {
    return fields.get("errors") instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  /**
   * The server's {@code x-request-id}: its operators find the call by it.
   *
   * @return the id
   */
  public Optional<String> requestId() {
    return text("request_id");
  }

  /**
   * How long to wait before trying again, if the server says so.
   *
   * @return the time
   */
  public Optional<Duration> retryAfter() {
    return fields.get("retry_after_ms") instanceof Long wait
        ? Optional.of(Duration.ofMillis(wait))
        : Optional.empty();
  }

  /**
   * How many times the request was sent.
   *
   * @return the number; 0 if nothing was sent
   */
  public int attempts() {
    return fields.get("attempts") instanceof Long attempts ? attempts.intValue() : 0;
  }

  /**
   * The request's method.
   *
   * @return the method, such as {@code GET}
   */
  public Optional<String> method() {
    return text("method");
  }

  /**
   * The request's route without its parameters.
   *
   * @return the route, such as <code>/users/{username_or_email}</code>
   */
  public Optional<String> route() {
    return text("route");
  }

  /**
   * Whether the server may have carried out a {@code createUser} or {@code resetUserPassword} that
   * failed. Then check before you repeat it.
   *
   * @return whether the outcome is unknown
   */
  public boolean isOutcomeUnknown() {
    return Boolean.TRUE.equals(fields.get("outcome_unknown"));
  }

  /**
   * Whether the same call may succeed later, and repeating it is safe.
   *
   * @return whether a retry makes sense
   */
  public boolean isRetryable() {
    return Boolean.TRUE.equals(fields.get("retryable"));
  }

  /**
   * Every field of the error by the name that all languages of this library use.
   *
   * @return the fields, which cannot be changed
   */
  public Map<String, Object> fields() {
    return fields;
  }

  private Optional<String> text(String name) {
    return Optional.ofNullable((String) fields.get(name));
  }
}
