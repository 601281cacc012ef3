/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.BufferMemory;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaLoader;
import org.nm4j.internal.CudaStatus;

/**
 * What searches for cuSPARSELt's algorithms have found, for all products of this process, and for
 * the next process: a search takes longer than many products.
 *
 * <pre>{@code
 * Device gpu = Device.cuda(0);
 * if (gpu.sparseProducts().isAvailable()) {
 *   DenseMatrix weights = DenseMatrix.allocate(64, 128).to(gpu); // fill them
 *   DenseMatrix x = DenseMatrix.allocate(gpu, DType.BF16, 16, 128);
 *   DenseMatrix y = DenseMatrix.allocate(gpu, DType.BF16, 16, 64);
 *   try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.P2_4, DType.BF16)) {
 *     w.linear(x, y, Epilogue.NONE, Execution.caller().tuned()); // searches, then multiplies
 *   }
 *   String text = CudaAlgorithms.save(); // to a file
 *   long used = CudaAlgorithms.load(text); // in the next process
 * }
 * }</pre>
 *
 * <p>A search tries all that cuSPARSELt has, takes only what gives the same bits as the default in
 * each of several runs (some algorithms are wrong now and then), and keeps the fastest. What it
 * finds holds for products of the same shape, types, layouts, kind of epilogue and alignment, on
 * the same model of GPU with the same version of cuSPARSELt; without it, the default is used. Safe
 * for use by many threads.
 */
public final class CudaAlgorithms {
  private CudaAlgorithms() {}

  /**
   * All that was found or loaded.
   *
   * @return text, one line for each kind of product; "" if there is none
   * @throws Nm4jException {@link ErrorCode#LIBRARY}
   */
  public static String save() {
    CudaLoader.load();
    long[] size = new long[1];
    CudaStatus.check(CudaBindings.nm4j_cuda_algorithms_export(0, 0, size));
    while (true) {
      ByteBuffer text = BufferMemory.bytes(size[0]);
      long capacity = size[0];
      int status = CudaBindings.nm4j_cuda_algorithms_export(Bindings.address(text), capacity, size);
      if (size[0] <= capacity) { // else another thread has found more meanwhile
        CudaStatus.check(status);
        byte[] bytes = new byte[(int) size[0] - 1]; // without the final 0
        text.get(0, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
      }
    }
  }

  /**
   * Takes over what {@link #save} gave, beside what is there; of the same kind of product, in its
   * place. Lines of other GPUs and versions are kept for the next {@link #save}, but not used.
   *
   * @param text such a text; empty lines do not count
   * @return how many lines are for the GPUs and the cuSPARSELt of this process
   * @throws IllegalArgumentException when a line cannot be read; then nothing has changed
   * @throws Nm4jException {@link ErrorCode#LIBRARY}
   */
  public static long load(String text) {
    Objects.requireNonNull(text, "text");
    CudaLoader.load();
    long[] used = new long[1];
    CudaStatus.check(CudaBindings.nm_cuda_algorithms_import(text, used));
    return used[0];
  }

  /**
   * Forgets everything: products use the default.
   *
   * @throws Nm4jException {@link ErrorCode#LIBRARY}
   */
  public static void clear() {
    CudaLoader.load();
    CudaStatus.check(CudaBindings.nm_cuda_algorithms_clear());
  }
}
