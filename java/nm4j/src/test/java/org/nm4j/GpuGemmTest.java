/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nm4j.train.MaskedLinear;
import org.nm4j.train.MaskedParameter;

/** Dense products by cuBLAS, which a card may lack. */
@GpuTest
@RandomTest
class GpuGemmTest {
  private static final Device GPU = Device.cuda(0);
  private static final Execution CALLER = Execution.caller();

  @BeforeAll
  static void cuBlasIsThere() {
    Availability found = GPU.denseProducts();
    assertTrue(found.isAvailable() || !Nm4j.cuda().simulated(), found.text());
    assumeTrue(found.isAvailable(), found.text());
  }

  private static DenseMatrix there(DType dtype, float[] values, int rows, int cols, int gap) {
    DenseMatrix matrix = DenseMatrix.allocate(GPU, dtype, rows, cols + gap).columns(gap / 2, cols);
    for (int row = 0; row < rows; row++) {
      float[] one = new float[cols];
      System.arraycopy(values, row * cols, one, 0, cols);
      matrix.rows(row, 1).copyFrom(one);
    }
    return matrix;
  }

  private static float[] small(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(5) - 2;
    }
    return values;
  }

  @Test
  void productsOfIntegersAreExact(Random random) {
    Gemm gemm = Gemm.cuBlas();
    DType[][] types = {
      {DType.F32, DType.F32},
      {DType.BF16, DType.BF16},
      {DType.BF16, DType.F32},
      {DType.F16, DType.F16},
      {DType.F16, DType.F32}
    };
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      for (int i = 0; i < 40; i++) {
        DType[] type = types[i % types.length];
        boolean ta = random.nextBoolean();
        boolean tb = random.nextBoolean();
        int m = 1 + random.nextInt(9);
        int n = 1 + random.nextInt(9);
        int k = random.nextInt(12);
        float beta = random.nextInt(3);
        float[] a = small(random, m * k);
        float[] b = small(random, k * n);
        float[] c = small(random, m * n);
        float[] expected = new float[m * n];
        for (int row = 0; row < m; row++) {
          for (int col = 0; col < n; col++) {
            float sum = beta * c[row * n + col] + 0f; // no -0
            for (int l = 0; l < k; l++) {
              sum += a[ta ? l * m + row : row * k + l] * b[tb ? col * k + l : l * n + col];
            }
            expected[row * n + col] = sum;
          }
        }
        DenseMatrix out = there(type[1], c, m, n, random.nextInt(3));
        gemm.multiply(
            ta,
            tb,
            there(type[0], a, ta ? k : m, ta ? m : k, random.nextInt(3)),
            there(type[0], b, tb ? n : k, tb ? k : n, random.nextInt(3)),
            beta,
            out,
            i % 2 == 0 ? CALLER : Execution.on(stream));
        stream.synchronize();
        assertArrayEquals(expected, out.to(Device.cpu()).toArray());
      }
    }
  }

  /** What the README says: a layer in training, all of it on the GPU. */
  @Test
  void aLayerTrainsWithIt(Random random) {
    float[] w = small(random, 8 * 16);
    float[] x = small(random, 4 * 16);
    float[] dy = small(random, 4 * 8);
    DenseMatrix[] gradients = new DenseMatrix[2];
    DenseMatrix[] inputs = new DenseMatrix[2];
    for (int i = 0; i < 2; i++) {
      Device device = i == 0 ? Device.cpu() : GPU;
      MaskedParameter weight =
          MaskedParameter.builder("w", DenseMatrix.copyOf(w, 8, 16).to(device))
              .pattern(Pattern.P2_4)
              .build();
      Gemm gemm = i == 0 ? Gemm.openBlas() : Gemm.cuBlas();
      try (MaskedLinear layer = new MaskedLinear(weight, null, gemm)) {
        inputs[i] = DenseMatrix.allocate(device, DType.F32, 4, 16);
        layer.backward(
            DenseMatrix.copyOf(x, 4, 16).to(device),
            DenseMatrix.copyOf(dy, 4, 8).to(device),
            inputs[i],
            CALLER);
        gradients[i] = layer.gradient().to(Device.cpu());
      }
    }
    assertArrayEquals(gradients[0].toArray(), gradients[1].toArray());
    assertArrayEquals(inputs[0].toArray(), inputs[1].to(Device.cpu()).toArray());
  }

  @Test
  void misuseIsRefused() {
    Gemm gemm = Gemm.cuBlas();
    DenseMatrix a = DenseMatrix.allocate(GPU, DType.F32, 3, 4);
    DenseMatrix b = DenseMatrix.allocate(GPU, DType.F32, 4, 2);
    DenseMatrix c = DenseMatrix.allocate(GPU, DType.F32, 3, 2);
    DenseMatrix here = DenseMatrix.allocate(3, 2);
    gemm.multiply(false, false, a, b, 0, c, CALLER);
    Misuse.illegalArgument(() -> gemm.multiply(true, false, a, b, 0, c, CALLER), "a must be");
    Misuse.illegalArgument(
        () -> gemm.multiply(false, false, a, b, 0, here, CALLER), "on a GPU, got");
    Misuse.illegalArgument(
        () -> gemm.multiply(false, false, a, DenseMatrix.allocate(4, 2), 0, c, CALLER),
        "b must be in memory of cuda:0");
    DenseMatrix half = DenseMatrix.allocate(GPU, DType.F16, 4, 2);
    Misuse.illegalArgument(
        () -> gemm.multiply(false, false, a, half, 0, c, CALLER), "b must be of F32");
    DenseMatrix integers = DenseMatrix.allocate(GPU, DType.S8, 3, 4);
    DenseMatrix square = DenseMatrix.allocate(GPU, DType.F32, 4, 4);
    Misuse.illegalArgument(
        () -> gemm.multiply(true, false, integers, integers, 0, square, CALLER),
        "a must be of F32, BF16 or F16");
    DenseMatrix brain = DenseMatrix.allocate(GPU, DType.BF16, 2, 2);
    Misuse.illegalArgument(
        () -> gemm.multiply(true, false, half, half, 0, brain, CALLER), "c must be of F32 or F16");
    Misuse.illegalArgument(
        () -> gemm.multiply(false, true, a, a, 0, a.columns(0, 3), CALLER), "overlapping");
  }

  @Test
  void theReportSaysWhatIsThere() {
    assertTrue(GPU.denseProducts().text().contains("cuBLAS"), GPU.denseProducts().text());
    assertEquals(GPU.denseProducts(), Nm4j.cuda().denseProducts());
    assertTrue(Nm4j.cuda().toString().contains("dense       cuBLAS"), Nm4j.cuda().toString());
    assertTrue(Device.cpu().denseProducts().isAvailable());
  }
}
