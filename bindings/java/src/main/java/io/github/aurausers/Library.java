package io.github.aurausers;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Finds the C library and binds {@link Native} to it, once. */
final class Library {
  // generated: library
  static final String VERSION = "0.1.0";
  static final String ABI = "0.1";
  static final String LINUX = "libaura_users.so.0.1";
  static final String MACOS = "libaura_users.0.1.dylib";
  // end of generated: library

  private static final String VARIABLE = "AURA_USERS_LIBRARY";
  private static boolean isLoaded;

  private Library() {}

  /** Loads the library, unless it is loaded. After a failure the next call tries again. */
  static synchronized void load() {
    if (isLoaded) {
      return;
    }
    try {
      if (com.sun.jna.Native.POINTER_SIZE != Long.BYTES) {
        throw new InternalException("aura-users needs a 64-bit Java virtual machine");
      }
    } catch (LinkageError e) {
      throw new InternalException("JNA cannot load its own library: " + reason(e, ""), e);
    }
    NativeLibrary library = find();
    String version = version(library);
    if (!isCompatible(version)) {
      throw new InternalException(
          "%s is version %s of libaura_users; aura-users needs %s or later of %s"
              .formatted(library.getFile(), version, VERSION, ABI));
    }
    try {
      com.sun.jna.Native.register(Native.class, library);
    } catch (UnsatisfiedLinkError e) {
      throw new InternalException(library.getFile() + " is incomplete: " + reason(e, ""), e);
    }
    isLoaded = true;
  }

  private static String version(NativeLibrary library) {
    Function function;
    try {
      function = library.getFunction("aura_version");
    } catch (UnsatisfiedLinkError e) {
      throw new InternalException(
          library.getFile() + " is not libaura_users: it has no aura_version()", e);
    }
    return function.invokeString(new Object[0], false);
  }

  static boolean isCompatible(String version) {
    return isCompatible(version, VERSION);
  }

  /** Whether a version has our ABI, and is not older than {@code needed}. */
  static boolean isCompatible(String version, String needed) {
    return version.startsWith(ABI + ".")
        && Version.parse(version.replaceFirst("-.*", "")).compareTo(Version.parse(needed)) >= 0;
  }

  private static NativeLibrary find() {
    String path = System.getenv(VARIABLE);
    if (path != null && !path.isEmpty()) {
      String file = Path.of(path).toAbsolutePath().toString();
      try {
        return open(file);
      } catch (UnsatisfiedLinkError | RuntimeException e) {
        throw notFound(List.of("$" + VARIABLE + ": " + path + ": " + reason(e, file)), e);
      }
    }
    List<String> tried = new ArrayList<>();
    Throwable cause = null;
    String resource = "native/" + platform() + "/" + fileName();
    try {
      Path file = extract(resource);
      if (file != null) {
        try {
          return open(file.toString());
        } finally {
          // A loaded library stays loaded. On Windows its file cannot be deleted yet.
          file.toFile().deleteOnExit();
          if (!Platform.isWindows()) {
            Files.delete(file);
          }
        }
      }
      tried.add("class path: " + resource + ": does not exist");
    } catch (UnsatisfiedLinkError | IOException e) {
      tried.add("class path: " + resource + ": " + reason(e, ""));
      cause = e;
    }
    String soname = Platform.isMac() ? MACOS : LINUX;
    try {
      return open(soname);
    } catch (UnsatisfiedLinkError e) {
      tried.add("system: " + soname + ": " + reason(e, soname));
      cause = cause == null ? e : cause;
    }
    throw notFound(tried, cause);
  }

  private static NativeLibrary open(String name) {
    return NativeLibrary.getInstance(name, Library.class.getClassLoader());
  }

  private static Path extract(String resource) throws IOException {
    try (InputStream stream = Library.class.getClassLoader().getResourceAsStream(resource)) {
      if (stream == null) {
        return null;
      }
      Path file = Files.createTempFile("aura_users", "-" + fileName());
      Files.copy(stream, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    }
  }

  /** Returns the name of this platform, which is the classifier of the jar with its library. */
  static String platform() {
    String system = Platform.isMac() ? "macos" : Platform.isWindows() ? "windows" : "linux";
    return system + "-" + Platform.ARCH.replace("x86-64", "x86_64").toLowerCase(Locale.ROOT);
  }

  private static String fileName() {
    return Platform.isMac()
        ? "libaura_users.dylib"
        : Platform.isWindows() ? "aura_users.dll" : "libaura_users.so";
  }

  /** Returns the system's reason in one line. JNA adds it as a suppressed error. */
  private static String reason(Throwable error, String file) {
    Throwable[] ofSystem = error.getSuppressed();
    String text = String.valueOf((ofSystem.length > 0 ? ofSystem[0] : error).getMessage());
    text = text.lines().map(String::strip).collect(Collectors.joining(" "));
    return text.startsWith(file + ": ") ? text.substring(file.length() + 2) : text;
  }

  private static InternalException notFound(List<String> tried, Throwable cause) {
    return new InternalException(
        "libaura_users cannot be loaded. Add the jar of aura-users with the classifier %s, or set %s to the path of the library. Tried:\n  %s"
            .formatted(platform(), VARIABLE, String.join("\n  ", tried)),
        cause);
  }
}
