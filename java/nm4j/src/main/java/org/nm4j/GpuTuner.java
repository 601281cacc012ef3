/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.ArrayList;
import java.util.List;
import org.nm4j.internal.CudaAlgorithm;
import org.nm4j.internal.CudaProduct;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaWeights;

/** Which of cuSPARSELt's algorithms computes a product fastest. What is found holds by itself. */
final class GpuTuner {
  /** Products in a measurement of one algorithm. */
  private static final int ITERATIONS = 10;

  /** How often each has to give the same bits as the default: some are wrong now and then. */
  private static final int RUNS = 5;

  private GpuTuner() {}

  /** Searches unless products of this kind have an algorithm. */
  static void searchOnce(CudaWeights handle, long weights, CudaQueue queue, CudaProduct product) {
    if (!handle.isKnown(weights, product)) {
      handle.search(weights, queue.stream(), product, ITERATIONS, RUNS);
    }
  }

  /** Searches for the kind of a product, and says what came out. */
  static Tuning tune(
      CudaWeights handle,
      String kernel,
      Layout layout,
      DType activations,
      CudaQueue queue,
      CudaProduct product) {
    CudaAlgorithm found =
        handle.search(queue.use(handle), queue.stream(), product, ITERATIONS, RUNS);
    List<Tuning.Candidate> candidates = new ArrayList<>();
    String standard = kernel + "_config0";
    candidates.add(new Tuning.Candidate(standard, micros(found.defaultMilliseconds()), null));
    String best = name(kernel, found);
    if (!best.equals(standard)) {
      candidates.add(new Tuning.Candidate(best, micros(found.milliseconds()), null));
    }
    if (found.rejected() != 0) {
      candidates.add(
          new Tuning.Candidate(
              kernel + "_others",
              Double.NaN,
              found.rejected()
                  + " of "
                  + found.candidates()
                  + " failed or did not give the bits of the default"));
    }
    return new Tuning(layout, product.batch(), 1, activations, best, candidates);
  }

  private static String name(String kernel, CudaAlgorithm found) {
    return kernel
        + "_config"
        + found.config()
        + (found.splitK() > 1 ? "_splitk" + found.splitK() : "");
  }

  private static double micros(double milliseconds) {
    return 1000 * milliseconds;
  }
}
