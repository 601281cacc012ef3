/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.nm4j.Info;
import org.nm4j.Nm4j;

/**
 * What a forked JVM knows about its measurement besides the times.
 *
 * @param kernel nm4j's kernel
 * @param cpu the CPU's name
 * @param isa instruction set that nm4j uses
 * @param nm4j version and instruction set of nm4j, and why that one
 * @param openblas version and threads of OpenBLAS
 * @param onednn version and instruction set of oneDNN
 * @param parties the contenders
 */
record Facts(
    String kernel,
    String cpu,
    String isa,
    String nm4j,
    String openblas,
    String onednn,
    List<Party> parties) {

  /** What is known about a contender, see {@link Contender}. */
  record Party(String name, Role role, long bytes) {}

  static Facts of(Work work) {
    Info info = Nm4j.info();
    return new Facts(
        work.kernel(),
        info.cpu(),
        info.isa(),
        info.version() + ", " + info.isaReason(),
        openblas_nolapack.OPENBLAS_VERSION.trim().replace("OpenBLAS ", "")
            + ", threads "
            + openblas_nolapack.blas_get_num_threads(),
        oneDnnVersion() + ", " + oneDnnIsa(),
        work.contenders().stream().map(c -> new Party(c.name(), c.role(), c.bytes())).toList());
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
