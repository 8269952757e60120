package io.github.aurausers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The reader of JSON. */
final class JsonTest {
  @Test
  void readsEveryKindOfValue() {
    assertEquals(
        Arrays.asList(1L, -2.5, true, false, null, "a\"\\/\b\f\n\r\té😀", Map.of(), List.of()),
        Json.parse(
            " [1, -2.5e0,true , false,null,\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\",{ },[\n]]"));
    assertEquals(Map.of("a", Map.of("b", List.of(1L))), Json.parse("{\"a\":{\"b\":[1]}}"));
    assertNull(Json.parse("null"));
  }

  @Test
  void readsNumbersOfAnySize() {
    assertEquals(Long.MIN_VALUE, Json.parse("-9223372036854775808"));
    assertEquals(new BigInteger("9223372036854775808"), Json.parse("9223372036854775808"));
    assertEquals(Double.POSITIVE_INFINITY, Json.parse("1e999999999"));
    assertInstanceOf(Double.class, Json.parse("1".repeat(1_000_000)));
  }

  @Test
  void readsWhatIsNestedDeeply() {
    int depth = 1_000_000;
    assertInstanceOf(List.class, Json.parse("[".repeat(depth) + "]".repeat(depth)));
    assertInstanceOf(Map.class, Json.parse("{\"a\":".repeat(depth) + "0" + "}".repeat(depth)));
  }

  @Test
  void splitsAnArrayOfObjects() {
    List<String> rows = List.of("{\"a\":\"}\\\\\\\"]\"}", "{\"b\":[{}, [1]]}");
    assertEquals(rows, Json.elements("[" + rows.get(0) + ",\n " + rows.get(1) + "]"));
  }

  @Test
  void findsOneTextAsTheParserDoes() {
    String json =
        " { \"a\" : \"x\" , \"n\":null,\"i\":7,\"q\":\"say \\\"a\\\"\",\"u\":\"é\",\"e\":\"\","
            + "\"o\":{\"a\":\"inner\",\"l\":[\"]\",\"}\"]},\"l\":[{\"a\":\"deep\"}],\"v\":\"a\","
            + "\"a\":\"last\",\"z\":\"1\",\"z\":2}";
    Map<String, Object> all = Json.parseObject(json);
    for (String name : List.of("a", "u", "e", "v")) {
      assertEquals(all.get(name), Json.plainText(json, name), name);
    }
    for (String name : List.of("n", "i", "q", "o", "l", "z", "missing")) {
      assertNull(Json.plainText(json, name), name);
    }
    assertNull(Json.plainText("{\"a\":\"x\",\"\\u0061\":\"y\"}", "a"));
    assertNull(Json.plainText("[\"a\",\"x\"]", "b"));
  }

  @Test
  void refusesWhatIsNoJson() {
    for (String bad :
        List.of(
            "",
            "{",
            "[1",
            "{1:2}",
            "[1 2]",
            "tru",
            "1 2",
            "\"a",
            "\"\\",
            "{\"a\"}",
            "-",
            "@",
            "\"\\u12\"")) {
      assertThrows(IllegalArgumentException.class, () -> Json.parse(bad), bad);
    }
  }
}
