package io.github.aurausers;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The fields of the server's JSON, decoded at the first use. */
abstract class Fields {
  private final String json;
  private Map<String, Object> decoded;

  Fields(String json) {
    this.json = json;
  }

  /**
   * Returns the JSON that the server sent.
   *
   * @return the JSON, byte for byte
   */
  public final String rawJson() {
    return json;
  }

  /**
   * Returns every field that the server sent, also unknown ones. An object is a {@code Map}
   * in the server's order, an array a {@code List}, a whole number a {@code Long} or {@code
   * BigInteger}, another number a {@code Double}.
   *
   * @return the fields by name, as an immutable map
   */
  public final Map<String, Object> fields() {
    // Two threads may decode at once: the results are equal.
    Map<String, Object> fields = decoded;
    if (fields == null) {
      fields = Json.parseObject(json);
      decoded = fields;
    }
    return fields;
  }

  /** Throws if the text is not a JSON object with this field. */
  final void check(String field, String record) {
    if (json == null) {
      throw new InvalidArgumentException("json is null");
    }
    try {
      fields();
    } catch (IllegalArgumentException e) {
      throw new InvalidArgumentException("json is not valid JSON: " + e.getMessage());
    }
    if (text(field).isEmpty()) {
      throw new InvalidArgumentException("json is not " + record + ": it has no " + field);
    }
  }

  final Optional<String> text(String name) {
    if (decoded == null) {
      String text = Json.plainText(json, name);
      if (text != null) {
        return Optional.of(text);
      }
    }
    return fields().get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /** Returns the texts of an object, in the server's order. */
  final Map<String, String> texts(String name) {
    Map<String, String> texts = new LinkedHashMap<>();
    if (fields().get(name) instanceof Map<?, ?> map) {
      map.forEach((key, value) -> texts.put((String) key, String.valueOf(value)));
    }
    return Collections.unmodifiableMap(texts);
  }

  /** Returns a time. A time without an offset is UTC. */
  final Optional<Instant> time(String name) {
    return text(name).flatMap(Fields::instant);
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      try {
        return Optional.of(LocalDateTime.parse(text).toInstant(ZoneOffset.UTC));
      } catch (DateTimeException none) {
        return Optional.empty();
      }
    }
  }

  /** Two records are equal if the server's JSON is. */
  @Override
  @SuppressWarnings("EqualsGetClass") // a user never equals a row
  public final boolean equals(Object other) {
    return other != null
        && getClass() == other.getClass()
        && other instanceof Fields fields
        && json.equals(fields.json);
  }

  @Override
  public final int hashCode() {
    return json.hashCode();
  }
}
