/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeerEnvironmentTest {
  @Test
  void setsTheThreadsOfOneDnn() {
    List<String> command = PeerEnvironment.command("2", null);
    assertEquals("env", command.get(0));
    assertTrue(command.contains("OMP_NUM_THREADS=2"), command.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "avx2, AVX2, Haswell",
    "avx512, AVX512_CORE, SkylakeX",
    "avx512vnni, AVX512_CORE_VNNI, SkylakeX",
    "avx512bf16, AVX512_CORE_BF16, Cooperlake",
    "amx, AVX10_1_512_AMX, SapphireRapids"
  })
  void thePeersAreLimitedAsNm4jIs(String isa, String oneDnn, String openBlas) {
    List<String> command = PeerEnvironment.command("1", isa);
    assertTrue(
        command.containsAll(
            List.of("ONEDNN_MAX_CPU_ISA=" + oneDnn, "OPENBLAS_CORETYPE=" + openBlas)),
        command.toString());
  }

  @Test
  void withoutALimitThePeersHaveNone() {
    for (String isa : new String[] {null, "scalar"}) {
      String command = PeerEnvironment.command("1", isa).toString();
      assertFalse(command.contains("ONEDNN_MAX_CPU_ISA"), command);
      assertFalse(command.contains("OPENBLAS_CORETYPE"), command);
    }
  }
}
