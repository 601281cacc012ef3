/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.util.Locale;

/** Numbers as people read them, the same in every locale and in plain ASCII. */
final class Text {
  private Text() {}

  static String format(String format, Object... args) {
    return String.format(Locale.ROOT, format, args);
  }

  static String percent(double share) {
    return Double.isNaN(share) ? "n/a" : format("%.1f %%", 100 * share);
  }

  static String bytes(long bytes) {
    double kib = bytes / 1024.0;
    if (kib < 1) {
      return bytes + " B";
    }
    return kib < 1024 ? format("%.1f KiB", kib) : format("%.1f MiB", kib / 1024);
  }

  static String micros(double seconds) {
    return format("%.1f", seconds * 1e6);
  }

  static String count(long n, String noun) {
    return format("%,d %s%s", n, noun, n == 1 ? "" : "s");
  }
}
