/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.nm4j.Info;
import org.nm4j.Nm4j;

/**
 * What a forked JVM knows about its measurement besides the times.
 *
 * @param kernel nm4j's kernel
 * @param packedBytes bytes of nm4j's packed weights
 * @param cpu the CPU's name
 * @param nm4j version and instruction set of nm4j, and why that one
 * @param openblas version and threads of OpenBLAS
 * @param onednn version and instruction set of oneDNN
 */
record Facts(
    String kernel, long packedBytes, String cpu, String nm4j, String openblas, String onednn) {

  static Facts of(Nm4jGemm gemm) {
    Info info = Nm4j.info();
    return new Facts(
        gemm.kernel(),
        gemm.bytes(),
        info.cpu(),
        info.version() + ", " + info.isaReason(),
        openblas_nolapack.OPENBLAS_VERSION.trim().replace("OpenBLAS ", "")
            + ", threads "
            + openblas_nolapack.blas_get_num_threads(),
        oneDnnVersion() + ", " + oneDnnIsa());
  }

  private static String oneDnnVersion() {
    dnnl_version_t version = dnnl.dnnl_version();
    return version.major() + "." + version.minor() + "." + version.patch();
  }

  /** The name of the constant that oneDNN answers, such as {@code avx512_core_bf16}. */
  private static String oneDnnIsa() {
    String prefix = "dnnl_cpu_isa_";
    int isa = dnnl.dnnl_get_effective_cpu_isa();
    for (var field : dnnl.class.getFields()) {
      try {
        if (field.getName().startsWith(prefix) && field.getInt(null) == isa) {
          return field.getName().substring(prefix.length());
        }
      } catch (IllegalAccessException e) {
        throw new AssertionError("public fields are accessible", e);
      }
    }
    return "ISA 0x" + Integer.toHexString(isa);
  }
}
