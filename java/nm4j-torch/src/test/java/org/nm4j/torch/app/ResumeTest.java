/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nm4j.torch.data.ImageSet;
import org.nm4j.torch.nets.Mlp;

/** A training whose process is killed again and again ends with the bits of one that is not. */
class ResumeTest {
  private static final int KILLS = 20;

  @TempDir private Path temp;

  /** The process that is killed: it trains a small network, and writes the weights at the end. */
  static final class Process {
    private Process() {}

    /** Arguments: checkpoint, file for the weights, milliseconds to rest after each step. */
    public static void main(String[] args) throws IOException {
      Threads.use(1);
      long rest = Long.parseLong(args[2]);
      Trainer.Listener slow =
          new Trainer.Listener() {
            @Override
            public void step(long step, long steps, double loss, double flips, double rate) {
              try {
                Thread.sleep(rest);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            }

            @Override
            public void epoch(EpochPoint point) {}
          };
      Files.write(Path.of(args[1]), train(Path.of(args[0]), slow));
    }
  }

  private static byte[] train(Path checkpoint, Trainer.Listener listener) throws IOException {
    RunConfig config = new RunConfig("fashion-mlp", Method.SR_STE, "2:4", 2e-4f, 4, 3, 0);
    torch.manual_seed(config.seed());
    Mlp net = new Mlp(64, 64, 32, 10);
    ImageSet set = digits();
    ImageTask task = new ImageTask(net, new Images(set, set, 0.5f, 0.3f), false, 10, config);
    new Trainer(config, task, checkpoint, 0.02, listener).run();
    TensorVector parameters = net.parameters();
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    for (long i = 0; i < parameters.size(); i++) {
      Tensor tensor = parameters.get(i);
      float[] values = new float[(int) tensor.numel()];
      tensor.data_ptr_float().get(values);
      for (float value : values) {
        bytes.write(java.nio.ByteBuffer.allocate(4).putFloat(value).array());
      }
    }
    return bytes.toByteArray();
  }

  private static ImageSet digits() {
    Random random = new Random(9);
    byte[] pixels = new byte[250 * 64];
    byte[] labels = new byte[250];
    random.nextBytes(pixels);
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) random.nextInt(10);
    }
    return ImageSet.of(pixels, labels, 1, 8, 8);
  }

  @Test
  void killedTwentyTimes() throws Exception {
    byte[] expected = train(temp.resolve("whole.nm4j"), new SilentListener());
    Path checkpoint = temp.resolve("killed.nm4j");
    Path weights = temp.resolve("weights");
    Random random = new Random();
    int kills = 0;
    // A process is killed some time after its checkpoint changed: while it saves, steps or tests.
    while (kills < KILLS) {
      java.lang.Process process = start(checkpoint, weights, 40);
      waitForChange(process, checkpoint);
      Thread.sleep(random.nextInt(60));
      assertTrue(process.isAlive(), "it ended after " + kills + " kills; let it rest longer");
      process.destroyForcibly().waitFor();
      kills++;
    }
    assertTrue(Files.notExists(weights));
    java.lang.Process last = start(checkpoint, weights, 0);
    assertTrue(last.waitFor(120, TimeUnit.SECONDS));
    assertEquals(0, last.exitValue());
    assertArrayEquals(expected, Files.readAllBytes(weights));
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

  private java.lang.Process start(Path checkpoint, Path weights, int rest) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Process.class.getName(),
            checkpoint.toString(),
            weights.toString(),
            Integer.toString(rest));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(new File(temp.toFile(), "log"))
        .start();
  }
}
