/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Native memory: returned when it should be, and outside the limits of the JVM. */
class MemoryTest {
  private static final long MIB = 1 << 20;

  /** Resident memory of this process in bytes: the second field of statm, in pages of 4 KiB. */
  private static long resident() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4096;
  }

  /** Creates, multiplies and closes; prints by how many MiB resident memory grew. */
  static final class Cycles {
    public static void main(String[] args) throws IOException {
      DenseMatrix w = DenseMatrix.allocate(256, 512);
      DenseMatrix x = DenseMatrix.allocate(32, 512);
      DenseMatrix y = DenseMatrix.allocate(32, 256);
      Mask mask = Mask.magnitude(w, Pattern.P2_4);
      CompressedMatrix compressed = CompressedMatrix.compress(w, mask, Pattern.P2_4);
      long bytes = 0;
      long before = 0;
      for (int i = 0; i < 12_000; i++) {
        if (i == 2000) { // what the JVM needs to warm up is there
          before = resident();
        }
        try (SparseMatrix matrix = SparseMatrix.of(compressed)) {
          matrix.linear(
              x, y, Epilogue.NONE, i % 2 == 0 ? Execution.caller() : Execution.parallel());
          bytes += matrix.bytes();
        }
        if (i % 3 == 0) {
          try (SparseMatrix.Builder builder = SparseMatrix.builder(256, 512, Pattern.P2_4)) {
            builder.put(0, w.rows(0, 10), Mask.of(new byte[640], 10, 512)); // never built
          }
        }
      }
      System.out.println(
          "cycled " + bytes / MIB + " grown " + (resident() - before) / MIB + " MiB");
    }
  }

  @Test
  void tenThousandCyclesLeaveResidentMemoryFlat() throws Exception {
    Jvm.Result result =
        new Jvm()
            .options("-Xmx64m", "-Xms64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC")
            .options("-XX:MaxDirectMemorySize=32m")
            .run(Cycles.class)
            .succeeded();
    long[] numbers = numbers(result.output());
    assertTrue(numbers[0] > 3000, () -> "expected gigabytes to be cycled: " + result.output());
    // Less than 1 KiB per cycle; a matrix has more than 500.
    assertTrue(numbers[1] < 8, () -> "resident memory grew: " + result.output());
  }

  /** Forgets matrices without closing them. */
  static final class Forgotten {
    public static void main(String[] args) throws Exception {
      DenseMatrix w = DenseMatrix.allocate(1024, 2048);
      CompressedMatrix compressed =
          CompressedMatrix.compress(w, Mask.magnitude(w, Pattern.P2_4), Pattern.P2_4);
      long before = resident();
      long bytes = 0;
      for (int i = 0; i < 200; i++) {
        bytes += SparseMatrix.of(compressed).bytes();
        System.gc();
        while (i >= 20 && resident() - before > 20 * bytes / (i + 1)) {
          System.gc(); // the cleaner needs its turn; a leak keeps this loop until the time limit
          Thread.sleep(1);
        }
      }
      System.out.println("cycled " + bytes / MIB + " grown " + (resident() - before) / MIB);
    }
  }

  @Test
  @Timeout(120)
  void forgottenMatricesAreFreedInTheEnd() throws Exception {
    Jvm.Result result = new Jvm().options("-Xmx64m").run(Forgotten.class).succeeded();
    long[] numbers = numbers(result.output());
    assertTrue(numbers[0] > 1000, result::output);
    assertTrue(numbers[1] < numbers[0] / 5, result::output);
  }

  /** A matrix of 1 GiB, packed by blocks of rows; products of integers, which are exact. */
  static final class Big {
    private static final int SIZE = 16384;
    private static final int BLOCK = 64;

    /** Non-zero at two columns of each group, which move with the row. */
    private static float weight(long row, long col) {
      return (col + row) % 4 < 2 ? (row * 31 + col * 17) % 5 + 1 : 0;
    }

    private static float activation(long item, long col) {
      return (item + col) % 3;
    }

    public static void main(String[] args) {
      DenseMatrix block = DenseMatrix.allocate(BLOCK, SIZE);
      float[] values = new float[SIZE];
      try (SparseMatrix.Builder builder = SparseMatrix.builder(SIZE, SIZE, Pattern.P2_4)) {
        for (int row0 = 0; row0 < SIZE; row0 += BLOCK) {
          for (int row = 0; row < BLOCK; row++) {
            for (int col = 0; col < SIZE; col++) {
              values[col] = weight(row0 + row, col);
            }
            block.rows(row, 1).copyFrom(values);
          }
          builder.put(row0, block, Mask.nonZeros(block, Pattern.P2_4));
        }
        try (SparseMatrix matrix = builder.build()) {
          System.out.println("dense bytes " + matrix.denseBytes());
          System.out.println("packed " + matrix.bytes() / MIB + " MiB");
          for (int batch : new int[] {1, 40}) {
            check(matrix, batch);
          }
          DenseMatrix back = DenseMatrix.allocate(2, SIZE);
          matrix.decompress(SIZE - 2, back);
          for (int col = 0; col < SIZE; col++) {
            if (back.get(1, col) != weight(SIZE - 1, col)) {
              throw new AssertionError("column " + col + " is " + back.get(1, col));
            }
          }
        }
      }
      System.out.println("max heap " + Runtime.getRuntime().maxMemory() / MIB + " MiB");
    }

    private static void check(SparseMatrix matrix, int batch) {
      DenseMatrix x = DenseMatrix.allocate(batch, SIZE);
      DenseMatrix y = DenseMatrix.allocate(batch, SIZE);
      for (int item = 0; item < batch; item++) {
        for (int col = 0; col < SIZE; col++) {
          x.set(item, col, activation(item, col));
        }
      }
      matrix.linear(x, y, Epilogue.NONE, Execution.parallel());
      for (int row = 0; row < SIZE; row += 127) {
        long expected = 0;
        for (int col = 0; col < SIZE; col++) {
          expected += (long) (weight(row, col) * activation(batch - 1, col));
        }
        if (y.get(batch - 1, row) != expected) {
          throw new AssertionError(
              "row " + row + ": expected " + expected + ", got " + y.get(batch - 1, row));
        }
      }
    }
  }

  @Test
  void aMatrixOfOneGibibyteWorksWithAHeapOf64Mebibytes() throws Exception {
    new Jvm()
        .options("-Xmx64m")
        .run(Big.class)
        .succeeded()
        .printed("dense bytes 1073741824", "max heap 6");
  }

  private static long[] numbers(String output) {
    Matcher matcher =
        java.util.regex.Pattern.compile("cycled (\\d+) grown (-?\\d+)").matcher(output);
    assertTrue(matcher.find(), output);
    return new long[] {Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))};
  }
}
