/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.TrainedWeights;

/**
 * E W of some rows of a parameter on the CPU, for products dY W: packed where these are sparse,
 * else as a dense matrix; either as the weights are by now, in memory that stays.
 */
final class MaskedRows {
  private final MaskedParameter weight;
  private final long first;
  private final long count;
  private TrainedWeights packed; // or null: dense, or nothing packed yet
  private Pattern packedPattern;
  private DenseMatrix scratch; // or null: the weights that the mask keeps, when products are dense
  private long version = -1; // of the weights, in whichever of the two

  MaskedRows(MaskedParameter weight, long first, long count) {
    this.weight = weight;
    this.first = first;
    this.count = count;
  }

  /** The packed rows; null when products are dense. */
  TrainedWeights packed(Execution execution) {
    weight.requireWhole();
    Pattern pattern = weight.sparsePattern();
    boolean fresh = packed != null && version == weight.version() && packedPattern.equals(pattern);
    // Until a pattern's first refresh the mask is of the one before.
    if (pattern == null || !(fresh || weight.obeys(pattern, first, count))) {
      release();
      return null;
    }
    scratch = null;
    if (packed == null || !pattern.equals(packedPattern)) {
      release();
      packed = Matrices.get().trainedColumns(count, weight.cols(), pattern);
      packedPattern = pattern;
      version = -1;
    }
    if (version != weight.version()) {
      version = -1;
      try {
        packed.pack(weight.weights().rows(first, count), weight.mask.rows(first, count), execution);
      } catch (Nm4jException e) {
        throw new Nm4jException(e.code(), weight.name() + ": " + e.getMessage());
      }
      version = weight.version();
    }
    return packed;
  }

  /** What the network sees, as a dense matrix. */
  DenseMatrix dense(Execution execution) {
    release(); // the version is of one form only
    if (weight.prunedFactor != 0) {
      if (weight.masked() == null) {
        throw new IllegalStateException(
            weight.name()
                + ": pruned weights take part in the network, for which the parameter needs a"
                + " masked copy, see MaskedParameter.Builder.masked");
      }
      return weight.masked().rows(first, count);
    }
    boolean fresh = scratch != null && version == weight.version();
    if (scratch == null) {
      scratch = DenseMatrix.allocate(count, weight.cols());
    }
    if (!fresh) {
      weight.writeMasked(first, scratch, execution);
      version = weight.version();
    }
    return scratch;
  }

  void release() {
    if (packed != null) {
      packed.close();
      packed = null;
    }
  }
}
