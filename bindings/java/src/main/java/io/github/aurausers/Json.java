package io.github.aurausers;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON, which is usually from the library. An object becomes a {@code Map} in the order of the text, an array a
 * {@code List}, a number a {@code Long}, {@code BigInteger} or {@code Double}. Nothing recurses, because a reply may be
 * nested as deep as it is long.
 */
final class Json {
  /** Longer integers become a {@code Double}: {@code BigInteger} reads them in quadratic time. */
  private static final int MOST_DIGITS = 1000;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** Returns the value of a JSON text. */
  static Object parse(String text) {
    Json json = new Json(text);
    try {
      Object value = json.value();
      json.skipSpace();
      if (json.at == text.length()) {
        return value;
      }
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      // An escape is cut or has no hexadecimal digits.
    }
    throw json.bad();
  }

  /** Returns the fields of a JSON object. */
  @SuppressWarnings("unchecked")
  static Map<String, Object> parseObject(String text) {
    return parse(text) instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  /** Returns the text of each element of a JSON array of objects. */
  static List<String> elements(String array) {
    List<String> elements = new ArrayList<>(100);
    int depth = 0;
    int begin = -1;
    for (int i = 0; i < array.length(); i++) {
      char c = array.charAt(i);
      if (c == '"') {
        i = endOfString(array, i);
      } else if (c == '{' || c == '[') {
        depth++;
        if (depth == 2) {
          begin = i;
        }
      } else if (c == '}' || c == ']') {
        depth--;
        if (depth == 1) {
          elements.add(array.substring(begin, i + 1));
        }
      }
    }
    return elements;
  }

  /**
   * Returns a member of a JSON object if it is a string without escapes, or null if the object must
   * be parsed. Most programs read one such member of a record, which is much faster than parsing it.
   */
  static String plainText(String object, String name) {
    String found = null;
    int depth = 0;
    boolean isName = false;
    boolean isWanted = false;
    for (int i = 0; i < object.length(); i++) {
      char c = object.charAt(i);
      if (c == '"') {
        int begin = i + 1;
        i = endOfString(object, i);
        if (depth != 1) {
          continue;
        }
        if (isName && hasEscape(object, begin, i)) {
          return null; // decoded, it may be this name
        }
        if (isName) {
          isWanted = name.length() == i - begin && object.startsWith(name, begin);
        } else if (isWanted) {
          found = hasEscape(object, begin, i) ? null : object.substring(begin, i);
        }
      } else if (c == '{' || c == '[') {
        depth++;
        isName = depth == 1;
      } else if (c == '}' || c == ']') {
        depth--;
      } else if (depth == 1 && c == ',') {
        isName = true;
      } else if (depth == 1 && c == ':') {
        isName = false;
        if (isWanted) {
          found = null; // the last member of a name counts
        }
      }
    }
    return found;
  }

  private static boolean hasEscape(String text, int begin, int end) {
    for (int i = begin; i < end; i++) {
      if (text.charAt(i) == '\\') {
        return true;
      }
    }
    return false;
  }

  /** Returns the index of the last quote of the string whose first quote is at {@code i}. */
  private static int endOfString(String text, int i) {
    int end = i;
    do {
      end = text.indexOf('"', end + 1);
      if (end < 0) {
        throw new IllegalArgumentException("a string does not end");
      }
      int backslashes = 0;
      while (text.charAt(end - 1 - backslashes) == '\\') {
        backslashes++;
      }
      if (backslashes % 2 == 0) {
        return end;
      }
    } while (true);
  }

  /** An open container, and the name of its next value. */
  private static final class Open {
    final Map<String, Object> map;
    final List<Object> list;
    String name;

    Open(boolean isMap) {
      map = isMap ? new LinkedHashMap<>() : null;
      list = isMap ? null : new ArrayList<>();
    }

    void put(Object value) {
      if (map != null) {
        map.put(name, value);
      } else {
        list.add(value);
      }
    }

    Object close() {
      return map != null ? Collections.unmodifiableMap(map) : Collections.unmodifiableList(list);
    }
  }

  private Object value() {
    ArrayDeque<Open> open = new ArrayDeque<>();
    while (true) {
      Object value;
      char c = next();
      if (c == '{' || c == '[') {
        Open container = new Open(c == '{');
        char close = c == '{' ? '}' : ']';
        if (peek() != close) {
          open.push(container);
          readName(container);
          continue;
        }
        at++;
        value = container.close();
      } else {
        value = scalar(c);
      }
      // The value may close its container, which is then a value itself.
      while (true) {
        Open container = open.peek();
        if (container == null) {
          return value;
        }
        container.put(value);
        char after = next();
        if (after == ',') {
          readName(container);
          break;
        }
        if (after != (container.map != null ? '}' : ']')) {
          throw bad();
        }
        value = open.pop().close();
      }
    }
  }

  private void readName(Open container) {
    if (container.map != null) {
      if (next() != '"') {
        throw bad();
      }
      container.name = string();
      if (next() != ':') {
        throw bad();
      }
    }
  }

  private Object scalar(char c) {
    return switch (c) {
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at - 1)) {
      throw bad();
    }
    at += word.length() - 1;
    return value;
  }

  private Object number() {
    int begin = at - 1;
    boolean isWhole = true;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      isWhole &= Character.isDigit(text.charAt(at));
      at++;
    }
    String digits = text.substring(begin, at);
    try {
      if (isWhole && digits.length() <= 18) {
        return Long.valueOf(digits);
      }
      if (isWhole && digits.length() <= MOST_DIGITS) {
        BigInteger value = new BigInteger(digits);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
      }
      return Double.valueOf(digits);
    } catch (NumberFormatException e) {
      throw bad();
    }
  }

  private String string() {
    int begin = at;
    int end = endOfString(text, at - 1);
    at = end + 1;
    String raw = text.substring(begin, end);
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    StringBuilder decoded = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '\\') {
        decoded.append(c);
        continue;
      }
      char escaped = raw.charAt(++i);
      if (escaped == 'u') {
        decoded.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
        i += 4;
      } else {
        int known = "bfnrt".indexOf(escaped);
        decoded.append(known < 0 ? escaped : "\b\f\n\r\t".charAt(known));
      }
    }
    return decoded.toString();
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  /** Returns the next character that is not a space, and stays there. */
  private char peek() {
    skipSpace();
    if (at >= text.length()) {
      throw bad();
    }
    return text.charAt(at);
  }

  private char next() {
    char c = peek();
    at++;
    return c;
  }

  private IllegalArgumentException bad() {
    return new IllegalArgumentException("not JSON at character " + at);
  }
}
