/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Builds small ONNX models. */
final class TinyModel {
  final GraphProto.Builder graph =
      GraphProto.newBuilder()
          .setName("tiny")
          .addInput(ValueInfoProto.newBuilder().setName("x"))
          .addOutput(ValueInfoProto.newBuilder().setName("y"));

  /**
   * Two layers: MatMul with "first", 9 inputs x 8 outputs, and Gemm with "second", transposed, 8
   * inputs x 5 outputs.
   */
  static TinyModel twoLayers() {
    return new TinyModel()
        .weight("first", 9, 8)
        .weight("second", 5, 8)
        .weight("bias", 5)
        .node("MatMul", "layer1/MatMul", List.of("x", "first"), "h")
        .gemm("layer2/Gemm", List.of("h", "second", "bias"), "y", "transB");
  }

  static float[] random(String name, int length) {
    Random random = new Random(name.hashCode());
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** A FLOAT initialiser of random values, in raw form. */
  TinyModel weight(String name, int... dims) {
    int length = 1;
    for (int d : dims) {
      length *= d;
    }
    graph.addInitializer(
        Tensors.withFloats(tensor(name, TensorProto.DataType.FLOAT, dims), random(name, length)));
    return this;
  }

  static TensorProto tensor(String name, TensorProto.DataType type, int... dims) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
    for (int d : dims) {
      tensor.addDims(d);
    }
    return tensor.build();
  }

  TinyModel node(String operator, String name, List<String> inputs, String output) {
    graph.addNode(nodeOf(operator, name, inputs, output));
    return this;
  }

  /** A Gemm with attributes of value 1. */
  TinyModel gemm(String name, List<String> inputs, String output, String... attributes) {
    NodeProto.Builder node = nodeOf("Gemm", name, inputs, output);
    for (String attribute : attributes) {
      node.addAttribute(
          AttributeProto.newBuilder()
              .setName(attribute)
              .setType(AttributeProto.AttributeType.INT)
              .setI(1));
    }
    graph.addNode(node);
    return this;
  }

  static NodeProto.Builder nodeOf(
      String operator, String name, List<String> inputs, String output) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .setName(name)
        .addAllInput(inputs)
        .addOutput(output);
  }

  ModelProto build() {
    return ModelProto.newBuilder()
        .setIrVersion(7)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(14))
        .setGraph(graph)
        .build();
  }

  Path write(Path file) throws IOException {
    return Files.write(file, build().toByteArray());
  }

  /** The values of an initialiser in a file. */
  static float[] values(Path file, String name) throws IOException {
    return ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getInitializerList().stream()
        .filter(t -> t.getName().equals(name))
        .map(Tensors::floats)
        .findFirst()
        .orElseThrow();
  }
}
