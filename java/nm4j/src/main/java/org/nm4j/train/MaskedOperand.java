/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.TrainedWeights;

/**
 * E W of some rows of a parameter, where it is and in the type of the activations: packed where
 * products are sparse, else as a dense matrix; either as the weights are by now, in memory that
 * stays. There is one of the two at a time.
 */
final class MaskedOperand {
  private final MaskedParameter weight;
  private final long first;
  private final long count;
  private final Maker maker;
  private DType type = DType.F32; // of activations
  private TrainedWeights packed; // or null
  private Pattern room; // of what is packed
  private DenseMatrix scratch; // or null: the weights that the mask keeps
  private Stamp stamp; // of whichever of the two; null: of weights that are no more

  MaskedOperand(MaskedParameter weight, long first, long count, Maker maker) {
    this.weight = weight;
    this.first = first;
    this.count = count;
    this.maker = maker;
  }

  /** Says of which type activations are from now on; that of both forms. */
  void type(DType activations) {
    if (type != activations) {
      type = activations;
      scratch = null;
      release();
    }
  }

  /** The packed rows; null when products are dense. */
  TrainedWeights packed(Execution execution) {
    weight.requireWhole();
    Stamp now = weight.stamp();
    if (packed != null && now.equals(stamp)) {
      return packed;
    }
    // Until a pattern's first refresh the mask is of the one before.
    if (now.pattern() == null || !weight.obeys(now.pattern(), first, count)) {
      return null;
    }
    scratch = null;
    stamp = null;
    if (packed == null || !now.pattern().equals(room)) {
      release();
      packed = maker.make(type, now.pattern());
      room = now.pattern();
    }
    try {
      packed.pack(weight.weights().rows(first, count), weight.mask.rows(first, count), execution);
    } catch (Nm4jException e) {
      throw new Nm4jException(e.code(), weight.name() + ": " + e.getMessage());
    }
    stamp = now;
    return packed;
  }

  /** What the network sees, as a dense matrix. */
  DenseMatrix dense(Execution execution) {
    release();
    boolean whole = weight.prunedFactor != 0; // pruned weights take part
    if (whole && weight.masked() == null) {
      throw new IllegalStateException(
          weight.name()
              + ": pruned weights take part in the network, for which the parameter needs a"
              + " masked copy, see MaskedParameter.Builder.masked");
    }
    if (whole && type == DType.F32) {
      return weight.masked().rows(first, count);
    }
    Stamp now = new Stamp(null, weight.stamp().version());
    if (scratch == null) {
      scratch = DenseMatrix.allocate(weight.device(), type, count, weight.cols());
      stamp = null;
    }
    if (!now.equals(stamp)) {
      stamp = null;
      if (whole) {
        Matrices.get().cast(weight.masked().rows(first, count), null, scratch, execution);
      } else {
        weight.writeMasked(first, scratch, execution);
      }
      stamp = now;
    }
    return scratch;
  }

  /** Frees what is packed. */
  void release() {
    if (packed != null) {
      packed.close();
      packed = null;
      stamp = null;
    }
  }

  /** Makes room for rows that are packed. */
  interface Maker {
    TrainedWeights make(DType activations, Pattern pattern);
  }
}
