/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_direct;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.nm4j.ImageLayout;

/**
 * oneDNN's convolution. Weights are always in the format it asks for; images too ("blocked"), which
 * a network that stays within oneDNN can have, or in a plain one.
 */
final class OneDnnConvolution implements Contender {
  private final String name;
  private final ConvProblem problem;
  private final engine cpu = new engine(engine.kind.cpu, 0);
  private final stream stream = new stream(cpu);
  private final convolution_forward primitive;
  private final memory result;
  private final IntMemoryMap arguments = new IntMemoryMap(); // shares the operands' ownership

  private OneDnnConvolution(String name, ConvProblem problem, format_tag images) {
    this.name = name;
    this.problem = problem;
    long stride = problem.stride;
    long padding = problem.padding();
    long[] xSizes = {problem.n, problem.inC, problem.size, problem.size};
    long[] wSizes = {problem.outC, problem.inC, problem.kernel, problem.kernel};
    convolution_forward.primitive_desc plan =
        new convolution_forward.primitive_desc(
            cpu,
            dnnl_forward_inference,
            dnnl_convolution_direct,
            desc(xSizes, images),
            desc(wSizes, format_tag.any),
            desc(ySizes(), images),
            new long[] {stride, stride},
            new long[] {padding, padding},
            new long[] {padding, padding});
    result = new memory(plan.dst_desc(), cpu);
    arguments.put(DNNL_ARG_SRC, imported(xSizes, plain(), problem.xPointer, plan.src_desc()));
    arguments.put(
        DNNL_ARG_WEIGHTS, imported(wSizes, format_tag.ohwi, problem.wPointer, plan.weights_desc()));
    arguments.put(DNNL_ARG_DST, result);
    primitive = new convolution_forward(plan);
  }

  static OneDnnConvolution blocked(ConvProblem problem) {
    return new OneDnnConvolution("onednn-blocked", problem, format_tag.any);
  }

  static OneDnnConvolution nhwc(ConvProblem problem) {
    return new OneDnnConvolution("onednn-nhwc", problem, format_tag.nhwc);
  }

  static OneDnnConvolution nchw(ConvProblem problem) {
    return new OneDnnConvolution("onednn-nchw", problem, format_tag.nchw);
  }

  /** The last result, in the layout of the problem. */
  float[] result() {
    FloatPointer out =
        new FloatPointer((long) problem.n * problem.outC * problem.outSize * problem.outSize);
    memory plain = new memory(desc(ySizes(), plain()), cpu, out);
    new reorder(result, plain).execute(stream, result, plain);
    stream._wait();
    float[] values = new float[Math.toIntExact(out.capacity())];
    out.get(values);
    out.close();
    return values;
  }

  private memory imported(long[] sizes, format_tag tag, FloatPointer data, memory.desc format) {
    memory source = new memory(desc(sizes, tag), cpu, data);
    memory packed = new memory(format, cpu);
    new reorder(source, packed).execute(stream, source, packed);
    stream._wait();
    return packed;
  }

  private long[] ySizes() {
    return new long[] {problem.n, problem.outC, problem.outSize, problem.outSize};
  }

  private format_tag plain() {
    return problem.layout == ImageLayout.NHWC ? format_tag.nhwc : format_tag.nchw;
  }

  private static memory.desc desc(long[] sizes, format_tag tag) {
    return new memory.desc(sizes, memory.data_type.f32, tag, false);
  }

  @Override
  public String name() {
    return name;
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
