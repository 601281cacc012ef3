/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpTest {
  @ParameterizedTest
  @CsvSource({
    "gemm/f32/2:4/batch-major/48x80/n1, openblas onednn nm4j read",
    "gemm/f32/1:16/feature-major/48x80/n5, openblas onednn nm4j",
    "gemm/bf16/2:4/batch-major/48x80/n5, nm4j",
    "gemm/s8/2:4/batch-major/48x80/n5, nm4j",
    "gemm/s8-s8/1:4/batch-major/48x80/n1, nm4j read",
    "gemm/w-bf16/2:4/batch-major/48x80/n5, openblas onednn nm4j",
    "gemm/w-s8/4:8/batch-major/48x80/n1, openblas onednn nm4j read",
    "peak/f32/2:4/batch-major/48x80/n7, openblas onednn nm4j",
    "dx/f32/2:4/batch-major/48x80/n5, openblas onednn nm4j",
    "conv/f32/2:4/nhwc/3x3-8-16@6s1/n2, onednn-blocked onednn-nhwc onednn-nchw nm4j",
    "conv/f32/2:4/nchw/1x1-16-8@7s2/n1, onednn-blocked onednn-nhwc onednn-nchw nm4j",
    "conv/w-bf16/2:4/nhwc/3x3-8-16@6s1/n2, onednn-blocked onednn-nhwc onednn-nchw nm4j",
    "conv/w-s8/2:4/nchw/3x3-16-8@7s2/n1, onednn-blocked onednn-nhwc onednn-nchw nm4j",
    "epilogue/f32/2:4/batch-major/48x80/n5, nm4j bias-gelu residual",
    "crossover/f32/2:4/batch-major/48x80/n5, openblas onednn nm4j lane-panel row-stream",
    "prune_pack/f32/1:4/row-major/48x90/n1, nm4j copy",
    "mask/f32/4:8/row-major/48x90/n1, nm4j copy",
    "mask_transposable/f32/2:4/row-major/48x90/n1, nm4j copy",
    "mask_transposable/f32/4:8/row-major/48x90/n1, nm4j copy",
    "mask_vnm/f32/2:8/row-major/130x90/n1, nm4j copy",
    "srste_step/f32/2:4/row-major/48x96/n1, pytorch-sgd pytorch-tensor-ops nm4j copy",
    "linear_step/f32/2:4/batch-major/48x80/n5, pytorch nm4j onednn-dw",
    "call/f32/2:4/batch-major/16x16/n1, nm4j native-call empty-call"
  })
  void opensAndVerifiesItsCases(String name, String contenders) {
    BenchmarkCase spec = BenchmarkCase.parse(name);
    try (Work work = spec.op().open(spec, 1)) {
      work.check().run();
      List<String> names = work.contenders().stream().map(Contender::name).toList();
      assertTrue(names.containsAll(List.of(contenders.split(" "))), names.toString());
      assertEquals(names.size(), new HashSet<>(names).size());
      assertEquals(1, work.contenders().stream().filter(c -> c.role() == Role.NM4J).count());
      assertFalse(work.kernel().isEmpty());
      work.contenders().forEach(Contender::run);
    }
  }

  @Test
  void casesOfAGpuSayWhatIsMissing() {
    BenchmarkCase spec = BenchmarkCase.parse("cuda-gemm/bf16/2:4/batch-major/64x64/n16");
    var failure = assertThrows(IllegalStateException.class, () -> spec.op().open(spec, 1));
    assertTrue(failure.getMessage().startsWith(spec + " needs a GPU: "), failure.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> BenchmarkCase.parse("cuda-gemm/w-s8/2:4/batch-major/64x64/n16"));
    assertThrows( // TF32 is 1:2
        IllegalArgumentException.class,
        () -> BenchmarkCase.parse("cuda-gemm/f32/2:4/batch-major/64x64/n16"));
  }

  @Test
  void aWrongResultIsReported() {
    BenchmarkCase spec = BenchmarkCase.parse("epilogue/f32/2:4/batch-major/48x80/n5");
    GemmProblem problem = GemmProblem.forward(spec);
    Contender nothing =
        new Contender() {
          @Override
          public String name() {
            return "nothing";
          }

          @Override
          public void run() {}
        };
    var failure =
        assertThrows(IllegalStateException.class, () -> new ProductCheck(problem).product(nothing));
    assertTrue(failure.getMessage().contains("nothing computes NaN"), failure.getMessage());
  }

  @Test
  void namesAreUnique() {
    assertEquals(Op.ALL.size(), Op.ALL.stream().map(Op::name).distinct().count());
  }
}
