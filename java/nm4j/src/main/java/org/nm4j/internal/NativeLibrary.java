/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nm4j.ErrorCode;
import org.nm4j.Nm4jException;

/**
 * One file of native code: where it comes from, and what is said when it does not.
 *
 * <p>Loading from here binds the library to nm4j's class loader, wherever JavaCPP lives.
 */
final class NativeLibrary {
  private final String file;
  private final String property;
  private final String classifier;

  /**
   * A library.
   *
   * @param name as {@link System#loadLibrary} would take it
   * @param property the system property that names a file, or a directory that holds it: then the
   *     only place to look at
   * @param suffix what follows the platform in the classifier of the jar that holds it
   */
  NativeLibrary(String name, String property, String suffix) {
    this.file = System.mapLibraryName(name);
    this.property = property;
    this.classifier = Remedy.BUILT + suffix;
  }

  /**
   * Loads it.
   *
   * @return the file
   * @throws Nm4jException {@code LIBRARY}, with every attempt in its message and suppressed
   */
  Path load() {
    String path = System.getProperty(property);
    Attempts attempts = new Attempts();
    Path found = path != null ? fromProperty(path, attempts) : fromClassPath(attempts);
    if (found == null) {
      throw attempts.failure();
    }
    return found;
  }

  private Path fromProperty(String value, Attempts attempts) {
    Path path = Path.of(value).toAbsolutePath();
    if (Files.isDirectory(path)) {
      path = path.resolve(file);
    }
    String what = "-D" + property + "=" + value + " (no other place is tried)";
    if (!Files.isRegularFile(path)) {
      attempts.add(what, new UnsatisfiedLinkError("no such file: " + path));
      return null;
    }
    return attempts.load(what, path) ? path : null;
  }

  /** The resource in the classifier jar, unpacked into JavaCPP's cache. */
  private Path fromClassPath(Attempts attempts) {
    String name = "org/nm4j/internal/" + Loader.platform() + "/" + file;
    URL resource = NativeLibrary.class.getClassLoader().getResource(name);
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

  private Path unpack(URL resource, int copy) throws IOException, URISyntaxException {
    if (copy == 0) {
      return resource.getProtocol().equals("file")
          ? Path.of(resource.toURI())
          : cached(resource, resource);
    }
    // JavaCPP's cache takes the name to unpack to from the fragment.
    return cached(resource, URI.create(resource + "#" + copy + "-" + file).toURL());
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

  /** What was tried, and what it led to. */
  private final class Attempts {
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
      StringBuilder message = new StringBuilder("cannot load the native library ").append(file);
      message.append(" for ").append(Loader.platform()).append("; tried:");
      lines.forEach(line -> message.append("\n  - ").append(line));
      message
          .append("\nWhat to do: ")
          .append(Remedy.of(Loader.platform(), String.join("\n", lines), property, classifier));
      Nm4jException failure = new Nm4jException(ErrorCode.LIBRARY, message.toString());
      causes.forEach(failure::addSuppressed);
      return failure;
    }
  }
}
