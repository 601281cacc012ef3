/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.DType;
import org.nm4j.Execution;
import org.nm4j.Pattern;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;

/**
 * One step of masked training on fp32 weights: SR-STE in the gradient, SGD with momentum and weight
 * decay, the new mask and the number of its bits that changed. Beside PyTorch's step of dense SGD,
 * which does less, and the same step written with its tensor operations.
 */
final class SrSteStepOp extends MatrixOp {
  private static final String ROW_MAJOR = "row-major";

  SrSteStepOp() {
    super("srste_step", ROW_MAJOR);
  }

  @Override
  public Unit unit() {
    return Unit.GBPS;
  }

  @Override
  public List<BenchmarkCase> full() {
    return cases(
        List.of(Precision.F32),
        List.of(Pattern.P2_4, Pattern.P4_8, Pattern.P1_4),
        List.of(ROW_MAJOR),
        List.of("3072x768"),
        List.of(1));
  }

  @Override
  public List<BenchmarkCase> quick() {
    return full().subList(0, 1);
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    if (spec.dtype() != Precision.F32) {
      throw refusal(spec, Precision.F32.toString());
    }
    Product size = spec.product();
    SplittableRandom random = new SplittableRandom(2080);
    Operand w = GemmProblem.random(DType.F32, size.m(), size.k(), random);
    Operand grad = GemmProblem.random(DType.F32, size.m(), size.k(), random);
    TensorOps ops = new TensorOps(w, grad, spec.pattern(), threads);
    DenseSgd sgd = new DenseSgd(w, grad, threads);
    Step nm4j = new Step(w, grad, spec.pattern(), threads);
    return new Work(
        List.of(sgd, ops, nm4j, new CopySweep(nm4j.bytes() / 2)),
        name(),
        () -> verify(nm4j, ops, spec));
  }

  /** Two steps, the second with a mask that the first one changed. */
  private static void verify(Step nm4j, TensorOps ops, BenchmarkCase spec) {
    for (int step = 0; step < 2; step++) {
      nm4j.run();
      ops.run();
      float[] expected = TorchContender.floats(ops.w);
      float[] weights = nm4j.w.matrix.toArray();
      for (int i = 0; i < weights.length; i++) {
        if (!(Math.abs(weights[i] - expected[i]) <= 1e-6 * Math.max(1, Math.abs(expected[i])))) {
          throw new IllegalStateException(
              spec + ": weight " + i + ": expected " + expected[i] + ", got " + weights[i]);
        }
      }
      // Weights that differ in the last bit may change places in a group.
      if (Math.abs(nm4j.flips - ops.flips) > 2 + nm4j.flips / 100) {
        throw new IllegalStateException(
            spec + ": expected " + ops.flips + " flips, got " + nm4j.flips);
      }
    }
  }

  private static Operand copy(Operand from) {
    Operand copy = new Operand(DType.F32, from.rows, from.cols);
    copy.matrix.copyFrom(from.matrix.toArray());
    return copy;
  }

  /** nm4j's, its look at the gradient included. */
  private static final class Step implements Contender {
    final Operand w;
    private final Operand grad;
    private final MaskedParameter parameter;
    private final Optimizer optimizer =
        Optimizer.sgd(TorchContender.LR)
            .momentum(TorchContender.MOMENTUM)
            .weightDecay(TorchContender.WEIGHT_DECAY);
    private final MaskRule rule = MaskRule.srSte();
    private final Execution execution;
    long flips;

    Step(Operand w, Operand grad, Pattern pattern, int threads) {
      this.w = copy(w);
      this.grad = grad;
      parameter = MaskedParameter.builder("w", this.w.matrix).pattern(pattern).build();
      execution = Execution.parallel(threads);
    }

    @Override
    public String name() {
      return Nm4jProduct.NAME;
    }

    @Override
    public Role role() {
      return Role.NM4J;
    }

    @Override
    public void run() {
      flips = parameter.step(grad.matrix, optimizer, rule, execution);
    }

    @Override
    public long bytes() {
      return SrSteStepOp.bytes(w);
    }
  }

  /**
   * Weights and momentum in and out, the gradient in, the mask in and out: whoever does the step.
   */
  private static long bytes(Operand w) {
    long weights = (long) w.rows * w.cols;
    return 5 * Float.BYTES * weights + weights / 4;
  }

  /** torch.optim's SGD, without mask. */
  private static final class DenseSgd extends TorchContender {
    private final SGD sgd;
    private final long bytes;

    DenseSgd(Operand w, Operand grad, int threads) {
      super("pytorch-sgd", threads);
      bytes = SrSteStepOp.bytes(w);
      Tensor weights = tensor(w);
      weights.set_requires_grad(true);
      weights.mutable_grad().put(tensor(grad));
      sgd = new SGD(new TensorVector(weights), sgd());
    }

    @Override
    void step() {
      sgd.step();
    }

    @Override
    public long bytes() {
      return bytes;
    }
  }

  /** The masked step, as one writes it in a script. */
  private static final class TensorOps extends TorchContender {
    final Tensor w;
    private final Tensor grad;
    private final Tensor momentum;
    private final Tensor mask;
    private final Pattern pattern;
    private final long bytes;
    private boolean first = true;
    long flips;

    TensorOps(Operand w, Operand grad, Pattern pattern, int threads) {
      super("pytorch-tensor-ops", threads);
      bytes = SrSteStepOp.bytes(w);
      this.pattern = pattern;
      this.w = tensor(w);
      this.grad = tensor(grad);
      momentum = torch.zeros_like(this.w);
      mask = newMask().clone();
    }

    @Override
    void step() {
      Tensor d = torch.rsub(mask, new Scalar(1f)).mul_(w).mul_(new Scalar(MaskRule.LAMBDA));
      d.add_(grad).add_(w, new Scalar(WEIGHT_DECAY));
      momentum.mul_(new Scalar(first ? 0f : MOMENTUM)).add_(d);
      first = false;
      w.sub_(momentum, new Scalar(LR));
      Tensor updated = newMask();
      flips = updated.ne(mask).sum().item_long();
      mask.copy_(updated);
    }

    @Override
    public long bytes() {
      return bytes;
    }

    private Tensor newMask() {
      Tensor groups = w.abs().view(-1, pattern.m());
      T_TensorTensor_T kept = groups.topk(pattern.n(), 1, true, false);
      Tensor ones = torch.zeros_like(groups).scatter_(1, kept.get1(), new Scalar(1f));
      return ones.view(w.size(0), w.size(1));
    }
  }
}
