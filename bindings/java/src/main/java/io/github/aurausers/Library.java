package io.github.aurausers;

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
    if (com.sun.jna.Native.POINTER_SIZE != Long.BYTES) {
      throw new InternalException("aura-users needs a 64-bit Java virtual machine");
    }
    NativeLibrary library = find();
    String version = library.getFunction("aura_version").invokeString(new Object[0], false);
    if (!isCompatible(version)) {
      throw new InternalException(
          "%s is version %s of libaura_users; aura-users needs %s or later of %s"
              .formatted(library.getFile(), version, VERSION, ABI));
    }
    com.sun.jna.Native.register(Native.class, library);
    isLoaded = true;
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
      try {
        return open(Path.of(path).toAbsolutePath().toString());
      } catch (UnsatisfiedLinkError | RuntimeException e) {
        throw notFound(List.of("$" + VARIABLE + ": " + path + ": " + problem(e)));
      }
    }
    List<String> tried = new ArrayList<>();
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
      tried.add("class path: " + resource + ": " + problem(e));
    }
    String soname = Platform.isMac() ? MACOS : LINUX;
    try {
      return open(soname);
    } catch (UnsatisfiedLinkError e) {
      tried.add("system: " + soname + ": " + problem(e));
    }
    throw notFound(tried);
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

  private static String problem(Throwable error) {
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("");
  }

  private static InternalException notFound(List<String> tried) {
    return new InternalException(
        "libaura_users cannot be loaded. Add the jar of aura-users with the classifier %s, or set %s to the path of the library. Tried:\n  %s"
            .formatted(platform(), VARIABLE, String.join("\n  ", tried)));
  }
}
