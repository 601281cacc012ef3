/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The part of a Markdown file between the comments {@code <!-- NAME: begin -->} and {@code <!--
 * NAME: end -->}, with an empty line before and behind.
 */
final class Marked {
  private Marked() {}

  static String read(Path file, String name) throws IOException {
    String text = Files.readString(file);
    return text.substring(begin(file, text, name) + 1, end(file, text, name) - 1);
  }

  static void replace(Path file, String name, String part) throws IOException {
    String text = Files.readString(file);
    String before = text.substring(0, begin(file, text, name));
    Files.writeString(file, before + "\n" + part + "\n" + text.substring(end(file, text, name)));
  }

  private static int begin(Path file, String text, String name) throws IOException {
    String marker = "<!-- " + name + ": begin -->\n";
    return found(file, text.indexOf(marker), marker) + marker.length();
  }

  private static int end(Path file, String text, String name) throws IOException {
    String marker = "<!-- " + name + ": end -->";
    return found(file, text.indexOf(marker, begin(file, text, name)), marker);
  }

  private static int found(Path file, int at, String marker) throws IOException {
    if (at < 0) {
      throw new IOException(file + ": expected a line " + marker.strip() + ", there is none");
    }
    return at;
  }
}
