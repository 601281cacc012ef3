/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * Dense products, for what no mask makes sparse: nm4j has none of its own and takes a library's.
 *
 * <pre>{@code
 * Gemm dense = Gemm.openBlas();                 // with org.bytedeco:openblas
 * DenseMatrix dy = DenseMatrix.allocate(32, 768);
 * DenseMatrix x = DenseMatrix.allocate(32, 3072);
 * DenseMatrix dw = DenseMatrix.allocate(768, 3072);
 * dense.multiply(true, false, dy, x, 0, dw, Execution.caller());   // dW = dY^T X
 * }</pre>
 *
 * <p>Matrices of one product are on one device. On a GPU, work is queued on the stream of the
 * execution; without one, the call returns when it is done.
 *
 * <p>Implementations are safe for use by many threads.
 */
@FunctionalInterface
public interface Gemm {
  /**
   * C = op(A) op(B) + beta C.
   *
   * @param transposeA whether op(A) is A<sup>T</sup>
   * @param transposeB whether op(B) is B<sup>T</sup>
   * @param a fp32; on a GPU, where activations are BF16 or F16, of that type
   * @param b of the type of {@code a}
   * @param beta 0 for C = op(A) op(B), whatever C holds
   * @param c fp32, or of the type of {@code a}; writable, not overlapping the others
   * @param execution where to compute; libraries with threads of their own may not look at it
   * @throws IllegalArgumentException when shapes or types do not fit
   */
  void multiply(
      boolean transposeA,
      boolean transposeB,
      DenseMatrix a,
      DenseMatrix b,
      float beta,
      DenseMatrix c,
      Execution execution);

  /**
   * OpenBLAS by its JavaCPP preset, {@code org.bytedeco:openblas} with its classifier jar. Set to
   * one thread it computes parts of C on the execution's threads, otherwise on its own.
   *
   * @return the products
   * @throws Nm4jException {@link ErrorCode#LIBRARY} when it cannot be loaded
   */
  static Gemm openBlas() {
    return OpenBlasGemm.load();
  }

  /**
   * NVIDIA's cuBLAS, 11.0 or newer, for matrices on a GPU: F32 (multiplied as such, not as TF32),
   * BF16 and F16, with sums in fp32.
   *
   * @return the products
   * @throws Nm4jException {@link ErrorCode#UNAVAILABLE} when there is no GPU or no cuBLAS, see
   *     {@link Device#denseProducts}
   */
  static Gemm cuBlas() {
    return CuBlasGemm.load();
  }
}
