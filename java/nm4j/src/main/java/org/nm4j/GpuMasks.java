/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;

/** Masks of weights on a GPU. */
final class GpuMasks {
  private GpuMasks() {}

  static Mask magnitude(DenseMatrix w, Pattern pattern, NanPolicy nan, Execution execution) {
    return make(w, nan, execution, magnitudeOf(w, pattern));
  }

  private static Maker magnitudeOf(DenseMatrix w, Pattern pattern) {
    return (stream, weights, bits, findings) ->
        CudaBindings.nm_cuda_mask_magnitude(
            stream,
            w.dtype().code(),
            weights,
            w.rows(),
            w.cols(),
            w.ld(),
            pattern.n(),
            pattern.m(),
            1,
            bits,
            findings);
  }

  static Mask transposable(DenseMatrix w, Pattern pattern, NanPolicy nan, Execution execution) {
    if (!pattern.equals(Pattern.P2_4)) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "a GPU makes transposable masks of 2:4 only, got " + pattern + "; make it on the CPU");
    }
    return make(
        w,
        nan,
        execution,
        (stream, weights, bits, findings) ->
            CudaBindings.nm_cuda_mask_transposable(
                stream, w.dtype().code(), weights, w.rows(), w.cols(), w.ld(), bits, findings));
  }

  static Mask ofScores(DenseMatrix scores, Pattern pattern, NanPolicy nan, Execution execution) {
    return make(
        scores,
        nan,
        execution,
        (stream, numbers, bits, findings) ->
            CudaBindings.nm_cuda_mask_scores(
                stream,
                scores.dtype().code(),
                numbers,
                scores.rows(),
                scores.cols(),
                scores.ld(),
                pattern.n(),
                pattern.m(),
                bits,
                findings));
  }

  static Mask vnm(DenseMatrix w, VnmPattern pattern, NanPolicy nan, Execution execution) {
    return make(
        w,
        nan,
        execution,
        (stream, weights, bits, findings) ->
            CudaBindings.nm_cuda_mask_vnm(
                stream,
                w.dtype().code(),
                weights,
                w.rows(),
                w.cols(),
                w.ld(),
                pattern.v(),
                pattern.n(),
                pattern.m(),
                bits,
                findings));
  }

  static Mask random(Device device, long rows, long cols, Pattern pattern, long seed) {
    Mask mask = Mask.blank(device, rows, cols);
    try (CudaQueue queue = new CudaQueue(Execution.caller(), device)) {
      CudaStatus.check(
          CudaBindings.nm_cuda_mask_random(
              queue.stream(),
              rows,
              cols,
              pattern.n(),
              pattern.m(),
              seed,
              0,
              queue.use("mask", mask.matrix())));
      queue.finish();
    }
    return mask;
  }

  /** Looks for NaN; {@code scratch} receives some mask. */
  static void requireNoNan(DenseMatrix w, Pattern pattern, Mask scratch, Execution execution) {
    fill(scratch, w, NanPolicy.REJECT, execution, magnitudeOf(w, pattern));
  }

  /** Of weights that obey the pattern, the largest are the non-zeros; ties keep the lowest. */
  static Mask nonZeros(DenseMatrix w, Pattern pattern, NanPolicy nan, Execution execution) {
    requireObeys("w", check(w, pattern, execution));
    return magnitude(w, pattern, nan, execution);
  }

  static void requireObeys(String name, Compliance compliance) {
    if (!compliance.ok()) {
      throw new Nm4jException(
          ErrorCode.PATTERN_BREACH,
          "%s: expected at most %s, got more in %d group(s), the first at row %d, column %d"
              .formatted(
                  name,
                  compliance.pattern(),
                  compliance.breaches(),
                  compliance.firstRow(),
                  compliance.firstColumn()));
    }
  }

  static Compliance check(DenseMatrix w, Pattern pattern, Execution execution) {
    try (CudaQueue queue = new CudaQueue(execution, w.device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_check(
              queue.stream(),
              w.dtype().code(),
              queue.use("w", w),
              w.rows(),
              w.cols(),
              w.ld(),
              pattern.n(),
              pattern.m(),
              queue.findings()));
      return Compliance.of(pattern, queue.found(), w.cols());
    }
  }

  static Compliance check(Mask mask, Pattern pattern, Execution execution) {
    return check(
        mask,
        pattern,
        execution,
        (stream, bits, findings) ->
            CudaBindings.nm_cuda_check_mask(
                stream, bits, mask.rows(), mask.cols(), pattern.n(), pattern.m(), findings));
  }

  static Compliance checkTransposable(Mask mask, Pattern pattern) {
    return check(
        mask,
        pattern,
        Execution.caller(),
        (stream, bits, findings) ->
            CudaBindings.nm_cuda_check_transposable(
                stream, bits, mask.rows(), mask.cols(), pattern.n(), pattern.m(), findings));
  }

  static Compliance checkVnm(Mask mask, VnmPattern p) {
    return check(
        mask,
        p.rows(),
        Execution.caller(),
        (stream, bits, findings) ->
            CudaBindings.nm_cuda_check_vnm(
                stream, bits, mask.rows(), mask.cols(), p.v(), p.n(), p.m(), findings));
  }

  private static Compliance check(
      Mask mask, Pattern pattern, Execution execution, Checker checker) {
    try (CudaQueue queue = new CudaQueue(execution, mask.device())) {
      long bits = queue.use("mask", mask.matrix(execution));
      CudaStatus.check(checker.check(queue.stream(), bits, queue.findings()));
      return Compliance.of(pattern, queue.found(), mask.cols());
    }
  }

  static long distance(Mask a, Mask b) {
    Execution caller = Execution.caller();
    try (CudaQueue queue = new CudaQueue(caller, a.device())) {
      CudaStatus.check(
          CudaBindings.nm4j_cuda_mask_distance(
              queue.stream(),
              queue.use("mask", a.matrix(caller)),
              queue.use("other", b.matrix(caller)),
              a.rows(),
              a.cols(),
              queue.findings()));
      return queue.found().count();
    }
  }

  /** out = w where the bits keep it, or everywhere for null; +0.0 elsewhere. */
  static void apply(DenseMatrix w, DenseMatrix bits, DenseMatrix out, Execution execution) {
    Device device = bits == null ? out.device() : bits.device();
    try (CudaQueue queue = new CudaQueue(execution, device)) {
      CudaStatus.check(
          CudaBindings.nm_cuda_cast(
              queue.stream(),
              w.dtype().code(),
              queue.use("w", w),
              w.ld(),
              out.dtype().code(),
              queue.use("out", out),
              out.ld(),
              w.rows(),
              w.cols(),
              queue.use("mask", bits),
              1));
      queue.finish();
    }
  }

  /** Weights in fp32. */
  static DenseMatrix widened(DenseMatrix w, Device device) {
    DenseMatrix wide = DenseMatrix.allocate(device, DType.F32, w.rows(), w.cols());
    apply(w, null, wide, Execution.caller());
    return wide;
  }

  private static Mask make(DenseMatrix w, NanPolicy nan, Execution execution, Maker maker) {
    Mask mask = Mask.blank(w.device(), w.rows(), w.cols());
    fill(mask, w, nan, execution, maker);
    return mask;
  }

  private static void fill(
      Mask mask, DenseMatrix w, NanPolicy nan, Execution execution, Maker maker) {
    try (CudaQueue queue = new CudaQueue(execution, w.device())) {
      boolean reject = Objects.requireNonNull(nan, "nan") == NanPolicy.REJECT;
      CudaStatus.check(
          maker.make(
              queue.stream(),
              queue.use("w", w),
              queue.use("mask", mask.matrix()),
              reject ? queue.findings() : 0));
      if (reject) {
        queue.requireNone("w", "NaN", w.cols()); // waits
      } else if (execution.stream() != null) {
        mask.madeBy(execution.stream());
      }
      queue.finish();
    }
  }

  private interface Checker {
    int check(long stream, long mask, long findings);
  }

  private interface Maker {
    int make(long stream, long weights, long bits, long findings);
  }
}
