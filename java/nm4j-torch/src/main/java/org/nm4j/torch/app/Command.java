/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The command line as a user types it, without folders, which say nothing on another machine. */
final class Command {
  private static final Set<String> FOLDERS =
      Set.of("--data", "--results", "--checkpoints", "--out", "--into");

  private static List<String> arguments = List.of();

  private Command() {}

  static void set(String... args) {
    arguments = List.of(args);
  }

  /** For {@code --data /mnt/x} it says {@code --data DATA}. */
  static String line() {
    StringBuilder line = new StringBuilder("scripts/nm4j.sh");
    String before = "";
    for (String argument : arguments) {
      String option = argument.replaceFirst("=.*", "");
      if (FOLDERS.contains(before)) {
        line.append(' ').append(placeholder(before));
      } else if (FOLDERS.contains(option) && !option.equals(argument)) {
        line.append(' ').append(option).append('=').append(placeholder(option));
      } else {
        line.append(' ').append(quoted(argument));
      }
      before = argument;
    }
    return line.toString();
  }

  private static String placeholder(String option) {
    return option.substring(2).toUpperCase(Locale.ROOT);
  }

  private static String quoted(String argument) {
    return argument.matches("[\\w./:=,+-]+") ? argument : "'" + argument + "'";
  }
}
