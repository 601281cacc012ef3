/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.Compliance;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.KeptShare;
import org.nm4j.Mask;
import org.nm4j.NanPolicy;
import org.nm4j.Pattern;
import org.nm4j.VnmPattern;

/** What the rows of a weight that came so far have shown. */
final class WeightTally {
  private final MaskKind masks;
  private final LayerChoice choice;
  private long rows;
  private long nonZeros;
  private long breaches;
  private long firstRow = -1;
  private long firstColumn = -1;
  private double magnitude;
  private double keptMagnitude;
  private double square;
  private double keptSquare;

  WeightTally(MaskKind masks, LayerChoice choice) {
    this.masks = masks;
    this.choice = choice;
  }

  void add(DenseMatrix some) {
    LayerWeight weight = choice.weight();
    long missing = weight.outputs() - rows;
    boolean last = some.rows() == missing;
    long height = choice.isSparse() ? masks.height(choice.pattern().m()) : 1;
    if (some.rows() > missing
        || some.cols() != weight.cols()
        || some.dtype() != DType.F32
        || !(last || some.rows() % height == 0)) {
      throw new IllegalArgumentException(
          weight.name()
              + ": expected "
              + missing
              + " x "
              + weight.cols()
              + " of F32, or some of these rows, by "
              + height
              + ", got "
              + some);
    }
    int stride = choice.isSparse() ? Math.toIntExact(choice.grouping().stride()) : 1;
    float[] values = some.toArray();
    for (float value : values) {
      nonZeros += value != 0 ? 1 : 0;
    }
    if (choice.isSparse()) {
      for (int position = 0; position < stride; position++) {
        look(part(some, values, stride, position), stride, position);
      }
    }
    rows += some.rows();
  }

  /** The elements of groups that lie a stride apart, side by side: those of one position. */
  private static DenseMatrix part(DenseMatrix w, float[] values, int stride, int position) {
    if (stride == 1) {
      return w;
    }
    float[] part = new float[values.length / stride];
    for (int i = 0; i < part.length; i++) {
      part[i] = values[i * stride + position];
    }
    return DenseMatrix.copyOf(part, w.rows(), w.cols() / stride);
  }

  private void look(DenseMatrix part, int stride, int position) {
    Compliance found = compliance(part);
    if (!found.ok()) {
      long row = (rows + found.firstRow()) * stride + position;
      if (breaches == 0 || row < firstRow) {
        firstRow = row;
        firstColumn = found.firstColumn();
      }
      breaches += found.breaches();
    }
    double abs = 0;
    double sum = 0;
    for (float value : part.toArray()) {
      abs += Math.abs(value);
      sum += (double) value * value;
    }
    KeptShare share = mask(part).keptShare(part);
    magnitude += abs;
    keptMagnitude += share.magnitude() * abs;
    square += sum;
    keptSquare += share.square() * sum;
  }

  private Compliance compliance(DenseMatrix part) {
    Pattern pattern = choice.pattern();
    return switch (masks.type()) {
      case TRANSPOSABLE -> nonZeros(part).checkTransposable(pattern);
      case VNM -> nonZeros(part).checkVnm(vnm());
      default -> Compliance.of(part, pattern);
    };
  }

  private Mask mask(DenseMatrix part) {
    Execution caller = Execution.caller();
    return switch (masks.type()) {
      case TRANSPOSABLE -> Mask.transposable(part, choice.pattern(), NanPolicy.KEEP, caller);
      case VNM -> Mask.vnm(part, vnm(), NanPolicy.KEEP, caller);
      default -> Mask.magnitude(part, choice.pattern(), NanPolicy.KEEP);
    };
  }

  private VnmPattern vnm() {
    return new VnmPattern(masks.v(), choice.pattern().n(), choice.pattern().m());
  }

  private static Mask nonZeros(DenseMatrix w) {
    int cols = Math.toIntExact(w.cols());
    int rowBytes = (cols + 7) / 8;
    byte[] bits = new byte[Math.multiplyExact(Math.toIntExact(w.rows()), rowBytes)];
    float[] values = w.toArray();
    for (int i = 0; i < values.length; i++) {
      if (values[i] != 0) {
        int col = i % cols;
        bits[i / cols * rowBytes + col / 8] |= (byte) (1 << col % 8);
      }
    }
    return Mask.of(bits, w.rows(), w.cols());
  }

  SparsityReport.Line line() {
    LayerWeight weight = choice.weight();
    if (rows != weight.outputs()) {
      throw new IllegalStateException(
          weight.name() + ": expected " + weight.outputs() + " rows, got " + rows);
    }
    double share = (double) nonZeros / weight.weights();
    if (!choice.isSparse()) {
      return new SparsityReport.Line(choice, null, null, share);
    }
    Compliance compliance = new Compliance(choice.pattern(), breaches, firstRow, firstColumn);
    KeptShare kept =
        new KeptShare(
            magnitude == 0 ? 1 : keptMagnitude / magnitude, square == 0 ? 1 : keptSquare / square);
    return new SparsityReport.Line(choice, compliance, kept, share);
  }
}
