/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.util.Arrays;
import org.nm4j.CompressedMatrix;
import org.nm4j.DenseMatrix;
import org.nm4j.Epilogue;
import org.nm4j.Execution;
import org.nm4j.Layout;
import org.nm4j.Mask;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.SparseMatrix;

/** One pruned weight, ready for every contestant. */
final class Layer implements AutoCloseable {
  private final Weight weight;
  private final KeptSum kept = new KeptSum();
  private final long compressedBytes;
  private final Operand outIn;
  private final Operand inOut;
  private final double[] rowNorms;
  private final SparseMatrix sparse;

  /** Prunes {@code w} in place, compresses it, and packs what was compressed. */
  Layer(Weight weight, DenseMatrix w, Pattern pattern) {
    this.weight = weight;
    try {
      Mask mask = Mask.magnitude(w, pattern);
      kept.add(w, mask);
      mask.apply(w);
      CompressedMatrix compressed = CompressedMatrix.compress(w, mask, pattern);
      float[] pruned = w.toArray();
      if (!Arrays.equals(compressed.decompress().toArray(), pruned)) {
        throw Failure.finding(
            weight.name() + ": decompressing did not give the pruned weights back");
      }
      compressedBytes = compressed.bytes();
      outIn = Operand.of(w);
      inOut =
          Operand.of(
              DenseMatrix.copyOf(
                  Tensors.transpose(pruned, weight.outputs(), weight.inputs()),
                  weight.inputs(),
                  weight.outputs()));
      rowNorms = outIn.rowNorms();
      sparse = SparseMatrix.of(compressed);
    } catch (Nm4jException e) {
      throw new Failure(weight.name() + ": " + e.getMessage(), e);
    }
  }

  void multiply(Contestant contestant, Operand x, Operand y, Execution execution) {
    switch (contestant) {
      case SPARSE -> sparse.linear(x.matrix(), y.matrix(), Epilogue.NONE, execution);
      case DENSE_OUT_IN -> OpenBlas.linear(true, weight, x, outIn, y);
      case DENSE_IN_OUT -> OpenBlas.linear(false, weight, x, inOut, y);
    }
  }

  String kernel(int batch) {
    return sparse.kernel(Layout.BATCH_MAJOR, batch);
  }

  Weight weight() {
    return weight;
  }

  KeptSum kept() {
    return kept;
  }

  /** Norm of the weights of each output. */
  double[] rowNorms() {
    return rowNorms;
  }

  long denseBytes() {
    return sparse.denseBytes();
  }

  long compressedBytes() {
    return compressedBytes;
  }

  long packedBytes() {
    return sparse.bytes();
  }

  @Override
  public void close() {
    sparse.close();
  }
}
