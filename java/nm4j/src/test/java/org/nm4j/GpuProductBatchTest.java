/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Products of different matrices of a GPU in one run. */
@GpuTest
@RandomTest
class GpuProductBatchTest {
  private static final Device GPU = Device.cuda(0);
  private static final DType BF16 = DType.BF16;

  private static DenseMatrix there(Random random, int rows, int cols) {
    DenseMatrix matrix = DenseMatrix.allocate(GPU, BF16, rows, cols);
    matrix.copyFrom(Samples.floats(random, rows * cols));
    return matrix;
  }

  private static SparseMatrix weights(Random random, int rows, int cols) {
    DenseMatrix dense = DenseMatrix.copyOf(Samples.floats(random, rows * cols), rows, cols);
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4)) {
      return w.to(GPU, BF16);
    }
  }

  private static DenseMatrix result(int rows, int cols) {
    return DenseMatrix.allocate(GPU, BF16, rows, cols);
  }

  @Test
  void everyProductIsWhatItIsAlone(Random random) {
    Epilogue epilogue = Epilogue.NONE.bias(there(random, 1, 40)).activation(Activation.RELU);
    DenseMatrix x = there(random, 9, 64);
    DenseMatrix features = there(random, 32, 8);
    DenseMatrix alone = result(9, 40);
    DenseMatrix byFeature = result(24, 8);
    DenseMatrix y = result(9, 40);
    DenseMatrix z = result(24, 8);
    try (SparseMatrix v = weights(random, 40, 64);
        SparseMatrix w = weights(random, 24, 32);
        DeviceStream stream = DeviceStream.create(GPU)) {
      v.linear(x, alone, epilogue);
      w.multiply(features, byFeature);
      ProductBatch batch =
          new ProductBatch().linear(v, x, y, epilogue).multiply(w, features, z, Epilogue.NONE);
      batch.linear(v, result(0, 64), result(0, 40));
      batch.run(Execution.caller());
      assertArrayEquals(alone.toArray(), y.toArray());
      assertArrayEquals(byFeature.toArray(), z.toArray());
      y.copyFrom(new float[9 * 40]);
      z.copyFrom(new float[24 * 8]);
      batch.run(Execution.on(stream));
      stream.synchronize();
      assertArrayEquals(alone.toArray(), y.toArray());
      assertArrayEquals(byFeature.toArray(), z.toArray());
    }
  }

  @Test
  void aClosedMatrixOrOperandStopsAllOfIt(Random random) {
    DenseMatrix x = there(random, 2, 8);
    DenseMatrix first = result(2, 4);
    first.copyFrom(new float[8]);
    DeviceMemory memory = DeviceMemory.allocate(GPU, 2 * 4 * 2);
    try (SparseMatrix open = weights(random, 4, 8)) {
      SparseMatrix closed = weights(random, 4, 8);
      ProductBatch weights = new ProductBatch().linear(open, x, first);
      weights.linear(closed, x, result(2, 4));
      closed.close();
      Misuse.illegalState(() -> weights.run(Execution.caller()), "closed");
      Misuse.illegalState(() -> weights.linear(closed, x, result(2, 4)), "closed");
      ProductBatch operands = new ProductBatch().linear(open, x, first);
      operands.linear(open, x, memory.matrix(0, BF16, 2, 4, 4));
      memory.close();
      Misuse.illegalState(() -> operands.run(Execution.caller()), "closed");
      assertArrayEquals(new float[8], first.toArray());
    }
  }

  /** Nothing of a batch runs unless all of it can. */
  @Test
  void whatAProductRefusesIsRefusedWhenItIsAdded(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(Samples.floats(random, 8 * 32), 8, 32);
    DenseMatrix x = there(random, 32, 8);
    DenseMatrix y = result(8, 8);
    DenseMatrix bytes = DenseMatrix.allocate(GPU, DType.S8, 32, 4);
    try (SparseMatrix w = weights(random, 8, 32);
        SparseMatrix panels = SparseMatrix.prune(dense.to(GPU), Pattern.of(3, 4));
        SparseMatrix integers = SparseMatrix.prune(dense.to(GPU), Pattern.P2_4, DType.S8)) {
      ProductBatch batch = new ProductBatch().multiply(w, x, y, Epilogue.NONE);
      ErrorCode unsupported = ErrorCode.UNSUPPORTED;
      Misuse.fails(
          unsupported,
          () -> batch.multiply(integers, bytes, result(8, 4), Epilogue.NONE),
          "batch-major");
      Misuse.fails(
          unsupported,
          () -> batch.multiply(w, x, DenseMatrix.allocate(GPU, DType.F32, 8, 8), Epilogue.NONE),
          "y_dtype");
      DenseMatrix wide = DenseMatrix.allocate(GPU, DType.F32, 32, 8);
      Misuse.fails(
          unsupported, () -> batch.multiply(panels, wide, result(8, 8), Epilogue.NONE), "y_dtype");
      Epilogue gelu = Epilogue.NONE.activation(Activation.GELU);
      DenseMatrix items = DenseMatrix.allocate(GPU, DType.S8, 4, 32);
      DenseMatrix small = DenseMatrix.allocate(GPU, DType.S8, 4, 8);
      Misuse.fails(unsupported, () -> batch.linear(integers, items, small, gelu), "NM_GELU");

      DenseMatrix memory = result(40, 8);
      DenseMatrix in = memory.rows(0, 32);
      DenseMatrix out = memory.rows(28, 8);
      Misuse.illegalArgument(() -> batch.multiply(w, in, out, Epilogue.NONE), "y must not overlap");
      Epilogue bias = Epilogue.NONE.bias(memory.rows(35, 1));
      Misuse.illegalArgument(() -> batch.multiply(w, x, memory.rows(30, 8), bias), "bias");
      Epilogue shifted = Epilogue.NONE.add(1, memory.rows(31, 8));
      Misuse.illegalArgument(() -> batch.multiply(w, x, memory.rows(30, 8), shifted), "c");
      DenseMatrix sameRows = memory.rows(30, 8);
      batch.multiply(w, x, sameRows, Epilogue.NONE.add(0.5f, sameRows)); // in place
      assertEquals(2, batch.size());
    }
  }

  @Test
  void devicesAndSharedMemoryAreRefused(Random random) {
    DenseMatrix x = there(random, 2, 8);
    DenseMatrix y = result(2, 4);
    DenseMatrix dense = DenseMatrix.copyOf(Samples.floats(random, 32), 4, 8);
    DenseMatrix hostX = DenseMatrix.allocate(2, 8);
    DenseMatrix hostY = DenseMatrix.allocate(2, 4);
    try (SparseMatrix w = weights(random, 4, 8);
        SparseMatrix host = SparseMatrix.prune(dense, Pattern.P2_4)) {
      ProductBatch batch = new ProductBatch().linear(w, x, y);
      Misuse.illegalArgument(() -> batch.linear(w, there(random, 2, 8), y), "y", "a result");
      Misuse.illegalArgument(() -> batch.linear(w, x, hostY), "y must be in memory of cuda:0");
      Misuse.illegalArgument(() -> batch.linear(host, hostX, hostY), "cuda:0", "cpu");
      ProductBatch other = new ProductBatch().linear(host, hostX, hostY);
      Misuse.illegalArgument(() -> other.linear(w, x, y), "expected weights on cpu", "cuda:0");
      try (DeviceStream stream = DeviceStream.create(GPU)) {
        Misuse.illegalArgument(() -> other.run(Execution.on(stream)), "cuda:0");
      }
      assertEquals(1, batch.size());
    }
  }
}
