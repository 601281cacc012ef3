/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds the weights of a graph that can be pruned: two-dimensional FLOAT initialisers that MatMul
 * and Gemm nodes multiply with, always along the same dimension, and that nothing else reads.
 */
final class WeightFinder {
  private static final Set<String> DEFAULT_DOMAINS = Set.of("", "ai.onnx");

  private final Pattern exclude;
  private final Map<String, TensorProto> initializers = new HashMap<>();
  private final Map<String, String> producers = new HashMap<>();
  private final Set<String> graphOutputs = new HashSet<>();

  /** By weight: the products that read it, and the first reader that is no such product. */
  private final Map<String, List<Product>> products = new LinkedHashMap<>();

  private final Map<String, String> otherReaders = new HashMap<>();

  private final List<Weight> weights = new ArrayList<>();
  private final List<Skipped> skipped = new ArrayList<>();

  private record Product(String operator, String node, int reductionDim) {}

  /**
   * Looks at all nodes.
   *
   * @param exclude weights or nodes to leave alone, null for none
   */
  WeightFinder(GraphProto graph, Pattern exclude) {
    this.exclude = exclude;
    for (TensorProto tensor : graph.getInitializerList()) {
      initializers.put(tensor.getName(), tensor);
    }
    for (NodeProto node : graph.getNodeList()) {
      node.getOutputList().forEach(output -> producers.put(output, node.getOpType()));
    }
    for (ValueInfoProto output : graph.getOutputList()) {
      graphOutputs.add(output.getName());
    }
    graph.getNodeList().forEach(this::visit);
    products.forEach(this::decide);
  }

  List<Weight> weights() {
    return weights;
  }

  List<Skipped> skipped() {
    return skipped;
  }

  private void visit(NodeProto node) {
    int weightInput = isProduct(node) ? weightInput(node) : -1;
    for (int i = 0; i < node.getInputCount(); i++) {
      String input = node.getInput(i);
      if (i == weightInput) {
        products
            .computeIfAbsent(input, key -> new ArrayList<>())
            .add(new Product(node.getOpType(), name(node), reductionDim(node, i)));
      } else {
        otherReaders.putIfAbsent(input, describe(node));
      }
    }
    if (isProduct(node) && weightInput < 0) {
      String inputs =
          node.getInputList().stream()
              .limit(2)
              .map(input -> producers.getOrDefault(input, "a graph input"))
              .collect(Collectors.joining(" and "));
      skip(node, "both factors are computed, by " + inputs);
    }
    subgraphs(node).forEach(this::visitSubgraph);
  }

  /** What a subgraph reads from outside must stay as it is; its own weights are left alone. */
  private void visitSubgraph(GraphProto graph) {
    for (NodeProto node : graph.getNodeList()) {
      node.getInputList().forEach(input -> otherReaders.putIfAbsent(input, describe(node)));
      if (isProduct(node)) {
        skip(node, "inside a subgraph");
      }
      subgraphs(node).forEach(this::visitSubgraph);
    }
  }

  private void decide(String name, List<Product> readers) {
    TensorProto tensor = initializers.get(name);
    String reason = reasonToSkip(tensor, readers);
    if (reason == null) {
      int dim = readers.get(0).reductionDim();
      weights.add(
          new Weight(
              name,
              readers.stream().map(Product::node).toList(),
              Math.toIntExact(tensor.getDims(1 - dim)),
              Math.toIntExact(tensor.getDims(dim)),
              dim));
    } else {
      readers.forEach(p -> skipped.add(new Skipped(p.operator(), p.node(), name, reason)));
    }
  }

  private String reasonToSkip(TensorProto tensor, List<Product> readers) {
    if (isExcluded(tensor.getName()) || readers.stream().anyMatch(p -> isExcluded(p.node()))) {
      return "excluded by --exclude " + exclude;
    }
    if (tensor.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
      TensorProto.DataType type = TensorProto.DataType.forNumber(tensor.getDataType());
      return "element type " + (type == null ? tensor.getDataType() : type) + ", not FLOAT";
    }
    if (tensor.getDimsCount() != 2) {
      return "dimensions " + tensor.getDimsList() + ", not two";
    }
    if (tensor.getDimsList().stream().anyMatch(d -> d < 1 || d > Integer.MAX_VALUE)) {
      return "dimensions " + tensor.getDimsList() + " hold no weights";
    }
    if (otherReaders.containsKey(tensor.getName())) {
      return "also read by " + otherReaders.get(tensor.getName());
    }
    if (graphOutputs.contains(tensor.getName())) {
      return "also an output of the graph";
    }
    if (readers.stream().map(Product::reductionDim).distinct().count() > 1) {
      return "summed over different dimensions by different nodes";
    }
    return null;
  }

  private boolean isExcluded(String name) {
    return exclude != null && exclude.matcher(name).find();
  }

  private void skip(NodeProto node, String reason) {
    skipped.add(new Skipped(node.getOpType(), name(node), null, reason));
  }

  /** Which input is the weight: the second factor if it is an initialiser, else the first. */
  private int weightInput(NodeProto node) {
    for (int i = Math.min(node.getInputCount(), 2) - 1; i >= 0; i--) {
      if (initializers.containsKey(node.getInput(i))) {
        return i;
      }
    }
    return -1;
  }

  /** A (M x K) times B (K x N) sums over A's columns and B's rows, unless Gemm transposes them. */
  private static int reductionDim(NodeProto node, int input) {
    String attribute = input == 0 ? "transA" : "transB";
    boolean transposed =
        node.getOpType().equals("Gemm")
            && node.getAttributeList().stream()
                .anyMatch(a -> a.getName().equals(attribute) && a.getI() != 0);
    return (input == 0) != transposed ? 1 : 0;
  }

  private static boolean isProduct(NodeProto node) {
    return DEFAULT_DOMAINS.contains(node.getDomain())
        && (node.getOpType().equals("MatMul") || node.getOpType().equals("Gemm"));
  }

  private static List<GraphProto> subgraphs(NodeProto node) {
    List<GraphProto> graphs = new ArrayList<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      graphs.addAll(attribute.getGraphsList());
      if (attribute.hasG()) {
        graphs.add(attribute.getG());
      }
    }
    return graphs;
  }

  private static String describe(NodeProto node) {
    return node.getOpType() + " " + name(node);
  }

  private static String name(NodeProto node) {
    return node.getName().isEmpty() && node.getOutputCount() > 0
        ? node.getOutput(0)
        : node.getName();
  }
}
