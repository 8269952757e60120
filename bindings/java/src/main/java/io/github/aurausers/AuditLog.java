package io.github.aurausers;

import java.time.Instant;
import java.util.Optional;

/** One row of an audit log. It is immutable. */
public final class AuditLog extends Fields {
  private AuditLog(String json) {
    super(json);
  }

  /**
   * Reads the JSON of a row, such as {@link #rawJson()}.
   *
   * @param json a JSON object
   * @return the row
   */
  public static AuditLog fromJson(String json) {
    AuditLog log = new AuditLog(json);
    log.check("action", "a row of an audit log");
    return log;
  }

  /** Returns a row of the library, unchecked. */
  static AuditLog read(String json) {
    return new AuditLog(json);
  }

  /**
   * Returns the action, such as {@code key.generate} or {@code release.publish}.
   *
   * @return the action
   */
  public String action() {
    return text("action").orElse("");
  }

  /**
   * Returns the {@code User-Agent} of the program, shortened by the server.
   *
   * @return the name
   */
  public Optional<String> userAgent() {
    return text("user_agent");
  }

  /**
   * Returns the details. Their structure depends on the action. {@link #fields()} describes the types.
   *
   * @return the details, usually a map, or null
   */
  public Object params() {
    return fields().get("params");
  }

  /**
   * Returns the time of the action. Servers do not send it yet.
   *
   * @return the time, to the microsecond
   */
  public Optional<Instant> insertedAt() {
    return time("inserted_at");
  }

  /**
   * Returns the class and the action.
   *
   * @return the text
   */
  @Override
  public String toString() {
    return "AuditLog[" + action() + "]";
  }
}
