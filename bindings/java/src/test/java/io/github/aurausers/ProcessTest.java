package io.github.aurausers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Platform;
import java.io.File;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What needs a process of its own: finding the library, the end of the program. */
final class ProcessTest {
  /** Runs {@link #main} and gives what it printed. */
  private static String run(String library, int status, String... words) throws Exception {
    return run(System.getProperty("java.class.path"), library, status, words);
  }

  private static String run(String classPath, String library, int status, String... words)
      throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            classPath,
            ProcessTest.class.getName());
    if (Runtime.version().feature() >= 22) {
      builder.command().add(1, "--enable-native-access=ALL-UNNAMED");
    }
    builder.command().addAll(List.of(words));
    builder.redirectErrorStream(true);
    if (library == null) {
      builder.environment().remove("AURA_USERS_LIBRARY");
    } else if (!library.isEmpty()) {
      builder.environment().put("AURA_USERS_LIBRARY", library);
    }
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(status, process.exitValue(), output);
    return output;
  }

  /** The programs that the tests run. */
  public static void main(String[] words) throws Exception {
    if (words[0].equals("find without JNA")) {
      System.setProperty("jna.nosys", "true");
      System.setProperty("jna.nounpack", "true");
    }
    if (words[0].startsWith("find")) {
      for (int i = 0; i < 2; i++) {
        try {
          new Client().close();
          System.out.println("found");
        } catch (InternalException e) {
          System.out.println(e.getMessage());
          System.out.println("cause: " + e.getCause().getClass().getName());
        }
      }
      return;
    }
    if (words[0].equals("log")) {
      try (Client client = new Client(Options.none().repoUrl(words[1]).env(false))) {
        System.out.println(client.getUser("eric").username());
      }
      return;
    }
    Client client = new Client(Options.none().repoUrl(words[1]).apiKey("key").env(false));
    for (int i = 0; i < 20; i++) {
      var unused = client.getUserAsync("eric");
      Thread thread = new Thread(() -> client.getUser("eric"));
      thread.setDaemon(true);
      thread.start();
    }
    AuditLogs logs = client.streamAuditLogs();
    var unused = logs.nextPageAsync();
    TimeUnit.MILLISECONDS.sleep(200);
    System.out.println("over");
    if (words[0].equals("exit")) {
      System.exit(3);
    }
  }

  @Test
  void aWrongPathIsAnErrorThatNamesIt() throws Exception {
    String output = run("/nowhere/libaura_users.so", 0, "find");
    assertTrue(output.contains("$AURA_USERS_LIBRARY: /nowhere/libaura_users.so: "), output);
    assertEquals(2, output.split("cannot be loaded", -1).length - 1, output);
    assertEquals(2, output.split("cause: java.lang.UnsatisfiedLinkError", -1).length - 1, output);
  }

  @Test
  void aDamagedLibraryIsAnErrorWithTheReason(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("libaura_users.so"), "\177ELF");
    String output = run(file.toString(), 0, "find");
    String line = "  $AURA_USERS_LIBRARY: " + file + ": ";
    assertTrue(
        output.lines().anyMatch(one -> one.startsWith(line) && one.length() > line.length()),
        output);
    if (Platform.isLinux()) {
      assertTrue(output.lines().anyMatch((line + "file too short")::equals), output);
    }
    assertTrue(output.contains("cause: java.lang.UnsatisfiedLinkError"), output);
  }

  @Test
  void aMissingLibraryIsAnErrorThatNamesEveryPlace() throws Exception {
    String output = run(null, 0, "find");
    if (output.startsWith("found")) {
      return; // the system has one
    }
    String resource = "native/" + Library.platform() + "/libaura_users.so";
    assertTrue(output.contains("class path: " + resource + ": does not exist"), output);
    assertTrue(output.contains("system: libaura_users.so.0.1: "), output);
  }

  @Test
  void aLibraryOfAnotherKindIsAnError() throws Exception {
    Path other =
        Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("jli")).toRealPath();
    String output = run(other.toString(), 0, "find");
    assertTrue(output.contains(other + " is not libaura_users: it has no aura_version()"), output);
    assertTrue(output.contains("cause: java.lang.UnsatisfiedLinkError"), output);
  }

  @Test
  void aMissingLibraryOfJnaIsAnError() throws Exception {
    String output = run("", 0, "find without JNA");
    assertEquals(2, output.split("JNA cannot load its own library: ", -1).length - 1, output);
  }

  /** A logging system whose logger of this package throws. */
  public static final class BrokenFinder extends System.LoggerFinder {
    @Override
    public System.Logger getLogger(String name, Module module) {
      Class<?>[] logger = {System.Logger.class};
      return (System.Logger)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              logger,
              (proxy, method, values) -> {
                if (name.equals("io.github.aurausers")) {
                  throw new AssertionError(method.getName() + " fails");
                }
                return method.getReturnType() == boolean.class ? false : null;
              });
    }
  }

  @Test
  void aLoggingSystemThatThrowsEndsNoCall(@TempDir Path folder) throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve("java.lang.System$LoggerFinder"), BrokenFinder.class.getName());
    try (Sandbox sandbox = new Sandbox()) {
      sandbox.addUser("eric", 0);
      String classPath = folder + File.pathSeparator + System.getProperty("java.class.path");
      String output = run(classPath, "", 0, "log", sandbox.url());
      assertTrue(output.contains("java.lang.AssertionError: isLoggable fails"), output);
      assertTrue(output.endsWith("eric\n"), output);
    }
  }

  @Test
  void theProgramEndsWithCallsUnderWay() throws Exception {
    try (Sandbox sandbox = new Sandbox()) {
      sandbox.rule("{\"path\":\"/**\",\"delay_ms\":600000}");
      assertEquals("over\n", run("", 3, "exit", sandbox.url()));
      assertEquals("over\n", run("", 0, "return", sandbox.url()));
    }
  }
}
