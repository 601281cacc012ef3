/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.List;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.Status;

/**
 * The library as a whole.
 *
 * <pre>{@code
 * System.out.println(Nm4j.info());
 * }</pre>
 *
 * <p>Nothing is loaded before it is needed. System properties, read at that moment:
 *
 * <ul>
 *   <li>{@code nm4j.library.path}: the native library's file, or its directory, to use instead of
 *       the one in the classifier jar.
 *   <li>{@code nm4j.cuda.library.path} and {@code nm4j.cuda.jni.path}: the same for the two files
 *       of the CUDA backend, which nothing loads before a GPU is asked for. The environment
 *       variables {@code NM4J_CUSPARSELT} and {@code NM4J_CUBLAS} name NVIDIA's libraries.
 *   <li>{@code nm4j.isa}: {@code scalar}, {@code avx2}, {@code avx512}, {@code avx512vnni}, {@code
 *       avx512bf16} or {@code amx}, the best instruction set to use; what the CPU lacks is never
 *       used. The environment variable {@code NM4J_ISA} does the same; the lower of both holds.
 *   <li>{@code nm4j.spin.micros}: for how long idle threads of {@link Execution#parallel()} poll
 *       for the next product before they sleep.
 *   <li>{@code org.bytedeco.javacpp.cachedir}: where the native library is unpacked.
 * </ul>
 */
public final class Nm4j {
  /** What readers of results have to know. */
  private static final String NO_CARD = "this version was never run on a card";

  private Nm4j() {}

  /**
   * Says what is in use and why.
   *
   * @return version, platform, native library, CPU and instruction set
   * @throws Nm4jException {@link ErrorCode#LIBRARY} when the native library cannot be loaded; the
   *     message lists what was tried
   * @throws IllegalArgumentException when {@code nm4j.isa} or {@code NM4J_ISA} is not an
   *     instruction set
   */
  public static Info info() {
    Loader.load();
    int[] isa = new int[1];
    Status.check(Bindings.nm_isa_active(isa));
    return new Info(
        Loader.version(),
        Loader.platform(),
        Loader.file().toString(),
        Bindings.nm_cpu_name(),
        List.of(Bindings.nm_cpu_features().split(" ")),
        Loader.isaName(isa[0]),
        Bindings.nm_isa_reason(),
        List.of("cpu: ready", "cuda: see Nm4j.cuda(); " + NO_CARD));
  }

  /**
   * Looks for GPUs, which loads nm4j's CUDA library, cuSPARSELt and cuBLAS if they are there.
   *
   * @return what was found and, for all that is missing, why; nothing that is missing throws
   */
  public static CudaInfo cuda() {
    return CudaInfo.look();
  }
}
