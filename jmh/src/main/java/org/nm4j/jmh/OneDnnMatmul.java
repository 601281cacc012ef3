/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * The dense product by oneDNN's matmul primitive, with the weights reordered once into the format
 * that the primitive asks for.
 *
 * <p>oneDNN computes dst = src weights and prepacks either operand. Batch-major, nm4j's W is its
 * "weights", transposed; feature-major it is its "src", which the primitive has so far always
 * wanted as it is.
 */
final class OneDnnMatmul implements Contender {
  static final String NAME = "onednn-prepacked";

  private final stream stream;
  private final matmul primitive;
  private final IntMemoryMap arguments = new IntMemoryMap(); // shares the operands' ownership

  OneDnnMatmul(GemmProblem problem) {
    int m = problem.spec.m();
    int k = problem.spec.k();
    int n = problem.spec.n();
    engine cpu = new engine(engine.kind.cpu, 0);
    stream = new stream(cpu);
    matmul.primitive_desc plan;
    memory weights;
    if (problem.batchMajor()) {
      plan =
          new matmul.primitive_desc(
              cpu,
              desc(n, k, format_tag.ab),
              desc(k, m, format_tag.any),
              desc(n, m, format_tag.ab));
      weights = memory(k, m, format_tag.ba, cpu, problem.wPointer);
      arguments.put(DNNL_ARG_SRC, memory(n, k, format_tag.ab, cpu, problem.xPointer));
      arguments.put(DNNL_ARG_WEIGHTS, prepacked(weights, plan.weights_desc(), cpu));
      arguments.put(DNNL_ARG_DST, memory(n, m, format_tag.ab, cpu, problem.yPointer));
    } else {
      plan =
          new matmul.primitive_desc(
              cpu,
              desc(m, k, format_tag.any),
              desc(k, n, format_tag.ab),
              desc(m, n, format_tag.ab));
      weights = memory(m, k, format_tag.ab, cpu, problem.wPointer);
      arguments.put(DNNL_ARG_SRC, prepacked(weights, plan.src_desc(), cpu));
      arguments.put(DNNL_ARG_WEIGHTS, memory(k, n, format_tag.ab, cpu, problem.xPointer));
      arguments.put(DNNL_ARG_DST, memory(m, n, format_tag.ab, cpu, problem.yPointer));
    }
    primitive = new matmul(plan);
  }

  private memory prepacked(memory weights, memory.desc format, engine cpu) {
    memory packed = new memory(format, cpu);
    new reorder(weights, packed).execute(stream, weights, packed);
    stream._wait();
    return packed;
  }

  private static memory memory(int rows, int cols, format_tag tag, engine cpu, FloatPointer data) {
    return new memory(desc(rows, cols, tag), cpu, data);
  }

  private static memory.desc desc(int rows, int cols, format_tag tag) {
    return new memory.desc(new long[] {rows, cols}, memory.data_type.f32, tag, false);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void run() {
    primitive.execute(stream, arguments);
    stream._wait();
  }

  @Override
  public void close() {
    primitive.close();
    arguments.close();
    stream.close();
  }
}
