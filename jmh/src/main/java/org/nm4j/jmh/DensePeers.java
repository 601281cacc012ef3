/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import org.nm4j.DType;

/** The dense libraries, for the problem's dtype. */
final class DensePeers {
  private DensePeers() {}

  /**
   * Every way in which OpenBLAS and oneDNN compute the product. oneDNN's primitives stand in only
   * where they are optimised for the CPU (or what it is limited to).
   */
  static List<Contender> of(GemmProblem problem, int threads) {
    List<Contender> peers = new ArrayList<>();
    if (problem.x.type == DType.F32) {
      peers.add(new OpenBlasGemm(problem, threads));
      peers.add(new OneDnnGemm(problem));
      addOptimised(peers, new OneDnnMatmul(OneDnnMatmul.PREPACKED, problem, problem.wF32));
      if (problem.w.type != DType.F32) {
        addOptimised(peers, new OneDnnMatmul(OneDnnMatmul.DECOMPRESSING, problem, problem.w));
      }
    } else {
      addOptimised(peers, new OneDnnMatmul(OneDnnMatmul.PLAIN, problem, problem.w));
      addOptimised(peers, new OneDnnMatmul(OneDnnMatmul.PREPACKED, problem, problem.w));
    }
    return peers;
  }

  private static void addOptimised(List<Contender> peers, OneDnnMatmul matmul) {
    if (matmul.optimised()) {
      peers.add(matmul);
    } else {
      matmul.close();
    }
  }
}
