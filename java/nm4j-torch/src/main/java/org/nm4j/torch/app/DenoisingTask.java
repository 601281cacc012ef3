/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.torch.nets.VisionNet;

/**
 * Dense prediction: a clean image from a noisy one. The set is one for classification, for lack of
 * a better one that everybody has; its labels are not used. Noise in training depends on PyTorch's
 * random numbers, that of the test set is always the same.
 */
final class DenoisingTask extends AdamTask<VisionNet> {
  /** Standard deviation of the noise, of pixels from 0 to 1. */
  static final double NOISE = 0.5;

  private static final int BATCH = 100;
  private static final int TEST_BATCH = 250;

  private final Images images;

  DenoisingTask(VisionNet net, Images images, RunConfig config) {
    super(net, Batches.spread(images.train().size(), BATCH, config));
    this.images = images;
  }

  @Override
  public String data() {
    return images.fingerprint();
  }

  @Override
  public Tensor loss(int epoch, int batch) {
    Tensor clean = images.train(samples(epoch, batch));
    return torch.mse_loss(net().forward(noisy(clean)), clean);
  }

  private Tensor noisy(Tensor clean) {
    return clean.add(torch.randn_like(clean), new Scalar(NOISE / images.deviation()));
  }

  @Override
  public double evaluate() {
    return ratio(net()::forward);
  }

  /** What a network that changes nothing would get. */
  double ofNoisyImages() {
    return ratio(noisy -> noisy);
  }

  /**
   * Peak signal to noise: 10 log10 of 1, the largest pixel, squared, over the mean squared error.
   */
  private double ratio(UnaryOperator<Tensor> denoiser) {
    double squares = 0;
    long pixels = 0;
    try (NoGradGuard guard = new NoGradGuard()) {
      for (int from = 0; from < images.test().size(); from += TEST_BATCH) {
        try (PointerScope scope = new PointerScope()) {
          int count = Math.min(TEST_BATCH, images.test().size() - from);
          Tensor clean = images.test(from, count);
          torch.manual_seed(from); // a step seeds them, too
          Tensor error = denoiser.apply(noisy(clean)).sub(clean);
          squares += error.square().sum().item_double();
          pixels += error.numel();
        }
      }
    }
    double deviation = images.deviation();
    return -10 * Math.log10(squares / pixels * deviation * deviation);
  }

  @Override
  public String metric() {
    return "PSNR, dB";
  }
}
