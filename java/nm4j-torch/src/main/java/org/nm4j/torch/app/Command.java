/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.List;
import java.util.stream.Collectors;

/** The command line as a user types it. */
final class Command {
  private static List<String> arguments = List.of();

  private Command() {}

  static void set(String... args) {
    arguments = List.of(args);
  }

  static String line() {
    return "scripts/nm4j.sh "
        + arguments.stream()
            .map(a -> a.matches("[\\w./:=,+-]+") ? a : "'" + a + "'")
            .collect(Collectors.joining(" "));
  }
}
