/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.nm4j.torch.data.ImageSet;

/**
 * Images to train and to test with, normalised.
 *
 * @param mean of the pixels, from 0 to 1
 * @param deviation of the pixels
 */
record Images(ImageSet train, ImageSet test, float mean, float deviation) {
  Tensor train(int[] indices) {
    return train.images(indices, mean, deviation);
  }

  String fingerprint() {
    return new Fingerprint()
        .add(train.pixels())
        .add(train.labels())
        .add(test.pixels())
        .add(test.labels())
        .of(train.size(), test.size(), "images");
  }

  Tensor test(int from, int count) {
    int[] indices = IntStream.range(from, from + count).toArray();
    return test.images(indices, mean, deviation);
  }
}
