/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import org.nm4j.train.Placement;
import picocli.CommandLine;
import picocli.CommandLine.ScopeType;

/** The training commands of {@code nm4j}. */
@picocli.CommandLine.Command(
    name = "nm4j",
    description = "Training of N:M sparse networks.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    subcommands = {
      TrainCommand.class,
      ReportCommand.class,
      DemoCommand.class,
      ExperimentCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Main {
  @CommandLine.Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show where an error came from.")
  private boolean verbose;

  private Main() {}

  /**
   * Runs one command and exits with its status: 0 when done, 2 when not.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    System.setProperty("jdk.console", "java.base");
    Command.set(args);
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    Main main = new Main();
    return new CommandLine(main)
        .registerConverter(Placement.class, Main::placement)
        .setExecutionExceptionHandler(
            (e, cmd, parsed) -> {
              cmd.getErr().println("nm4j: " + message(e));
              if (main.verbose) {
                e.printStackTrace(cmd.getErr());
              }
              return 2;
            });
  }

  private static Placement placement(String text) {
    for (Placement placement : Placement.values()) {
      if (RunConfig.name(placement).equals(text)) {
        return placement;
      }
    }
    throw new CommandLine.TypeConversionException(
        "expected in-gradient, outside-moments or decoupled, got " + text);
  }

  private static String message(Exception e) {
    boolean meantForUsers =
        e instanceof IOException
            || e instanceof IllegalArgumentException
            || e instanceof IllegalStateException;
    return meantForUsers && e.getMessage() != null ? e.getMessage() : e + " (see --verbose)";
  }
}
