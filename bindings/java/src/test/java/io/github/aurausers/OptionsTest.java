package io.github.aurausers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is generated agrees with the description of the C library. */
final class OptionsTest {
  private static Map<String, Object> description() throws IOException {
    return Json.parseObject(Files.readString(Path.of("../../include/aura_users.json")));
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> all(String name) throws IOException {
    return (List<Map<String, Object>>) description().get(name);
  }

  @Test
  void everyOptionHasASetter() throws IOException {
    Set<String> setters =
        Arrays.stream(Options.class.getDeclaredMethods())
            .filter(method -> method.getReturnType() == Options.class)
            .filter(method -> method.getParameterCount() == 1)
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    setters.remove("and");
    Set<String> wanted = new TreeSet<>();
    for (Map<String, Object> option : all("options")) {
      StringBuilder name = new StringBuilder();
      for (String word : ((String) option.get("name")).split("_", -1)) {
        name.append(
            name.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
      }
      wanted.add(name.toString());
    }
    assertEquals(wanted, setters);
  }

  @Test
  void theLibraryTakesTheDefaultOfEveryOption() throws IOException {
    Options options = Options.none().env(false);
    for (Map<String, Object> option : all("options")) {
      if (option.get("default") != null && !option.get("name").equals("env")) {
        options = options.set((String) option.get("name"), option.get("default"));
      }
    }
    new Client(options).close();
  }

  @Test
  void everyErrorKindHasItsNumber() throws IOException {
    Map<String, Long> wanted = new HashMap<>();
    for (Map<String, Object> kind : all("error_kinds")) {
      wanted.put((String) kind.get("name"), (Long) kind.get("number"));
    }
    Map<String, Long> found =
        Arrays.stream(ErrorKind.values())
            .collect(Collectors.toMap(ErrorKind::toString, kind -> (long) kind.code()));
    assertEquals(wanted, found);
  }

  @Test
  void anExceptionOfThisPackageHasAllFields() throws IOException {
    @SuppressWarnings("unchecked")
    var records = (Map<String, List<Map<String, Object>>>) description().get("records");
    Set<Object> wanted = new HashSet<>();
    records.get("error").forEach(field -> wanted.add(field.get("name")));
    assertEquals(wanted, new InvalidArgumentException("no").fields().keySet());
  }

  @Test
  void theVersionIsThatOfTheProject() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    assertTrue(pom.contains("<version>" + Library.VERSION + "</version>"));
    assertTrue(Library.isCompatible(Library.VERSION));
    assertTrue(!Library.isCompatible("0.10.0") && !Library.isCompatible("1.0.1"));
    assertTrue(
        Library.isCompatible("0.1.10", "0.1.9") && Library.isCompatible("0.1.1-rc1", "0.1.1"));
    assertTrue(!Library.isCompatible("0.1.0", "0.1.1") && !Library.isCompatible("0.1", "0.1.0"));
  }

  @Test
  void theLicenceIsThatOfTheProject() throws IOException {
    Path licence = Path.of("../../LICENSE");
    assertEquals(-1, Files.mismatch(licence, Path.of("LICENSE")));
    assertEquals(-1, Files.mismatch(licence, Path.of("target/classes/META-INF/LICENSE")));
  }

  @Test
  void anUnknownOptionIsRefusedWithASuggestion() {
    InvalidArgumentException error =
        assertThrows(
            InvalidArgumentException.class, () -> Options.none().set("repo_ur", "http://a/api"));
    assertTrue(error.getMessage().contains("repo_url"), error::getMessage);
    // The library gets the value, too: it detects that name and value are swapped.
    error =
        assertThrows(
            InvalidArgumentException.class,
            () -> Options.none().set("0123456789abcdef", "api_key"));
    assertTrue(error.getMessage().contains("swapped"), error::getMessage);
    assertTrue(!error.getMessage().contains("0123"), error::getMessage);
  }

  @Test
  void aBadValueIsNamedAndASecretIsNot() {
    InvalidArgumentException error =
        assertThrows(
            InvalidArgumentException.class,
            () -> new Client(Options.none().timeout(Duration.ofNanos(1))));
    assertTrue(error.getMessage().contains("timeout"), error::getMessage);
    Options options = Options.none().apiKey("secret").page(3);
    assertEquals("Options{api_key=…, page=3}", options.toString());
    assertEquals(options, Options.none().set("page", 3).set("api_key", "secret"));
    assertEquals(Options.none(), options.apiKey(null).set("page", null));
  }
}
