/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The system property nm4j.isa and the environment variable NM4J_ISA, each in a JVM of its own. */
class IsaTest {
  private static final List<String> NAMES =
      List.of("scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx");

  /** Prints the instruction set, the kernels and a product. */
  static final class Program {
    public static void main(String[] args) {
      for (int attempt = 1; attempt <= 2; attempt++) {
        try {
          Info info = Nm4j.info();
          System.out.println("isa " + info.isa() + ", because " + info.isaReason());
          DenseMatrix w = DenseMatrix.copyOf(new float[] {1, 0, 0, 2}, 1, 4);
          try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4)) {
            System.out.println("kernel " + matrix.kernel(Layout.BATCH_MAJOR, 1));
            System.out.println("kernel " + matrix.kernel(Layout.FEATURE_MAJOR, 500));
            System.out.println("product " + matrix.linear(new float[] {1, 10, 100, 1000}, 1)[0]);
          }
        } catch (IllegalArgumentException e) {
          System.out.println(attempt + ". " + e);
        }
      }
    }
  }

  /** The instruction set of fp32 kernels: what follows AVX-512 is for other types. */
  private static String f32Isa(String isa) {
    return NAMES.indexOf(isa) < NAMES.indexOf("avx512") ? isa : "avx512";
  }

  private static void assumeAvailable(String isa) {
    String best = Nm4j.info().isa();
    Assumptions.assumeTrue(
        NAMES.indexOf(isa) <= NAMES.indexOf(best), "this CPU has no " + isa + ", only " + best);
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx"})
  void thePropertyLimits(String isa) throws Exception {
    assumeAvailable(isa);
    new Jvm()
        .options("-Dnm4j.isa=" + isa)
        .run(Program.class)
        .succeeded()
        .printed("isa " + isa + ",", "_" + f32Isa(isa) + "\n", "product 2001.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx"})
  void theEnvironmentLimits(String isa) throws Exception {
    assumeAvailable(isa);
    new Jvm()
        .environment("NM4J_ISA", isa)
        .run(Program.class)
        .succeeded()
        .printed("isa " + isa + ",", "_" + f32Isa(isa) + "\n", "product 2001.0");
  }

  @ParameterizedTest
  @CsvSource({"scalar,avx2", "avx2,scalar", "scalar,avx512", "avx512,scalar"})
  void theLowerOfBothHolds(String property, String environment) throws Exception {
    new Jvm()
        .options("-Dnm4j.isa=" + property)
        .environment("NM4J_ISA", environment)
        .run(Program.class)
        .succeeded()
        .printed("isa scalar,", "_scalar\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "AVX2", "avx", "sse4.2", "avx512 ", "neon"})
  void otherPropertiesAreRefusedWithTheLegalValues(String isa) throws Exception {
    new Jvm()
        .options("-Dnm4j.isa=" + isa)
        .run(Program.class)
        .succeeded()
        .printed(
            "1. java.lang.IllegalArgumentException: system property nm4j.isa must be one of"
                + " [scalar, avx2, avx512, avx512vnni, avx512bf16, amx], got \""
                + isa
                + "\"",
            "2. java.lang.IllegalArgumentException: system property nm4j.isa");
  }

  @Test
  void anotherEnvironmentIsRefusedWithTheLegalValues() throws Exception {
    new Jvm()
        .environment("NM4J_ISA", "turbo")
        .run(Program.class)
        .succeeded()
        .printed(
            "1. java.lang.IllegalArgumentException: ",
            "2. java.lang.IllegalArgumentException: ",
            "NM4J_ISA",
            "scalar",
            "avx512",
            "turbo");
  }
}
