/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.bytedeco.openblas.global.openblas_full;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nm4j.internal.Bindings;

/** Executions that take what a measurement found fastest. */
@RandomTest
@Timeout(120)
class TuningTest {
  private static int threadsBefore;

  private final ExecutorService pool = Executors.newFixedThreadPool(3);

  @BeforeAll
  static void oneThread() {
    threadsBefore = openblas_full.openblas_get_num_threads();
    openblas_full.openblas_set_num_threads(1);
  }

  @AfterAll
  static void restore() {
    openblas_full.openblas_set_num_threads(threadsBefore);
  }

  private static SparseMatrix scalar(float[] w, int rows, int cols, Pattern pattern) {
    DenseMatrix weights = Samples.matrix(w, rows, cols);
    Bindings.nm_isa_limit(Bindings.NM_ISA_SCALAR);
    try {
      return SparseMatrix.prune(weights, pattern);
    } finally {
      Bindings.nm_isa_limit(Bindings.NM_ISA_AMX);
    }
  }

  /**
   * Whatever that is on this machine, by the times that are reported: nothing is clearly faster, by
   * more than 5 %, than the choice.
   */
  @Test
  void theFastestIsTaken(Random random) {
    float[] w = Samples.integers(random, 128 * 256);
    boolean[] kept = Reference.magnitude(w, 128, 256, Pattern.P2_4);
    try (SparseMatrix matrix = scalar(w, 128, 256, Pattern.P2_4)) {
      for (Execution execution : List.of(Execution.caller().tuned(), Execution.auto())) {
        Tuning tuning = matrix.tune(Layout.BATCH_MAJOR, 128, execution);
        double least =
            tuning.candidates().stream()
                .filter(candidate -> candidate.obstacle() == null)
                .mapToDouble(Tuning.Candidate::micros)
                .min()
                .orElseThrow();
        double chosen =
            tuning.candidates().stream()
                .filter(candidate -> candidate.kernel().equals(tuning.kernel()))
                .mapToDouble(Tuning.Candidate::micros)
                .findFirst()
                .orElseThrow();
        assertTrue(0.949 * chosen <= least, tuning::toString);
        new Product(
                Layout.BATCH_MAJOR, 128, 256, 128, Product.Spec.PLAIN, random, Samples::integers)
            .run(matrix, execution)
            .check(w, kept, true);
      }
    }
  }

  @Test
  void candidatesAreThePackingsAndDense(Random random) {
    float[] w = Samples.floats(random, 40 * 64);
    try (SparseMatrix matrix = SparseMatrix.prune(Samples.matrix(w, 40, 64), Pattern.P2_4)) {
      Tuning tuning = matrix.tune(Layout.FEATURE_MAJOR, 10, Execution.caller());
      assertEquals(12, tuning.batch());
      assertEquals(Layout.FEATURE_MAJOR, tuning.layout());
      assertEquals(1, tuning.threads());
      assertEquals(DType.F32, tuning.activations());
      List<String> names = tuning.candidates().stream().map(Tuning.Candidate::kernel).toList();
      assertEquals(3, names.size());
      assertTrue(names.get(0).contains("lanepanel"), () -> "" + names);
      assertTrue(names.get(1).contains("rowstream"), () -> "" + names);
      assertEquals("dense_openblas", names.get(2));
      assertTrue(names.contains(tuning.kernel()));
      for (Tuning.Candidate candidate : tuning.candidates()) {
        assertTrue(candidate.micros() > 0 && candidate.obstacle() == null, tuning::toString);
        assertTrue(tuning.toString().contains(candidate.kernel() + ": "), tuning::toString);
      }
    }
  }

