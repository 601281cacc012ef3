/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.nm4j.CudaInfo;
import org.nm4j.Nm4j;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command line of the benchmarks: runs cases by JMH, one after the other, and reports. */
@Command(
    name = "nm4j-jmh",
    sortOptions = false,
    description =
        "Measures nm4j's sparse products against dense OpenBLAS and oneDNN on the same buffers.")
public final class Main implements Callable<Integer> {
  enum Device {
    CPU,
    CUDA
  }

  @Option(names = "--quick", description = "few shapes and few rounds: a minute or two")
  boolean quick;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "threads of nm4j and of each peer (default: ${DEFAULT-VALUE})")
  int threads;

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      defaultValue = "",
      description =
          "only cases whose name contains a match; names look like"
              + " gemm/f32/2:4/batch-major/768x3072/n32 (rows x columns of the weights, batch)")
  Pattern filter;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "write one JSON object per case and peer, one a line")
  Path json;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "where nm4j computes: cpu or cuda (default: ${DEFAULT-VALUE})")
  Device device;

  @Option(
      names = "--tables",
      description = "measure nothing: print Markdown tables of the results in FILE...")
  boolean tables;

  @Option(
      names = "--bare-target",
      description =
          "measure nothing: say whether products on a GPU in FILE... take at most 3 %% longer than"
              + " bare calls of cuSPARSELt; the exit status is 1 if they take longer")
  boolean bareTarget;

  @Option(
      names = "--plot",
      paramLabel = "DIR",
      description = "measure nothing: draw the results in FILE... as SVG files in DIR")
  Path plots;

  @Parameters(
      paramLabel = "FILE",
      description = "what --json wrote, for --tables, --bare-target and --plot")
  List<Path> files = List.of();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "show this text")
  boolean help;

  @Spec CommandSpec command;

  /**
   * Runs and exits.
   *
   * @param arguments see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, line, parsed) -> {
              line.getErr().println(failure.getMessage());
              return line.getCommandSpec().exitCodeOnExecutionException();
            });
  }

  @Override
  public Integer call() throws RunnerException, IOException {
    if (tables || bareTarget || plots != null) {
      return show();
    }
    measure();
    return CommandLine.ExitCode.OK;
  }

  private int show() throws IOException {
    if (files.isEmpty()) {
      throw usage("--tables, --bare-target and --plot need files that --json wrote");
    }
    List<ResultFile.Run> runs;
    try {
      runs = ResultFile.read(files);
    } catch (NoSuchFileException e) {
      throw usage("no file " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    if (tables) {
      System.out.print(new MarkdownTables(runs));
    }
    if (plots != null) {
      Files.createDirectories(plots);
      for (Path plot : Plots.write(runs, plots)) {
        System.out.println(plot);
      }
    }
    if (bareTarget) {
      BareTarget target = new BareTarget(runs);
      System.out.print(target);
      return target.met() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
    return CommandLine.ExitCode.OK;
  }

  private void measure() throws RunnerException {
    if (!files.isEmpty()) {
      throw usage(
          "unexpected " + files.get(0) + "; files are for --tables, --bare-target and --plot");
    }
    List<BenchmarkCase> cases = cases();
    try (PrintWriter lines = lines()) {
      Report report = new Report(System.out);
      boolean first = true;
      for (BenchmarkCase spec : cases) {
        Measurement measurement = measure(spec);
        if (first) {
          Environment environment = Environment.of(measurement.facts(), measurement.core());
          report.environment(environment, threads);
          ResultFile.write(lines, environment);
          first = false;
        }
        CaseResult result = measurement.result();
        report.add(result);
        ResultFile.write(lines, result);
      }
      report.summary();
    }
  }

  /** The cases that the options ask for; refuses options that make no sense. */
  List<BenchmarkCase> cases() {
    if (device == Device.CUDA) {
      requireGpu();
    }
    int cores = Runtime.getRuntime().availableProcessors();
    if (threads < 1 || threads > cores) {
      throw usage("--threads: expected 1 to " + cores + " (this machine's cores), got " + threads);
    }
    List<BenchmarkCase> all =
        device == Device.CUDA ? Suite.cuda(quick) : quick ? Suite.quick() : Suite.full(threads);
    List<BenchmarkCase> cases = Suite.matching(all, filter);
    if (cases.isEmpty()) {
      throw usage(
          "--filter: none of the "
              + all.size()
              + (quick ? " quick" : "")
              + " cases matches "
              + filter
              + "; one of them is "
              + all.get(0));
    }
    return cases;
  }

  private void requireGpu() {
    CudaInfo cuda = Nm4j.cuda();
    if (!cuda.products().isAvailable()) {
      throw usage("--device cuda: " + cuda.products().text());
    }
    if (cuda.simulated()) {
      System.err.println("SIMULATED: these are times of a test double on the CPU, not of a GPU");
    }
  }

  private PrintWriter lines() {
    try {
      return new PrintWriter(json == null ? Writer.nullWriter() : Files.newBufferedWriter(json));
    } catch (IOException e) {
      throw usage("--json: cannot write " + json + ": " + e);
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  /** Measures a case in a JVM of its own. JMH's log is shown only when something fails. */
  private Measurement measure(BenchmarkCase spec) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(Pattern.quote(CaseBenchmark.class.getName() + ".paired") + "$")
            .param("name", spec.toString())
            .param("threads", String.valueOf(threads))
            .addProfiler(RoundProfiler.class)
            .addProfiler(PeerEnvironment.class)
            .shouldFailOnError(true);
    if (quick) {
      options.warmupIterations(1).measurementIterations(5);
    }
    PrintStream console = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(log, true, StandardCharsets.UTF_8)) {
      System.setErr(out); // JMH copies the forked JVM's messages to it
      Runner runner =
          new Runner(
              options.build(), OutputFormatFactory.createFormatInstance(out, VerboseMode.NORMAL));
      return Measurement.of(spec, threads, runner.runSingle());
    } catch (RunnerException e) {
      console.print(log.toString(StandardCharsets.UTF_8));
      throw e;
    } finally {
      System.setErr(console);
    }
  }
}
