/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_SCALES;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.regex.Pattern;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.fpmath_mode;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.format_tag;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.nm4j.DType;

/**
 * The dense product by oneDNN's matmul primitive, of any dtype: with the weights as they lie, or
 * reordered once into the format that the primitive asks for.
 *
 * <p>oneDNN computes dst = src weights and prepacks either operand. Batch-major, nm4j's W is its
 * "weights", transposed; feature-major it is its "src", which the primitive has so far always
 * wanted as it is.
 */
final class OneDnnMatmul implements Contender {
  static final String PLAIN = "onednn";
  static final String PREPACKED = "onednn-prepacked";

  /**
   * Prepacked weights of a smaller type than the activations, which the primitive expands. bf16
   * weights are only turned to lie as the product reads them: in the format that oneDNN 3.13 asks
   * for itself, its products of fp32 and bf16 are wrong.
   */
  static final String DECOMPRESSING = "onednn-decompress";

  private static final String NONE = "none";
  private static final Pattern DOT_PRODUCTS = Pattern.compile("vnni|amx|avx10");
  private static final int PER_COLUMN = 1 << 1; // scales differ along dimension 1 only

  private final String name;
  private final engine cpu = new engine(engine.kind.cpu, 0);
  private final stream stream = new stream(cpu);
  private final String implementation;
  private final boolean signedActivations;
  private final matmul primitive;
  private final IntMemoryMap arguments = new IntMemoryMap(); // shares the operands' ownership

  /**
   * @param w the problem's weights, in their type or in fp32
   */
  OneDnnMatmul(String name, GemmProblem problem, Operand w) {
    this.name = name;
    Operand x = problem.x;
    Operand y = problem.y;
    signedActivations = x.type == DType.S8;
    boolean weightsRight = problem.batchMajor();
    format_tag lying = weightsRight == problem.transposed ? format_tag.ab : format_tag.ba;
    format_tag wanted =
        name.equals(PLAIN)
            ? lying
            : w.type == DType.BF16 && x.type == DType.F32 ? format_tag.ab : format_tag.any;
    long[] wSizes =
        weightsRight
            ? new long[] {problem.inputs, problem.outputs}
            : new long[] {problem.outputs, problem.inputs};
    memory.desc wDesc = new memory.desc(wSizes, type(w), wanted, false);
    boolean scaled = w.type == DType.S8;
    matmul.primitive_desc plan =
        new matmul.primitive_desc(
            cpu,
            weightsRight ? desc(x) : wDesc,
            weightsRight ? wDesc : desc(x),
            desc(y),
            attributes(w, x, scaled),
            true); // empty if there is no implementation at all
    if (plan.get(true) == null) {
      implementation = NONE;
      primitive = null;
      return;
    }
    implementation = plan.impl_info_str().getString();
    memory packed = new memory(weightsRight ? plan.weights_desc() : plan.src_desc(), cpu);
    memory stored = new memory(new memory.desc(wSizes, type(w), lying, false), cpu, w.pointer());
    new reorder(stored, packed).execute(stream, stored, packed);
    stream._wait();
    arguments.put(weightsRight ? DNNL_ARG_WEIGHTS : DNNL_ARG_SRC, packed);
    arguments.put(weightsRight ? DNNL_ARG_SRC : DNNL_ARG_WEIGHTS, memory(x));
    arguments.put(DNNL_ARG_DST, memory(y));
    if (scaled) {
      long[] sizes = {problem.outputs};
      memory.desc desc = new memory.desc(sizes, data_type.f32, format_tag.a, false);
      memory scales = new memory(desc, cpu, problem.scales.pointer());
      arguments.put(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, scales);
    }
    primitive = new matmul(plan);
  }

  private static primitive_attr attributes(Operand w, Operand x, boolean scaled) {
    primitive_attr attributes = new primitive_attr();
    if (scaled) {
      attributes.set_scales_mask(DNNL_ARG_WEIGHTS, PER_COLUMN);
    }
    if (w.type != x.type && x.type == DType.F32) {
      attributes.set_fpmath_mode(fpmath_mode.strict, true); // expand even integer weights to fp32
    }
    return attributes;
  }

  private memory memory(Operand operand) {
    return new memory(desc(operand), cpu, operand.pointer());
  }

  private static memory.desc desc(Operand operand) {
    return new memory.desc(
        new long[] {operand.rows, operand.cols}, type(operand), format_tag.ab, false);
  }

  private static data_type type(Operand operand) {
    return switch (operand.type) {
      case F32 -> data_type.f32;
      case BF16 -> data_type.bf16;
      case F16 -> data_type.f16;
      case S8 -> data_type.s8;
      case U8 -> data_type.u8;
      case S32 -> data_type.s32;
      case E4M3, E5M2 ->
          throw new IllegalArgumentException("no operand of a benchmark is " + operand.type);
    };
  }

  /**
   * Whether the primitive is a fair peer on this CPU. Not when there is none, or only oneDNN's
   * reference, a plain loop that says nothing about what dense products cost; nor when it
   * multiplies signed activations without VNNI: it moves them to 0..255, sums two products in 16
   * bits and saturates.
   */
  boolean fair() {
    return !implementation.equals(NONE)
        && !implementation.startsWith("ref")
        && (!signedActivations || DOT_PRODUCTS.matcher(implementation).find());
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
    if (primitive != null) {
      primitive.close();
    }
    arguments.close();
    stream.close();
  }
}
