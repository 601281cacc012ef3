/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import static org.bytedeco.openblas.global.openblas_full.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.CblasTrans;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemv;
import static org.bytedeco.openblas.global.openblas_full.openblas_get_config;
import static org.bytedeco.openblas.global.openblas_full.openblas_get_num_threads;
import static org.bytedeco.openblas.global.openblas_full.openblas_set_num_threads;

import java.util.List;
import java.util.stream.Stream;

/** The dense peer: the same linear layer, Y = X W^T, on the pruned weights with their zeros. */
final class OpenBlas {
  private OpenBlas() {}

  /** Loads the library and makes it use {@code threads} threads, or as many as it can. */
  static void start(int threads) {
    try {
      openblas_set_num_threads(threads);
    } catch (LinkageError e) {
      throw new Failure("OpenBLAS, which gives the dense products, cannot be loaded: " + e, e);
    }
  }

  static int threads() {
    return openblas_get_num_threads();
  }

  /** Version and build; among the words is the CPU type whose kernels run. */
  static String config() {
    return openblas_get_config().getString().trim();
  }

  /**
   * Variables by which the environment makes OpenBLAS choose other kernels than it would itself.
   */
  static List<String> overrides() {
    return Stream.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
        .filter(name -> System.getenv(name) != null)
        .map(name -> name + "=" + System.getenv(name))
        .toList();
  }

  /** The function that {@link #linear} calls for a batch. */
  static String function(int batch) {
    return batch == 1 ? "sgemv" : "sgemm";
  }

  /**
   * Y = X W^T.
   *
   * @param outIn whether {@code w} is outputs x inputs or its transpose
   * @param x batch x inputs
   * @param y batch x outputs
   */
  static void linear(boolean outIn, Weight shape, Operand x, Operand w, Operand y) {
    int batch = (int) x.matrix().rows();
    int ldw = outIn ? shape.inputs() : shape.outputs();
    if (batch == 1) {
      cblas_sgemv(
          CblasRowMajor,
          outIn ? CblasNoTrans : CblasTrans,
          outIn ? shape.outputs() : shape.inputs(),
          ldw,
          1,
          w.pointer(),
          ldw,
          x.pointer(),
          1,
          0,
          y.pointer(),
          1);
    } else {
      cblas_sgemm(
          CblasRowMajor,
          CblasNoTrans,
          outIn ? CblasTrans : CblasNoTrans,
          batch,
          shape.outputs(),
          shape.inputs(),
          1,
          x.pointer(),
          shape.inputs(),
          w.pointer(),
          ldw,
          0,
          y.pointer(),
          shape.outputs());
    }
  }
}
