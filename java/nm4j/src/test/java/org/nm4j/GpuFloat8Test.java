/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of 8-bit floats, where the GPU has them, and the tanh form of GELU. */
@GpuTest
@RandomTest
class GpuFloat8Test {
  private static final Device GPU = Device.cuda(0);

  @BeforeEach
  void needsTheHardware() {
    String[] capability = GPU.computeCapability().split("\\.");
    int number = 10 * Integer.parseInt(capability[0]) + Integer.parseInt(capability[1]);
    boolean has = number >= 89;
    Assumptions.assumeTrue(has || Nm4j.cuda().simulated(), GPU + " has no 8-bit floats");
    assertTrue(has, "the double is to have them");
  }

  private static float[] small(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(5) - 2;
    }
    return values;
  }

  private static DenseMatrix there(float[] values, DType dtype, int rows, int cols) {
    DenseMatrix matrix = DenseMatrix.allocate(GPU, dtype, rows, cols);
    matrix.copyFrom(values);
    return matrix;
  }

  @ParameterizedTest
  @EnumSource(names = {"E4M3", "E5M2"})
  void integersAreExact(DType dtype, Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 32 * 64), 32, 64);
    float[] x = small(random, 16 * 64);
    DenseMatrix expected = DenseMatrix.allocate(16, 32);
    DenseMatrix bias = DenseMatrix.copyOf(small(random, 32), 1, 32);
    DenseMatrix c = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.P2_4);
        SparseMatrix gpu = cpu.to(GPU, dtype)) {
      assertArrayEquals(cpu.decompress().toArray(), gpu.decompress().toArray());
      cpu.linear(
          DenseMatrix.copyOf(x, 16, 64), expected, Epilogue.NONE.alpha(0.25f).bias(bias).add(2, c));
      for (DType out : new DType[] {DType.F32, DType.BF16, DType.F16, dtype}) {
        DType added = out == dtype ? DType.F16 : out;
        DenseMatrix y = DenseMatrix.allocate(GPU, out, 16, 32);
        gpu.linear(
            there(x, dtype, 16, 64),
            y,
            Epilogue.NONE
                .alpha(0.25f)
                .bias(there(bias.toArray(), added, 1, 32))
                .add(2, there(c.toArray(), added, 16, 32)));
        DenseMatrix rounded = DenseMatrix.allocate(out, 16, 32);
        rounded.copyFrom(expected.toArray());
        assertArrayEquals(rounded.toArray(), y.toArray(), () -> "to " + out);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"E4M3", "E5M2"})
  void weightsAreReplaced(DType dtype, Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    DenseMatrix next = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    Mask.magnitude(next, Pattern.P2_4).apply(next);
    DenseMatrix full = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    for (int i = 0; i < 4; i++) {
      full.set(0, i, 1);
    }
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.P2_4);
        SparseMatrix gpu = cpu.to(GPU, dtype)) {
      gpu.refresh(there(next.toArray(), dtype, 16, 32), Execution.caller());
      assertArrayEquals(next.toArray(), gpu.decompress().toArray());
      Misuse.fails(
          ErrorCode.PATTERN_BREACH,
          () -> gpu.refresh(there(full.toArray(), dtype, 16, 32), Execution.caller()));
      Mask mask = Mask.magnitude(next, Pattern.P2_4).to(GPU);
      DenseMatrix bytes = there(next.toArray(), dtype, 16, 32);
      String taken = "w must be of " + dtype + " and obey 2:4, without a mask";
      Misuse.fails(
          ErrorCode.UNSUPPORTED, () -> gpu.refresh(bytes, mask, Execution.caller()), taken);
      Misuse.fails(
          ErrorCode.UNSUPPORTED, () -> gpu.refresh(next.to(GPU), Execution.caller()), taken);
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> SparseMatrix.of(bytes, mask, Pattern.P2_4), taken);
      assertArrayEquals(next.toArray(), gpu.decompress().toArray());
      try (SparseMatrix same = SparseMatrix.ofSparse(bytes, Pattern.P2_4);
          SparseMatrix half = cpu.to(GPU, DType.F16)) {
        assertArrayEquals(next.toArray(), same.decompress().toArray());
        Misuse.fails(
            ErrorCode.UNSUPPORTED,
            () -> half.refresh(bytes, Execution.caller()),
            "w must be of F32, BF16, F16 or S8",
            dtype.toString());
      }
      Misuse.fails(
          ErrorCode.UNSUPPORTED,
          () -> SparseMatrix.prune(dense.to(GPU), Pattern.P2_4, dtype),
          "prunes",
          "" + dtype);
    }
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.P4_8)) {
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> cpu.to(GPU, dtype), "4:8");
    }
  }

  @Test
  void tanhGelu(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    Epilogue tanh = Epilogue.NONE.alpha(0.25f).activation(Activation.GELU_TANH);
    float[] x = small(random, 16 * 32);
    DenseMatrix plain = DenseMatrix.allocate(16, 16);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 16, 16);
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.P2_4);
        SparseMatrix gpu = cpu.to(GPU, DType.E4M3)) {
      cpu.linear(DenseMatrix.copyOf(x, 16, 32), plain, Epilogue.NONE.alpha(0.25f));
      gpu.linear(there(x, DType.E4M3, 16, 32), y, tanh);
      float[] sums = plain.toArray();
      float[] results = y.toArray();
      double differs = 0;
      for (int i = 0; i < sums.length; i++) {
        double v = sums[i];
        double inner = Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v);
        double expected = v / 2 * (1 + Math.tanh(inner));
        assertEquals(expected, results[i], 0x1p-8 * Math.abs(expected) + 1e-3, "of " + v);
        differs = Math.max(differs, Math.abs(v - results[i]));
      }
      assertTrue(differs > 0.01, "an activation was applied");
      DenseMatrix half = DenseMatrix.allocate(GPU, DType.F16, 16, 16);
      Misuse.fails(
          ErrorCode.UNSUPPORTED, () -> gpu.linear(there(x, DType.E4M3, 16, 32), half, tanh));
      Misuse.fails(
          ErrorCode.UNSUPPORTED,
          () -> cpu.linear(DenseMatrix.copyOf(x, 16, 32), plain, tanh),
          "GELU_TANH");
    }
  }

  @Test
  void otherOperandsAreRefused(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    try (SparseMatrix gpu = SparseMatrix.prune(dense, Pattern.P2_4).to(GPU, DType.E4M3)) {
      DenseMatrix x = DenseMatrix.allocate(GPU, DType.E4M3, 16, 32);
      DenseMatrix y = DenseMatrix.allocate(GPU, DType.E4M3, 16, 16);
      DenseMatrix wrong = DenseMatrix.allocate(GPU, DType.E5M2, 16, 32);
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> gpu.linear(wrong, y), "x must be of E4M3");
      DenseMatrix c = DenseMatrix.allocate(GPU, DType.E4M3, 16, 16);
      Misuse.illegalArgument(() -> gpu.linear(x, y, Epilogue.NONE.add(1, c)), "c must be of F16");
      DenseMatrix bias = DenseMatrix.allocate(GPU, DType.E4M3, 1, 16);
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> gpu.linear(x, y, Epilogue.NONE.bias(bias)), "F16");
      DenseMatrix columns = DenseMatrix.allocate(GPU, DType.E4M3, 32, 4);
      Misuse.fails(
          ErrorCode.UNSUPPORTED,
          () -> gpu.multiply(columns, DenseMatrix.allocate(GPU, DType.F16, 16, 4)),
          "batch-major");
    }
  }
}
