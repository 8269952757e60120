package io.github.aurausers;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The fields of the server's JSON, decoded at the first use. */
abstract class Fields {
  /** The groups leave out the digits of a fraction after the ninth. */
  private static final Pattern TIME =
      Pattern.compile(
          "(?<date>\\d{4}-\\d\\d-\\d\\d).(?<minute>\\d\\d:\\d\\d:)"
              + "(?<second>\\d\\d)(?:(?<fraction>\\.\\d{1,9})\\d*)?"
              + "(?:[Zz]|(?<sign>[+-])(?<hours>[01]\\d|2[0-3]):(?<minutes>[0-5]\\d))?");

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
   * BigInteger}, another number a {@code Double}. A whole number of more than 1000 digits is a {@code
   * Double}, which is infinite. So is any number that is too large for a {@code Double}.
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

  /** Returns a time of RFC 3339, as the library reads it. A time without an offset is UTC. */
  final Optional<Instant> time(String name) {
    return text(name).flatMap(Fields::instant);
  }

  private static Optional<Instant> instant(String text) {
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      return Optional.empty();
    }
    boolean isLeapSecond = time.group("second").equals("60");
    String second = isLeapSecond ? "59" : time.group("second");
    String fraction = isLeapSecond ? ".999999999" : time.group("fraction");
    String clock = time.group("minute") + second + (fraction == null ? "" : fraction);
    try {
      LocalDateTime local = LocalDateTime.parse(time.group("date") + "T" + clock);
      LocalDateTime utc = local.minusMinutes(offset(time));
      return isLeapSecond && !endsMonth(utc)
          ? Optional.empty()
          : Optional.of(utc.toInstant(ZoneOffset.UTC));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Returns the offset in minutes: up to 23:59, more than a {@code ZoneOffset} can have. */
  private static long offset(Matcher time) {
    if (time.group("sign") == null) {
      return 0;
    }
    int minutes =
        Integer.parseInt(time.group("hours")) * 60 + Integer.parseInt(time.group("minutes"));
    return time.group("sign").equals("-") ? -minutes : minutes;
  }

  private static boolean endsMonth(LocalDateTime utc) {
    LocalDateTime next = utc.plusNanos(1);
    return next.getDayOfMonth() == 1 && next.toLocalTime().equals(LocalTime.MIDNIGHT);
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
