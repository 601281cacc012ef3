/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nm4j.torch.nets.VisionNet;

/**
 * Classification of images with SGD, momentum 0.9 and weight decay 5e-5, as the authors of SR-STE.
 */
final class ImageTask implements Task {
  static final String ACCURACY = "accuracy";

  private static final int TEST_BATCH = 500;
  private static final double MOMENTUM = 0.9;
  private static final double WEIGHT_DECAY = 5e-5;

  private final VisionNet net;
  private final Images images;
  private final boolean augment;
  private final Batches batches;

  ImageTask(VisionNet net, Images images, boolean augment, int batch, RunConfig config) {
    this.net = net;
    this.images = images;
    this.augment = augment;
    this.batches = Batches.spread(images.train().size(), batch, config);
  }

  @Override
  public VisionNet net() {
    return net;
  }

  @Override
  public int batches() {
    return batches.count();
  }

  @Override
  public int samples() {
    return batches.samples();
  }

  @Override
  public String data() {
    return images.fingerprint();
  }

  @Override
  public Tensor loss(int epoch, int number) {
    int[] indices = batches.of(epoch, number);
    Tensor x = images.train(indices);
    Tensor labels = images.train().labels(indices);
    return torch.cross_entropy(net.forward(augment ? augmented(x) : x), labels);
  }

  /** Half of the images mirrored, each shifted by up to 4 pixels over zeros. */
  static Tensor augmented(Tensor x) {
    Tensor mirror = torch.rand(x.size(0), 1, 1, 1).lt(new Scalar(0.5));
    Tensor padded = torch.constant_pad_nd(torch.where(mirror, x.flip(3), x), 4, 4, 4, 4);
    Tensor shifts = torch.randint(9, new long[] {x.size(0), 2});
    Tensor out = torch.empty_like(x);
    long[] at = new long[(int) shifts.numel()];
    shifts.to(ScalarType.Long).data_ptr_long().get(at);
    for (int i = 0; i < x.size(0); i++) {
      Tensor crop = padded.select(0, i).narrow(1, at[2 * i], x.size(2));
      out.select(0, i).copy_(crop.narrow(2, at[2 * i + 1], x.size(3)));
    }
    return out;
  }

  /** Logits of the whole test set. */
  Tensor testLogits() {
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor logits = torch.empty(testSize(), classes());
      for (int from = 0; from < testSize(); from += TEST_BATCH) {
        try (PointerScope scope = new PointerScope()) {
          int count = Math.min(TEST_BATCH, testSize() - from);
          logits.narrow(0, from, count).copy_(net.forward(testImages(from, count)));
        }
      }
      return logits;
    }
  }

  private long classes() {
    return images.train().labels().max().item_long() + 1;
  }

  Tensor testImages(int from, int count) {
    return images.test(from, count);
  }

  int testSize() {
    return images.test().size();
  }

  /** The share of logits that are highest at the label. */
  double accuracy(Tensor logits) {
    long right =
        logits
            .argmax(new org.bytedeco.pytorch.LongOptional(1), false)
            .eq(images.test().labels())
            .sum()
            .item_long();
    return (double) right / testSize();
  }

  @Override
  public double evaluate() {
    try (PointerScope scope = new PointerScope()) {
      return accuracy(testLogits());
    }
  }

  @Override
  public String metric() {
    return ACCURACY;
  }

  @Override
  public Optimizer optimizer() {
    SGDOptions options = new SGDOptions(rate());
    options.momentum().put(MOMENTUM);
    options.weight_decay().put(WEIGHT_DECAY);
    return new SGD(net.parameters(), options);
  }

  @Override
  public org.nm4j.train.Optimizer fusedOptimizer() {
    return org.nm4j.train.Optimizer.sgd((float) rate())
        .momentum((float) MOMENTUM)
        .weightDecay((float) WEIGHT_DECAY);
  }

  @Override
  public double rate() {
    return 0.1;
  }
}
