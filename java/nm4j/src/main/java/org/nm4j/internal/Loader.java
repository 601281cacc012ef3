/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.nm4j.ErrorCode;
import org.nm4j.Nm4jException;

/**
 * Loads the native library, once, when it is first needed.
 *
 * <p>The generated {@link Bindings} call {@code Loader.load()} and find this class, in their own
 * package, before JavaCPP's. Loading from here binds the library to nm4j's class loader, wherever
 * JavaCPP lives. Whoever uses {@link Bindings} must have called {@link #load} before, so that a
 * failure arrives as the exception it is and not as an error in a static initialiser.
 */
public final class Loader {
  /** A file, or a directory that holds it: the only place to look at. */
  static final String LIBRARY_PATH = "nm4j.library.path";

  /** The best instruction set to use. */
  static final String ISA = "nm4j.isa";

  private static final String LIBRARY = System.mapLibraryName("jninm4j");

  /** Indexed by {@code nm_isa}. */
  private static final List<String> ISA_NAMES =
      List.of("scalar", "avx2", "avx512", "avx512vnni", "avx512bf16");

  private static volatile boolean ready;
  private static boolean limiting;
  private static Path file;

  private Loader() {}

  /**
   * Loads the library unless that is done.
   *
   * @throws Nm4jException {@code LIBRARY}, with every attempt in its message and suppressed
   * @throws IllegalArgumentException when the instruction set asked for is none
   */
  public static void load() {
    if (!ready) {
      loadOnce();
    }
  }

  /** The library in use. */
  public static synchronized Path file() {
    return file;
  }

  /** Operating system and architecture, in JavaCPP's words. */
  public static String platform() {
    return org.bytedeco.javacpp.Loader.getPlatform();
  }

  /** Version of the Java library. */
  public static String version() {
    Properties properties = new Properties();
    try (InputStream in = Loader.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  /** Name of an {@code nm_isa}. */
  public static String isaName(int isa) {
    return ISA_NAMES.get(isa);
  }

  private static synchronized void loadOnce() {
    if (limiting || ready) {
      return; // The first use of Bindings below comes back here.
    }
    int isa = isaLimit();
    if (file == null) {
      file = find();
    }
    limiting = true;
    try {
      requireVersion();
      Status.check(Bindings.nm_isa_limit(isa));
      Status.check(Bindings.nm_isa_active(new int[1])); // Refuses a wrong NM4J_ISA.
      ready = true;
    } finally {
      limiting = false;
    }
  }

  private static int isaLimit() {
    String name = System.getProperty(ISA);
    int isa = name == null ? ISA_NAMES.size() - 1 : ISA_NAMES.indexOf(name);
    if (isa < 0) {
      throw new IllegalArgumentException(
          "system property " + ISA + " must be one of " + ISA_NAMES + ", got \"" + name + "\"");
    }
    return isa;
  }

  private static Path find() {
    String path = System.getProperty(LIBRARY_PATH);
    Attempts attempts = new Attempts();
    Path found = path != null ? fromProperty(path, attempts) : fromClassPath(attempts);
    if (found == null) {
      throw attempts.failure();
    }
    return found;
  }

  private static Path fromProperty(String property, Attempts attempts) {
    Path path = Path.of(property).toAbsolutePath();
    if (Files.isDirectory(path)) {
      path = path.resolve(LIBRARY);
    }
    String what = "-D" + LIBRARY_PATH + "=" + property + " (no other place is tried)";
    if (!Files.isRegularFile(path)) {
      attempts.add(what, new UnsatisfiedLinkError("no such file: " + path));
      return null;
    }
    return attempts.load(what, path) ? path : null;
  }

  /** The resource in the classifier jar, unpacked into JavaCPP's cache. */
  private static Path fromClassPath(Attempts attempts) {
    String name = "org/nm4j/internal/" + platform() + "/" + LIBRARY;
    URL resource = Loader.class.getClassLoader().getResource(name);
    if (resource == null) {
      attempts.add("class path resource " + name, new UnsatisfiedLinkError("not found"));
      return null;
    }
    // A library is bound to one class loader; another one needs a file of its own.
    for (int copy = 0; ; copy++) {
      String what = "class path resource " + resource + (copy == 0 ? "" : ", copy " + copy);
      Path path;
      try {
        path = unpack(resource, copy);
      } catch (IOException | URISyntaxException e) {
        attempts.add(what, e);
        return null;
      }
      if (attempts.load(what + " as " + path, path)) {
        return path;
      }
      if (!attempts.last().contains("already loaded in another classloader")) {
        return null;
      }
    }
  }

  private static Path unpack(URL resource, int copy) throws IOException, URISyntaxException {
    if (copy == 0) {
      return resource.getProtocol().equals("file")
          ? Path.of(resource.toURI())
          : cached(resource, resource);
    }
    // JavaCPP's cache takes the name to unpack to from the fragment.
    return cached(resource, URI.create(resource + "#" + copy + "-" + LIBRARY).toURL());
  }

  /** JavaCPP's cache tells files apart by size and time, which two builds may have in common. */
  private static Path cached(URL resource, URL renamed) throws IOException {
    Path path = org.bytedeco.javacpp.Loader.cacheResource(renamed).toPath();
    try (InputStream in = resource.openStream()) {
      if (Arrays.equals(in.readAllBytes(), Files.readAllBytes(path))) {
        return path;
      }
    }
    Files.delete(path);
    return org.bytedeco.javacpp.Loader.cacheResource(renamed).toPath();
  }

  /** The JNI library and the classes must come from the same release. */
  private static void requireVersion() {
    String expected = version().replace("-SNAPSHOT", "");
    String actual = nativeVersion();
    if (!actual.equals(expected)) {
      Nm4jException failure =
          new Nm4jException(
              ErrorCode.LIBRARY,
              "nm4j " + expected + " needs its own JNI library, but " + file + " is " + actual);
      file = null;
      throw failure;
    }
  }

  private static String nativeVersion() {
    try {
      return Bindings.nm_version();
    } catch (UnsatisfiedLinkError e) {
      return "none that knows " + Bindings.class.getName() + " (renamed by a shading tool?)";
    }
  }

  /** What was tried, and what it led to. */
  private static final class Attempts {
    private final List<String> lines = new ArrayList<>();
    private final List<Throwable> causes = new ArrayList<>();

    void add(String what, Throwable cause) {
      lines.add(what + ": " + cause.getMessage());
      causes.add(cause);
    }

    boolean load(String what, Path path) {
      try {
        System.load(path.toString());
        return true;
      } catch (UnsatisfiedLinkError e) {
        add(what, e);
        return false;
      }
    }

    String last() {
      return lines.get(lines.size() - 1);
    }

    Nm4jException failure() {
      StringBuilder message = new StringBuilder("cannot load the native library ").append(LIBRARY);
      message.append(" for ").append(platform()).append("; tried:");
      lines.forEach(line -> message.append("\n  - ").append(line));
      message.append("\nWhat to do: ").append(Remedy.of(platform(), String.join("\n", lines)));
      Nm4jException failure = new Nm4jException(ErrorCode.LIBRARY, message.toString());
      causes.forEach(failure::addSuppressed);
      return failure;
    }
  }
}
