/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nm4j.torch.data.ImageSet;
import org.nm4j.torch.nets.Mlp;
import org.nm4j.train.Placement;

/** A training whose process is killed again and again ends with the bits of one that is not. */
class ResumeTest {
  private static final int SAMPLES = 250;
  private static final int BATCH = 10;
  private static final double SAVE = 0.02;

  @TempDir private Path temp;

  /** What is trained: together they cover the methods, and an optimiser of each kind. */
  enum Kind {
    SR_STE_SGD,
    STE_ADAM,
    ASP_SGD,
    FUSED_ADAM
  }

  /** The process that is killed: it trains a small network, and writes the weights at the end. */
  static final class Process {
    private Process() {}

    /** Arguments: kind, checkpoint, file for the weights, milliseconds to rest after each step. */
    public static void main(String[] args) throws IOException {
      long rest = Long.parseLong(args[3]);
      AtomicInteger steps = new AtomicInteger();
      byte[] weights =
          train(
              Kind.valueOf(args[0]),
              Path.of(args[1]),
              () -> {
                steps.incrementAndGet();
                rest(rest);
              });
      Files.writeString(steps(Path.of(args[2])), steps.toString());
      Files.write(Path.of(args[2]), weights);
    }

    private static void rest(long milliseconds) {
      try {
        Thread.sleep(milliseconds);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private record Resting(Runnable rest) implements Trainer.Listener {
    @Override
    public void step(long step, long steps, double loss, double flips, double rate) {
      rest.run();
    }

    @Override
    public void epoch(EpochPoint point) {}
  }

  /** The same classification by Adam, with dropout, which draws random numbers. */
  private static final class AdamDigits extends AdamTask<Mlp> {
    private final ImageTask task;

    AdamDigits(ImageTask task, Mlp net, RunConfig config) {
      super(net, Batches.first(SAMPLES, BATCH, config));
      this.task = task;
    }

    @Override
    public String data() {
      return task.data();
    }

    @Override
    public Tensor loss(int epoch, int batch) {
      int[] chosen = samples(epoch, batch);
      Tensor x = torch.dropout(images().train(chosen), 0.1, true);
      return torch.cross_entropy(net().forward(x), images().train().labels(chosen));
    }

    @Override
    public double evaluate() {
      return task.evaluate();
    }

    @Override
    public String metric() {
      return task.metric();
    }
  }

  private static byte[] train(Kind kind, Path checkpoint, Runnable rest) throws IOException {
    Threads.use(1);
    Method method =
        switch (kind) {
          case ASP_SGD -> Method.ASP;
          case STE_ADAM -> Method.STE;
          case SR_STE_SGD, FUSED_ADAM -> Method.SR_STE;
        };
    RunConfig config =
        new RunConfig("fashion-mlp", method, "2:4", 2e-4f, 4, 3, 0)
            .placed(kind == Kind.FUSED_ADAM ? Placement.OUTSIDE_MOMENTS : Placement.IN_GRADIENT);
    torch.manual_seed(config.seed());
    Mlp net = new Mlp(64, 64, 32, 10);
    ImageTask task = new ImageTask(net, images(), false, BATCH, config);
    Resting resting = new Resting(rest);
    if (kind == Kind.STE_ADAM || kind == Kind.FUSED_ADAM) {
      new Trainer(config, new AdamDigits(task, net, config), checkpoint, SAVE, resting).run();
    } else {
      if (kind == Kind.ASP_SGD) {
        new Trainer(config.dense(), task, dense(checkpoint), SAVE, resting).run();
      }
      new Trainer(config, task, checkpoint, SAVE, resting).run();
    }
    return bytes(net);
  }

  private static Path dense(Path checkpoint) {
    return checkpoint.resolveSibling("dense-" + checkpoint.getFileName());
  }

  private static byte[] bytes(Mlp net) throws IOException {
    TensorVector parameters = net.parameters();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (long i = 0; i < parameters.size(); i++) {
      Tensor tensor = parameters.get(i);
      float[] values = new float[(int) tensor.numel()];
      tensor.data_ptr_float().get(values);
      for (float value : values) {
        bytes.write(ByteBuffer.allocate(4).putFloat(value).array());
      }
    }
    return bytes.toByteArray();
  }

  private static Images images() {
    Random random = new Random(9);
    byte[] pixels = new byte[SAMPLES * 64];
    byte[] labels = new byte[SAMPLES];
    random.nextBytes(pixels);
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) random.nextInt(10);
    }
    ImageSet set = ImageSet.of(pixels, labels, 1, 8, 8);
    return new Images(set, set, 0.5f, 0.3f);
  }

  /**
   * A process is killed, by a signal that it cannot hear, some time after its checkpoint changed:
   * while it saves, steps or tests.
   */
  @ParameterizedTest
  @CsvSource({"SR_STE_SGD, 20", "STE_ADAM, 5", "ASP_SGD, 5", "FUSED_ADAM, 5"})
  void killedAgainAndAgain(Kind kind, int kills) throws Exception {
    AtomicInteger steps = new AtomicInteger();
    byte[] expected = train(kind, temp.resolve("whole.nm4j"), steps::incrementAndGet);
    Path checkpoint = temp.resolve("killed.nm4j");
    Path weights = temp.resolve("weights");
    long seed = System.nanoTime();
    System.out.println(kind + " is killed after the pauses of seed " + seed);
    Random random = new Random(seed);
    for (int killed = 0; killed < kills; killed++) {
      java.lang.Process process = start(kind, checkpoint, weights, 40);
      boolean early = kind == Kind.ASP_SGD && killed < kills / 2;
      waitForChange(process, early ? dense(checkpoint) : checkpoint);
      Thread.sleep(random.nextInt(2400 / kills)); // some 60 of the 100 steps in all
      int before = killed;
      assertTrue(process.isAlive(), () -> "it ended after " + before + " kills: " + log());
      assertEquals(128 + 9, process.destroyForcibly().waitFor(), "killed by SIGKILL");
    }
    assertTrue(Files.notExists(weights));
    java.lang.Process last = start(kind, checkpoint, weights, 0);
    assertTrue(last.waitFor(120, TimeUnit.SECONDS));
    assertEquals(0, last.exitValue(), this::log);
    assertArrayEquals(expected, Files.readAllBytes(weights));
    int made = Integer.parseInt(Files.readString(steps(weights)));
    // Each of the killed had saved a step.
    assertTrue(made <= steps.get() - kills, () -> made + " of " + steps + ": it began anew");
  }

  private static Path steps(Path weights) {
    return weights.resolveSibling("steps");
  }

  private String log() {
    try {
      return Files.readString(temp.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void waitForChange(java.lang.Process process, Path file) throws Exception {
    Object before = stamp(file);
    for (long end = System.nanoTime() + 60_000_000_000L; System.nanoTime() < end; ) {
      if (!stamp(file).equals(before) || !process.isAlive()) {
        return;
      }
      Thread.sleep(2);
    }
    throw new AssertionError("no checkpoint within a minute");
  }

  private static Object stamp(Path file) throws IOException {
    return Files.exists(file) ? Files.readAttributes(file, "unix:ino,lastModifiedTime") : "none";
  }

  private java.lang.Process start(Kind kind, Path checkpoint, Path weights, int rest)
      throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Process.class.getName(),
            kind.name(),
            checkpoint.toString(),
            weights.toString(),
            Integer.toString(rest));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(new File(temp.toFile(), "log"))
        .start();
  }
}
