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

class PeerEnvironmentTest {
  @Test
  void setsTheThreadsOfOneDnn() {
    List<String> command = PeerEnvironment.command("2", null);
    assertEquals("env", command.get(0));
    assertTrue(command.contains("OMP_NUM_THREADS=2"), command.toString());
  }

  @Test
  void limitsThePeersOnlyWhenNm4jIsLimitedToAvx2() {
    List<String> limits = List.of("ONEDNN_MAX_CPU_ISA=AVX2", "OPENBLAS_CORETYPE=Haswell");
    assertTrue(PeerEnvironment.command("1", "avx2").containsAll(limits));
    for (String isa : new String[] {null, "avx512", "scalar"}) {
      limits.forEach(limit -> assertFalse(PeerEnvironment.command("1", isa).contains(limit), isa));
    }
  }
}
