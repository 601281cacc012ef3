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
   * Every way in which OpenBLAS and oneDNN compute the product. oneDNN's primitives take part only
   * where they are fair peers.
   */
  static List<Contender> of(GemmProblem problem, int threads) {
    List<Contender> peers = new ArrayList<>();
    if (problem.x.type == DType.F32) {
      peers.add(new OpenBlasGemm(problem, threads));
      peers.add(new OneDnnGemm(problem));
      addFair(peers, new OneDnnMatmul(OneDnnMatmul.PREPACKED, problem, problem.wF32));
      if (problem.w.type != DType.F32) {
        addFair(peers, new OneDnnMatmul(OneDnnMatmul.DECOMPRESSING, problem, problem.w));
      }
    } else {
      addFair(peers, new OneDnnMatmul(OneDnnMatmul.PLAIN, problem, problem.w));
      addFair(peers, new OneDnnMatmul(OneDnnMatmul.PREPACKED, problem, problem.w));
    }
    return peers;
  }

  private static void addFair(List<Contender> peers, OneDnnMatmul matmul) {
    if (matmul.fair()) {
      peers.add(matmul);
    } else {
      matmul.close();
    }
  }
}
