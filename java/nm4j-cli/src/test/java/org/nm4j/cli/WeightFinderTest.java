/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightFinderTest {
  @Test
  void theReductionDimensionFollowsSideAndTransposition() {
    TinyModel tiny =
        new TinyModel()
            .weight("right", 3, 2)
            .weight("left", 3, 2)
            .weight("gemmB", 3, 2)
            .weight("gemmBt", 3, 2)
            .weight("gemmA", 3, 2)
            .weight("gemmAt", 3, 2)
            .node("MatMul", "1", List.of("x", "right"), "y1")
            .node("MatMul", "2", List.of("left", "x"), "y2")
            .gemm("3", List.of("x", "gemmB"), "y3")
            .gemm("4", List.of("x", "gemmBt"), "y4", "transB")
            .gemm("5", List.of("gemmA", "x"), "y5", "transB")
            .gemm("6", List.of("gemmAt", "x"), "y6", "transA");
    assertEquals(
        List.of(
            new Weight("right", List.of("1"), 2, 3, 0),
            new Weight("left", List.of("2"), 3, 2, 1),
            new Weight("gemmB", List.of("3"), 2, 3, 0),
            new Weight("gemmBt", List.of("4"), 3, 2, 1),
            new Weight("gemmA", List.of("5"), 3, 2, 1),
            new Weight("gemmAt", List.of("6"), 2, 3, 0)),
        finder(tiny).weights());
  }

  @Test
  void aWeightOfSeveralNodesIsOneWeight() {
    TinyModel tiny =
        new TinyModel()
            .weight("w", 4, 4)
            .node("MatMul", "a", List.of("x", "w"), "h")
            .node("MatMul", "b", List.of("h", "w"), "y");
    assertEquals(List.of(new Weight("w", List.of("a", "b"), 4, 4, 0)), finder(tiny).weights());
  }

  @Test
  void aNodeWithoutANameIsCalledByItsOutput() {
    TinyModel tiny = new TinyModel().weight("w", 4, 4).node("MatMul", "", List.of("x", "w"), "y");
    assertEquals(List.of("y"), finder(tiny).weights().get(0).nodes());
  }

  @Test
  void weightsThatOthersDependOnAreSkipped() {
    TinyModel tiny =
        new TinyModel()
            .weight("tied", 4, 4)
            .node("Gather", "embed", List.of("tied", "ids"), "e")
            .node("MatMul", "head", List.of("x", "tied"), "y1")
            .weight("both", 4, 4)
            .node("MatMul", "r", List.of("x", "both"), "y2")
            .node("MatMul", "l", List.of("both", "x"), "y3")
            .weight("cube", 2, 4, 4)
            .node("MatMul", "batched", List.of("x", "cube"), "y4")
            .weight("out", 4, 4)
            .node("MatMul", "o", List.of("x", "out"), "y5");
    tiny.graph.addOutput(ValueInfoProto.newBuilder().setName("out"));
    WeightFinder finder = finder(tiny);
    assertEquals(List.of(), finder.weights());
    String twice = "summed over different dimensions by different nodes";
    assertEquals(
        List.of(
            new Skipped("MatMul", "head", "tied", "also read by Gather embed"),
            new Skipped("MatMul", "r", "both", twice),
            new Skipped("MatMul", "l", "both", twice),
            new Skipped("MatMul", "batched", "cube", "dimensions [2, 4, 4], not two"),
            new Skipped("MatMul", "o", "out", "also an output of the graph")),
        finder.skipped());
  }

  @Test
  void subgraphsAndWhatTheyReadAreLeftAlone() {
    GraphProto branch =
        GraphProto.newBuilder()
            .addNode(TinyModel.nodeOf("MatMul", "inner", List.of("x", "w"), "z"))
            .build();
    TinyModel tiny = new TinyModel().weight("w", 4, 4);
    tiny.node("MatMul", "outer", List.of("x", "w"), "y");
    tiny.graph.addNode(
        TinyModel.nodeOf("If", "if", List.of("c"), "z")
            .addAttribute(AttributeProto.newBuilder().setName("then_branch").setG(branch)));
    WeightFinder finder = finder(tiny);
    assertEquals(List.of(), finder.weights());
    assertEquals(
        List.of(
            new Skipped("MatMul", "inner", null, "inside a subgraph"),
            new Skipped("MatMul", "outer", "w", "also read by MatMul inner")),
        finder.skipped());
  }

  @Test
  void productsOfOtherDomainsAreNone() {
    TinyModel tiny = new TinyModel().weight("w", 4, 4);
    tiny.graph.addNode(
        TinyModel.nodeOf("MatMul", "m", List.of("x", "w"), "y").setDomain("com.example"));
    assertEquals(List.of(), finder(tiny).weights());
  }

  private static WeightFinder finder(TinyModel tiny) {
    return new WeightFinder(tiny.graph.build(), null);
  }
}
