/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nm4j.jmh.Facts.Party;

/** Made-up measurements. */
final class Measurements {
  static final Environment ENVIRONMENT =
      new Environment(
          "2026-11-23", "Some CPU", 2, "Linux 6", "Some VM 17", "avx2", "0.1.0, avx2", "0.3", "3");

  private static final Set<String> FLOORS =
      Set.of(ReadSweep.NAME, CopySweep.NAME, CallOp.NATIVE, CallOp.EMPTY);
  private static final Set<String> VARIANTS =
      Set.of(
          CrossoverOp.LANE_PANEL,
          CrossoverOp.ROW_STREAM,
          EpilogueOp.BIAS_GELU,
          EpilogueOp.RESIDUAL,
          GpuContender.BARE_NAME);

  private Measurements() {}

  /** 64 x 128, feature-major. */
  static Measurement of(int n, Map<String, double[]> nanos) {
    return of("gemm/f32/2:4/feature-major/64x128/n" + n, nanos, 0);
  }

  static Measurement of(String name, Map<String, double[]> nanos, double otherCores) {
    List<Party> parties = new ArrayList<>();
    nanos.keySet().forEach(party -> parties.add(new Party(party, role(party), bytes(party))));
    Facts facts =
        new Facts("f32_some_kernel", "Some CPU", "avx2", "0.1.0, avx2", "0.3", "3", parties);
    return new Measurement(BenchmarkCase.parse(name), 1, nanos, facts, "Haswell", otherCores);
  }

  private static Role role(String party) {
    return party.equals(Nm4jProduct.NAME)
        ? Role.NM4J
        : FLOORS.contains(party)
            ? Role.FLOOR
            : VARIANTS.contains(party) ? Role.VARIANT : Role.DENSE;
  }

  private static long bytes(String party) {
    return switch (party) {
      case Nm4jProduct.NAME -> 1 << 20;
      case ReadSweep.NAME -> ReadSweep.BYTES;
      case CopySweep.NAME -> 4 << 20;
      default -> 0;
    };
  }

  /** The same times in each of three rounds: name, nanoseconds, name, nanoseconds ... */
  static CaseResult result(String name, Object... contenders) {
    Map<String, double[]> nanos = new LinkedHashMap<>();
    for (int i = 0; i < contenders.length; i += 2) {
      double[] times = new double[3];
      Arrays.fill(times, ((Number) contenders[i + 1]).doubleValue());
      nanos.put((String) contenders[i], times);
    }
    return of(name, nanos, 0).result();
  }

  static CaseResult gemm(int n, double nm4j, double openblas, double onednn, double prepacked) {
    return result(
        "gemm/f32/2:4/feature-major/64x128/n" + n,
        "openblas",
        openblas,
        "onednn",
        onednn,
        "onednn-prepacked",
        prepacked,
        "nm4j",
        nm4j);
  }
}
