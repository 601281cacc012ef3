/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a user can do about a native library that does not load. */
final class Remedy {
  /** The platforms that this version is built for. */
  static final String BUILT = "linux-x86_64";

  private Remedy() {}

  static String of(String platform, String errors, String property, String classifier) {
    if (!platform.equals(BUILT)) {
      return "this version has native code for " + BUILT + " only.";
    }
    if (errors.contains("-D" + property) && errors.contains("no such file")) {
      return "correct or remove the system property " + property + ".";
    }
    if (isMusl()) {
      return "this system's C library is musl; use an image based on glibc.";
    }
    if (errors.contains("GLIBC")) {
      return "this system's glibc is older than the native library needs; use a newer"
          + " distribution, or build nm4j on this one.";
    }
    if (errors.endsWith("not found")) {
      return "add the jar nm4j-"
          + Loader.version()
          + "-"
          + classifier
          + ".jar to the class path (Maven: the dependency org.nm4j:nm4j once more, with"
          + " <classifier>"
          + classifier
          + "</classifier>; a modular application also needs --add-modules "
          + "org.nm4j."
          + classifier.replace('-', '.')
          + ").";
    }
    if (errors.contains("failed to map segment") || errors.contains("not permitted")) {
      return "the directory is mounted noexec; name another one with"
          + " -Dorg.bytedeco.javacpp.cachedir=DIRECTORY.";
    }
    if (errors.contains("Could not create the cache") || errors.contains("denied")) {
      return "name a writable directory with -Dorg.bytedeco.javacpp.cachedir=DIRECTORY.";
    }
    return "see the errors above; -D"
        + property
        + "=FILE loads a library that was built on this system.";
  }

  /** What this process runs on; a file of musl may lie on any system. */
  private static boolean isMusl() {
    try {
      return Files.readString(Path.of("/proc/self/maps")).contains("/ld-musl-");
    } catch (IOException e) {
      return false;
    }
  }
}
