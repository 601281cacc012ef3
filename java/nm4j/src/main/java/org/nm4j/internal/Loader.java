/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.nm4j.ErrorCode;
import org.nm4j.Nm4jException;

/**
 * Loads the native library, once, when it is first needed.
 *
 * <p>The generated {@link Bindings} call {@code Loader.load()} and find this class, in their own
 * package, before JavaCPP's. Whoever uses {@link Bindings} must have called {@link #load} before,
 * so that a failure arrives as the exception it is and not as an error in a static initialiser.
 */
public final class Loader {
  /** A file, or a directory that holds it: the only place to look at. */
  static final String LIBRARY_PATH = "nm4j.library.path";

  /** The best instruction set to use. */
  static final String ISA = "nm4j.isa";

  /** Indexed by {@code nm_isa}. */
  private static final List<String> ISA_NAMES =
      List.of("scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx");

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
      file = new NativeLibrary("jninm4j", LIBRARY_PATH, "").load();
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
}
