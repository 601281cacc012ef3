/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.regex.PatternSyntaxException;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line {@code nm4j}. */
@Command(
    name = "nm4j",
    description =
        "N:M structured sparsity: prunes the weights of a model, checks them, and multiplies the"
            + " compressed weights faster than dense.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    subcommands = {
      RunCommand.class,
      PruneCommand.class,
      CheckCommand.class,
      InfoCommand.class,
      CommandLine.HelpCommand.class
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done, and nothing found wrong",
      "1:something found wrong: a breach of the pattern, a product out of tolerance",
      "2:not done: wrong usage, unreadable input, missing library"
    })
public final class Main {
  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show where an error came from.")
  private boolean verbose;

  private Main() {}

  /**
   * Runs one command and exits with its status.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    Progress.useConsoleOnlyForTerminals();
    System.exit(execute(commandLine(), args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .registerConverter(Pattern.class, Main::pattern)
        .registerConverter(java.util.regex.Pattern.class, Main::regex)
        .setParameterExceptionHandler((e, args) -> reportUsage(e))
        .setExecutionExceptionHandler((e, cmd, parsed) -> report(e, cmd));
  }

  /** Like {@link CommandLine#execute}, which lets errors of the virtual machine through. */
  static int execute(CommandLine commandLine, String... args) {
    try {
      return commandLine.execute(args);
    } catch (OutOfMemoryError | LinkageError e) {
      return report(e, commandLine);
    }
  }

  private static Pattern pattern(String text) {
    try {
      return Pattern.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  private static java.util.regex.Pattern regex(String text) {
    try {
      return java.util.regex.Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new TypeConversionException(e.getDescription() + " in " + text);
    }
  }

  private static int reportUsage(ParameterException e) {
    CommandLine cmd = e.getCommandLine();
    PrintWriter err = cmd.getErr();
    err.println("nm4j: " + e.getMessage().replaceFirst("^Error: ", ""));
    UnmatchedArgumentException.printSuggestions(e, err);
    err.println("Try '" + cmd.getCommandSpec().qualifiedName() + " --help'.");
    return Failure.TROUBLE;
  }

  private static int report(Throwable e, CommandLine cmd) {
    Main main = (Main) cmd.getCommandSpec().root().userObject();
    cmd.getErr().println("nm4j: " + message(e));
    if (main.verbose) {
      e.printStackTrace(cmd.getErr());
    }
    return e instanceof Failure failure ? failure.exitStatus() : Failure.TROUBLE;
  }

  private static String message(Throwable e) {
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + ": no such file or directory";
    }
    if (e instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    if (e instanceof OutOfMemoryError) {
      return "out of memory (" + e.getMessage() + "); give Java more with -Xmx";
    }
    boolean meantForUsers =
        e instanceof Failure
            || e instanceof Nm4jException
            || e instanceof IOException
            || e instanceof IllegalArgumentException;
    return meantForUsers && e.getMessage() != null
        ? e.getMessage()
        : e + " (--verbose shows where)";
  }

  /** The version in the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"nm4j " + text()};
    }

    static String text() {
      String version = Main.class.getPackage().getImplementationVersion();
      return version == null ? "(not packaged)" : version;
    }
  }
}
