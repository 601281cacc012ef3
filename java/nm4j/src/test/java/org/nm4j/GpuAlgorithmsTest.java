/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The search for cuSPARSELt's algorithms, and what is kept of it. */
@GpuTest
@RandomTest
class GpuAlgorithmsTest {
  private static final Device GPU = Device.cuda(0);
  private static final Execution TUNED = Execution.caller().tuned();

  private final DenseMatrix x = DenseMatrix.allocate(GPU, DType.F16, 8, 64);
  private final DenseMatrix y = DenseMatrix.allocate(GPU, DType.F16, 8, 32);

  @BeforeEach
  @AfterEach
  void forgetEverything() {
    CudaAlgorithms.clear();
  }

  /** Integers, of which every algorithm makes the same bits. */
  private static SparseMatrix weights(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(Samples.integers(random, 32 * 64), 32, 64);
    return SparseMatrix.prune(dense.to(GPU), Pattern.P2_4, DType.F16);
  }

  private static long lines() {
    return CudaAlgorithms.save().lines().count();
  }

  @Test
  void tunedProductsSearchOncePerKind(Random random) {
    x.copyFrom(Samples.integers(random, 8 * 64));
    DenseMatrix plain = DenseMatrix.allocate(GPU, DType.F16, 8, 32);
    DenseMatrix bias = DenseMatrix.allocate(GPU, DType.F16, 1, 32);
    bias.copyFrom(new float[32]);
    try (SparseMatrix w = weights(random)) {
      w.linear(x, plain);
      assertEquals("", CudaAlgorithms.save());
      w.linear(x, y, Epilogue.NONE, TUNED);
      assertArrayEquals(plain.toArray(), y.toArray()); // the same bits
      assertEquals(1, lines());
      String found = CudaAlgorithms.save();
      w.linear(x, y, Epilogue.NONE.alpha(3), TUNED); // alpha's value is no matter
      assertEquals(found, CudaAlgorithms.save());
      w.linear(x, y, Epilogue.NONE.bias(bias), TUNED);
      assertEquals(2, lines());
      w.linear(x.rows(0, 5), y.rows(0, 5), Epilogue.NONE, TUNED); // padded to 8, as before
      assertEquals(2, lines());
      DenseMatrix more = DenseMatrix.allocate(GPU, DType.F16, 24, 64);
      w.linear(more, DenseMatrix.allocate(GPU, DType.F16, 24, 32), Epilogue.NONE, TUNED);
      assertEquals(3, lines());
      w.linear(x.rows(0, 0), y.rows(0, 0), Epilogue.NONE, TUNED);
      assertEquals(3, lines());
    }
  }

  @Test
  void whatWasSavedIsUsedAgain(Random random) {
    try (SparseMatrix w = weights(random)) {
      w.linear(x, y, Epilogue.NONE, TUNED);
      String text = CudaAlgorithms.save();
      CudaAlgorithms.clear();
      assertTrue(CudaAlgorithms.load(text) >= 1);
      assertEquals(text, CudaAlgorithms.save());
      w.linear(x, y, Epilogue.NONE, TUNED);
      assertEquals(text, CudaAlgorithms.save());
      String elsewhere = text.substring(0, text.lastIndexOf(" : ")) + " : 9.9.9 1.0 1 Some other\n";
      assertEquals(0, CudaAlgorithms.load(elsewhere));
      assertEquals(2, lines());
    }
    String before = CudaAlgorithms.save();
    Misuse.illegalArgument(() -> CudaAlgorithms.load("nonsense"), "line 1");
    Misuse.nullPointer(() -> CudaAlgorithms.load(null));
    assertEquals(0, CudaAlgorithms.load(""));
    assertEquals(before, CudaAlgorithms.save());
  }

  @Test
  void tuningReportsWhatItMeasured(Random random) {
    try (SparseMatrix w = weights(random)) {
      Tuning tuning = w.tune(Layout.BATCH_MAJOR, 8, DType.F16, Execution.caller());
      assertEquals(8, tuning.batch());
      assertEquals(DType.F16, tuning.activations());
      assertTrue(tuning.kernel().startsWith("cusparselt_"), tuning::toString);
      Tuning.Candidate standard = tuning.candidates().get(0);
      assertTrue(standard.kernel().endsWith("_config0"), tuning::toString);
      assertTrue(standard.micros() > 0, tuning::toString);
      Tuning.Candidate best =
          tuning.candidates().stream()
              .filter(c -> c.kernel().equals(tuning.kernel()))
              .findFirst()
              .orElseThrow();
      assertTrue(best.micros() <= standard.micros(), tuning::toString);
      String found = CudaAlgorithms.save();
      w.linear(x, y, Epilogue.NONE, TUNED);
      assertEquals(found, CudaAlgorithms.save());
      Tuning own = w.tune(Layout.BATCH_MAJOR, 8, Execution.caller());
      assertEquals(DType.F16, own.activations(), "the type of the weights");
      Misuse.fails(
          ErrorCode.UNSUPPORTED,
          () -> w.tune(Layout.BATCH_MAJOR, 8, DType.F32, Execution.caller()),
          "x must be of F16");
      Misuse.illegalArgument(
          () -> w.tune(Layout.BATCH_MAJOR, 0, DType.F16, Execution.caller()), "at least 1");
    }
  }

  @Test
  void panelsHaveOneKernel(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(Samples.floats(random, 16 * 32), 16, 32);
    try (SparseMatrix w = SparseMatrix.prune(dense.to(GPU), Pattern.of(3, 4))) {
      Tuning tuning = w.tune(Layout.FEATURE_MAJOR, 4, Execution.caller());
      assertTrue(tuning.kernel().startsWith("panels_f32"), tuning::toString);
      DenseMatrix in = DenseMatrix.allocate(GPU, DType.F32, 4, 32);
      in.copyFrom(new float[4 * 32]);
      w.linear(in, DenseMatrix.allocate(GPU, DType.F32, 4, 16), Epilogue.NONE, TUNED);
      assertEquals("", CudaAlgorithms.save());
    }
  }
}
