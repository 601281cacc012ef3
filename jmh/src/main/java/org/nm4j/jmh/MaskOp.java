/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import org.nm4j.Compliance;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Mask;
import org.nm4j.NanPolicy;
import org.nm4j.Pattern;
import org.nm4j.VnmPattern;

/** From dense weights to a mask. */
final class MaskOp extends WeightsOp {
  /** Which mask. */
  enum Kind {
    /** The largest of each group. */
    MAGNITUDE("mask", Suite.PATTERNS) {
      @Override
      Mask make(DenseMatrix w, Pattern pattern, Execution execution) {
        return Mask.magnitude(w, pattern, NanPolicy.REJECT, execution);
      }

      @Override
      Compliance check(Mask mask, Pattern pattern) {
        return mask.check(pattern);
      }
    },
    /** N of M in rows and columns. */
    TRANSPOSABLE("mask_transposable", List.of(Pattern.P2_4, Pattern.P4_8)) {
      @Override
      Mask make(DenseMatrix w, Pattern pattern, Execution execution) {
        return Mask.transposable(w, pattern, NanPolicy.REJECT, execution);
      }

      @Override
      Compliance check(Mask mask, Pattern pattern) {
        return mask.checkTransposable(pattern);
      }
    },
    /** 64:N:M. */
    VNM("mask_vnm", List.of(Pattern.P2_8, Pattern.of(2, 16))) {
      @Override
      Mask make(DenseMatrix w, Pattern pattern, Execution execution) {
        return Mask.vnm(w, vnm(pattern), NanPolicy.REJECT, execution);
      }

      @Override
      Compliance check(Mask mask, Pattern pattern) {
        return mask.checkVnm(vnm(pattern));
      }
    };

    private final String op;
    private final List<Pattern> patterns;

    Kind(String op, List<Pattern> patterns) {
      this.op = op;
      this.patterns = patterns;
    }

    abstract Mask make(DenseMatrix w, Pattern pattern, Execution execution);

    abstract Compliance check(Mask mask, Pattern pattern);

    private static VnmPattern vnm(Pattern pattern) {
      return new VnmPattern(64, pattern.n(), pattern.m());
    }
  }

  private final Kind kind;

  MaskOp(Kind kind) {
    super(kind.op, kind.patterns);
    this.kind = kind;
  }

  @Override
  public boolean threaded() {
    return true;
  }

  @Override
  Contender nm4j(DenseMatrix w, Pattern pattern, int threads) {
    Execution execution = Execution.parallel(threads);
    long maskBytes = kind.make(w, pattern, execution).bits().capacity();
    return new Nm4jWork(
        w.rows() * w.cols() * Float.BYTES + maskBytes, () -> kind.make(w, pattern, execution));
  }

  @Override
  void verify(BenchmarkCase spec, Operand w) {
    Mask mask = kind.make(w.matrix, spec.pattern(), Execution.caller());
    if (kind == Kind.MAGNITUDE) {
      DenseMatrix pruned = DenseMatrix.allocate(w.rows, w.cols);
      mask.apply(w.matrix, pruned);
      PruningCheck.verify(spec.toString(), w, pruned, spec.pattern());
      return;
    }
    Compliance compliance = kind.check(mask, spec.pattern());
    if (!compliance.ok()) {
      throw new IllegalStateException(spec + ": " + compliance);
    }
    double share = mask.keptShare(w.matrix).magnitude();
    double most = Mask.magnitude(w.matrix, spec.pattern()).keptShare(w.matrix).magnitude();
    if (!(share > spec.pattern().density() && share <= most)) {
      throw new IllegalStateException(spec + ": keeps " + share + " of the magnitudes");
    }
  }
}
