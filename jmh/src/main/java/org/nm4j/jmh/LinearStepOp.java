/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.DType;
import org.nm4j.Execution;
import org.nm4j.Gemm;
import org.nm4j.Pattern;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedLinear;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;

/**
 * A training step of a linear layer with bias: forward, gradients of activations and weights, SGD
 * with momentum. nm4j's layer is masked, with SR-STE and a new mask at each step, packing included;
 * PyTorch's is dense, by autograd. The shape is outputs x inputs.
 */
final class LinearStepOp extends MatrixOp {
  LinearStepOp() {
    super("linear_step", GemmOp.BATCH_MAJOR);
  }

  /** The products of a step, one after the other. */
  @Override
  public Product product(BenchmarkCase spec) {
    Product forward = super.product(spec);
    return new Product(forward.m(), 3 * forward.n(), forward.k());
  }

  @Override
  public List<BenchmarkCase> full() {
    return cases(
        List.of(Precision.F32),
        List.of(Pattern.P2_4, Pattern.P1_4),
        List.of(GemmOp.BATCH_MAJOR),
        List.of("3072x768", "768x3072"),
        List.of(64, 256, 1024));
  }

  @Override
  public List<BenchmarkCase> quick() {
    return full().subList(1, 2);
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    if (spec.dtype() != Precision.F32) {
      throw refusal(spec, Precision.F32.toString());
    }
    Product size = super.product(spec);
    SplittableRandom random = new SplittableRandom(2080);
    Problem problem =
        new Problem(
            GemmProblem.random(DType.F32, size.m(), size.k(), random),
            GemmProblem.random(DType.F32, size.n(), size.k(), random),
            GemmProblem.random(DType.F32, size.n(), size.m(), random),
            spec.pattern(),
            threads);
    Masked openBlas = new Masked("nm4j", problem, Gemm.openBlas());
    Masked oneDnn = new Masked("onednn-dw", problem, new OneDnnDense());
    Dense dense = new Dense(problem);
    return new Work(
        List.of(dense, openBlas, oneDnn),
        name(),
        () -> {
          verify(problem, openBlas, dense);
          verify(problem, oneDnn, dense);
        });
  }

  /** PyTorch's own layer with the weights of the mask, before any step. */
  private static void verify(Problem problem, Masked masked, Dense dense) {
    masked.pass();
    problem.mask().apply(problem.w.matrix, masked.scratch.matrix);
    dense.set(masked.scratch);
    dense.pass();
    near("y", dense.y(), masked.y.matrix.toArray());
    near("dx", dense.dx(), masked.dx.matrix.toArray());
    near("dw", dense.dw(), masked.layer.gradient().toArray());
    dense.set(problem.w);
  }

  /** Sums of at most some thousand products of numbers below 1. */
  private static void near(String what, float[] expected, float[] actual) {
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - actual[i]) <= 1e-3)) {
        throw new IllegalStateException(
            what + " at " + i + ": expected " + expected[i] + ", got " + actual[i]);
      }
    }
  }

  /** Weights, activations and the gradient that comes back. */
  private record Problem(Operand w, Operand x, Operand dy, Pattern pattern, int threads) {
    org.nm4j.Mask mask() {
      return org.nm4j.Mask.magnitude(w.matrix, pattern);
    }
  }

  private static final class Masked implements Contender {
    private final String name;
    private final Problem problem;
    private final Operand w;
    private final Operand y;
    private final Operand dx;
    private final Operand scratch;
    private final MaskedLinear layer;
    private final Execution execution;
    private final Optimizer optimizer =
        Optimizer.sgd(TorchContender.LR)
            .momentum(TorchContender.MOMENTUM)
            .weightDecay(TorchContender.WEIGHT_DECAY);
    private final MaskRule rule = MaskRule.srSte();

    Masked(String name, Problem problem, Gemm gemm) {
      this.name = name;
      this.problem = problem;
      w = new Operand(DType.F32, problem.w.rows, problem.w.cols);
      w.matrix.copyFrom(problem.w.matrix.toArray());
      y = new Operand(DType.F32, problem.dy.rows, problem.dy.cols);
      dx = new Operand(DType.F32, problem.x.rows, problem.x.cols);
      scratch = new Operand(DType.F32, w.rows, w.cols);
      MaskedParameter weight =
          MaskedParameter.builder("weight", w.matrix).pattern(problem.pattern).build();
      Operand b = new Operand(DType.F32, 1, w.rows);
      MaskedParameter bias = MaskedParameter.builder("bias", b.matrix).build();
      layer = new MaskedLinear(weight, bias, gemm);
      execution = Execution.parallel(problem.threads);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Role role() {
      return name.equals(Nm4jProduct.NAME) ? Role.NM4J : Role.VARIANT;
    }

    void pass() {
      layer.forward(problem.x.matrix, y.matrix, execution);
      layer.backward(problem.x.matrix, problem.dy.matrix, dx.matrix, execution);
    }

    @Override
    public void run() {
      pass();
      layer.step(optimizer, rule, execution);
    }

    @Override
    public void close() {
      layer.close();
    }
  }

  private static final class Dense extends TorchContender {
    private final LinearImpl layer;
    private final Tensor weight;
    private final SGD sgd;
    private final Tensor x;
    private final Tensor dy;
    private final Tensor y;

    Dense(Problem problem) {
      super("pytorch", problem.threads);
      layer = new LinearImpl(problem.w.cols, problem.w.rows);
      weight = layer.weight();
      set(problem.w);
      layer.bias().detach().zero_();
      sgd = new SGD(layer.parameters(), sgd());
      x = tensor(problem.x);
      x.set_requires_grad(true);
      dy = tensor(problem.dy);
      y = torch.empty(problem.dy.rows, problem.dy.cols);
    }

    void set(Operand from) {
      weight.detach().copy_(tensor(from));
    }

    /** As a training loop does: gradients are dropped, not zeroed. */
    private Tensor passes() {
      layer.zero_grad(true);
      x.mutable_grad().reset();
      Tensor out = layer.forward(x);
      out.backward(dy, new BoolOptional(), false, new TensorArrayRefOptional());
      return out;
    }

    void pass() {
      Tensor out = passes();
      y.copy_(out.detach());
    }

    @Override
    void step() {
      passes();
      sgd.step();
    }

    float[] y() {
      return floats(y);
    }

    float[] dx() {
      return floats(x.grad());
    }

    float[] dw() {
      return floats(weight.grad());
    }
  }
}
