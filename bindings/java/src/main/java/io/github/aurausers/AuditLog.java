package io.github.aurausers;

import java.time.Instant;
import java.util.Optional;

/** One row of an audit log: something that was done with the caller's account. */
public final class AuditLog extends Fields {
  private AuditLog(String json) {
    super(json);
  }

  /**
   * A row again, from what {@link #rawJson()} gave.
   *
   * @param json a JSON object
   * @return the row
   */
  public static AuditLog fromJson(String json) {
    AuditLog log = new AuditLog(json);
    log.check("action", "a row of an audit log");
    return log;
  }

  /** A row of the library, which is known to be one. */
  static AuditLog read(String json) {
    return new AuditLog(json);
  }

  /**
   * What was done: {@code key.generate}, {@code release.publish} and the like.
   *
   * @return the action
   */
  public String action() {
    return text("action").orElse("");
  }

  /**
   * The {@code User-Agent} of the program that did it, if the server recorded one.
   *
   * @return the name
   */
  public Optional<String> userAgent() {
    return text("user_agent");
  }

  /**
   * The details. Their shape follows the action; see {@link #fields()} for their types.
   *
   * @return a map, as a rule; null if there are none
   */
  public Object params() {
    return fields().get("params");
  }

  /**
   * When it was done. Today's servers do not say.
   *
   * @return the time, to the microsecond
   */
  public Optional<Instant> insertedAt() {
    return time("inserted_at");
  }

  /**
   * The class and the action.
   *
   * @return a text for a person
   */
  @Override
  public String toString() {
    return "AuditLog[" + action() + "]";
  }
}