  @Test
  void aMeasurementIsMadeOnceForAllMatricesOfAShape(Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, 24 * 32), 24, 32);
    try (SparseMatrix one = SparseMatrix.prune(w, Pattern.P2_4);
        SparseMatrix other = SparseMatrix.prune(w, Pattern.P2_4);
        SparseMatrix sparser = SparseMatrix.prune(w, Pattern.P1_4)) {
      Tuning first = one.tune(Layout.BATCH_MAJOR, 4, Execution.caller());
      assertSame(first, one.tune(Layout.BATCH_MAJOR, 4, Execution.caller().tuned()));
      assertSame(first, other.tune(Layout.BATCH_MAJOR, 4, Execution.caller()));
      assertNotEquals(first, one.tune(Layout.BATCH_MAJOR, 3, Execution.caller()));
      assertNotEquals(first, one.tune(Layout.FEATURE_MAJOR, 4, Execution.caller()));
      assertNotEquals(first, sparser.tune(Layout.BATCH_MAJOR, 4, Execution.caller()));
    }
  }

  @Test
  void batchesShareBuckets() {
    long[] batches = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 100, 129, 193, 256, 257, 1L << 62};
    long[] buckets = {1, 2, 3, 4, 6, 6, 8, 8, 12, 12, 16, 16, 24, 128, 192, 256, 256, 256, 256};
    assertArrayEquals(buckets, Arrays.stream(batches).map(Tuner::bucket).toArray());
  }

  @Test
  void openBlasWithThreadsOfItsOwnIsNoCandidate(Random random) {
    float[] w = Samples.integers(random, 32 * 48);
    openblas_full.openblas_set_num_threads(2);
    try (SparseMatrix matrix = scalar(w, 32, 48, Pattern.P2_4)) {
      Tuning tuning = matrix.tune(Layout.BATCH_MAJOR, 8, Execution.caller());
      Tuning.Candidate dense = tuning.candidates().get(2);
      assertEquals("dense_openblas", dense.kernel());
      assertTrue(Double.isNaN(dense.micros()));
      assertTrue(dense.obstacle().contains("set to 1 thread"), dense.obstacle());
      assertTrue(dense.obstacle().contains("got 2"), dense.obstacle());
      assertFalse(tuning.kernel().startsWith("dense"));
      new Product(Layout.BATCH_MAJOR, 32, 48, 8, Product.Spec.PLAIN, random, Samples::integers)
          .run(matrix, Execution.auto())
          .check(w, Reference.magnitude(w, 32, 48, Pattern.P2_4), true);
    } finally {
      openblas_full.openblas_set_num_threads(1);
    }
  }

  @Test
  void otherTypesAreTunedWithoutDense(Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, 32 * 64), 32, 64);
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4, DType.BF16)) {
      try {
        matrix.kernel(Layout.BATCH_MAJOR, 16, DType.BF16);
      } catch (Nm4jException e) {
        Misuse.fails(
            ErrorCode.UNSUPPORTED,
            () -> matrix.tune(Layout.BATCH_MAJOR, 16, DType.BF16, Execution.caller()));
        return;
      }
      Tuning tuning = matrix.tune(Layout.BATCH_MAJOR, 16, DType.BF16, Execution.caller());
      Tuning.Candidate dense = tuning.candidates().get(tuning.candidates().size() - 1);
      assertEquals("takes fp32 activations", dense.obstacle());
      DenseMatrix x = DenseMatrix.allocate(DType.BF16, 16, 64);
      x.copyFrom(Samples.integers(random, 16 * 64));
      DenseMatrix expected = DenseMatrix.allocate(16, 32);
      DenseMatrix y = DenseMatrix.allocate(DType.BF16, 16, 32);
      matrix.linear(x, expected);
      matrix.linear(x, y, Epilogue.NONE, Execution.caller().tuned());
      for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 32; j++) {
          float value = expected.get(i, j);
          assertEquals(value, y.get(i, j), Math.abs(value) / 128 + 1e-3f);
        }
      }
    }
  }

  @Test
  void transposedMatricesAreTuned(Random random) {
    DenseMatrix w = Samples.matrix(Samples.integers(random, 40 * 24), 40, 24);
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4);
        SparseMatrix transposed = matrix.transposed()) {
      Tuning tuning = transposed.tune(Layout.BATCH_MAJOR, 64, Execution.caller());
      assertEquals(2, tuning.candidates().size(), tuning::toString);
      DenseMatrix x = Samples.matrix(Samples.integers(random, 64 * 40), 64, 40);
      DenseMatrix expected = DenseMatrix.allocate(64, 24);
      DenseMatrix y = DenseMatrix.allocate(64, 24);
      transposed.linear(x, expected);
      transposed.linear(x, y, Epilogue.NONE, Execution.caller().tuned());
      assertArrayEquals(expected.toArray(), y.toArray());
      transposed
          .denseRoute()
          .run(Layout.BATCH_MAJOR, 64, 1, x, y, Epilogue.NONE, Execution.caller());
      assertArrayEquals(expected.toArray(), y.toArray());
    }
  }

  @Test
  void misuseIsRefused(Random random) {
    Execution tuned = Execution.caller().tuned();
    DenseMatrix w = Samples.matrix(Samples.floats(random, 16 * 16), 16, 16);
    SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4);
    DenseMatrix x = DenseMatrix.allocate(4, 16);
    DenseMatrix y = DenseMatrix.allocate(4, 16);
    Misuse.illegalArgument(() -> matrix.linear(x, x, Epilogue.NONE, tuned), "overlap");
    Misuse.illegalArgument(() -> matrix.tune(Layout.BATCH_MAJOR, 0, tuned), "at least 1", "got 0");
    Misuse.nullPointer(() -> matrix.tune(null, 1, tuned));
    Misuse.nullPointer(() -> matrix.tune(Layout.BATCH_MAJOR, 1, (DType) null, tuned));
    Misuse.nullPointer(() -> matrix.tune(Layout.BATCH_MAJOR, 1, null));
    matrix.linear(x.rows(0, 0), y.rows(0, 0), Epilogue.NONE, tuned);
    matrix.close();
    Misuse.illegalState(() -> matrix.linear(x, y, Epilogue.NONE, tuned), "closed");
    Misuse.illegalState(() -> matrix.tune(Layout.BATCH_MAJOR, 64, tuned), "closed");
  }

  @Test
  void closingDuringATunedCallIsRefused(Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, 640 * 512), 640, 512);
    SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4);
    List<String> refusals = new ArrayList<>();
    Execution closing =
        Execution.on(
                task -> {
                  try {
                    matrix.close();
                  } catch (IllegalStateException e) {
                    refusals.add(e.getMessage());
                  }
                },
                2)
            .tuned();
    DenseMatrix y = DenseMatrix.allocate(64, 640);
    matrix.linear(DenseMatrix.allocate(64, 512), y, Epilogue.NONE, closing);
    assertTrue(refusals.size() > 1, () -> "" + refusals); // while measuring, and afterwards
    assertTrue(refusals.stream().allMatch(m -> m.contains("in use")), () -> "" + refusals);
    assertFalse(matrix.isClosed());
    matrix.close();
  }

  @Test
  void manyFirstCallersAgree(Random random) throws Exception {
    float[] w = Samples.integers(random, 48 * 80);
    float[] x = Samples.integers(random, 20 * 80);
    try (SparseMatrix matrix = scalar(w, 48, 80, Pattern.P2_4)) {
      float[] expected = matrix.linear(x, 20);
      List<Future<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        Execution execution = i % 2 == 0 ? Execution.auto() : Execution.on(pool, 2).tuned();
        results.add(
            pool.submit(
                () -> {
                  DenseMatrix y = DenseMatrix.allocate(20, 48);
                  matrix.linear(DenseMatrix.copyOf(x, 20, 80), y, Epilogue.NONE, execution);
                  return y.toArray();
                }));
      }
      for (Future<float[]> result : results) {
        assertArrayEquals(expected, result.get());
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void executionsSayWhetherTheyAreTuned() {
    Execution two = Execution.on(Runnable::run, 2);
    assertFalse(two.isTuned());
    assertTrue(two.tuned().isTuned());
    assertSame(two.tuned().getClass(), two.getClass());
    assertEquals(2, two.tuned().threads());
    assertEquals("Execution[2 threads, tuned]", two.tuned().toString());
    assertTrue(Execution.auto().isTuned());
    assertEquals(Execution.parallel().threads(), Execution.auto().threads());
  }

  /** Prints what was measured for a matrix and one of its products. */
  static final class Program {
    public static void main(String[] args) {
      int size = Integer.parseInt(args[0]);
      DenseMatrix block = DenseMatrix.allocate(16, size);
      for (int i = 0; i < 16; i++) {
        block.set(i, 0, 1);
      }
      try (SparseMatrix.Builder builder = SparseMatrix.builder(size, size, Pattern.P2_4)) {
        for (int row = 0; row < size; row += 16) {
          builder.prune(row, block);
        }
        try (SparseMatrix matrix = builder.build()) {
          System.out.print(matrix.tune(Layout.BATCH_MAJOR, 1, Execution.auto()));
          DenseMatrix x = DenseMatrix.allocate(1, size);
          DenseMatrix y = DenseMatrix.allocate(1, size);
          x.set(0, 0, 3);
          matrix.linear(x, y, Epilogue.NONE, Execution.auto());
          System.out.println("product " + y.get(0, size - 1));
        }
      }
    }
  }

  @Test
  void withoutOpenBlasTheSparseKernelsRemain() throws Exception {
    String without =
        Arrays.stream(Jvm.classPath().split(File.pathSeparator))
            .filter(entry -> !entry.contains("openblas"))
            .collect(Collectors.joining(File.pathSeparator));
    new Jvm()
        .classPath(without)
        .run(Program.class, "64")
        .succeeded()
        .printed("dense_openblas: OpenBLAS (org.bytedeco:openblas", "product 3.0");
  }

  @Test
  void withoutMemoryForADenseCopyTheSparseKernelsRemain() throws Exception {
    new Jvm()
        .environment("OPENBLAS_NUM_THREADS", "1")
        .options("-XX:MaxDirectMemorySize=1m")
        .run(Program.class, "1024")
        .succeeded()
        .printed("dense_openblas: no memory for a dense copy", "product 3.0");
  }
}
