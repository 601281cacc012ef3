/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.data;

import java.util.Arrays;
import java.util.Random;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Images as bytes with their labels.
 *
 * <pre>{@code
 * ImageSet set = ImageSet.of(new byte[2 * 28 * 28], new byte[] {3, 7}, 1, 28, 28);
 * Tensor x = set.images(new int[] {1, 0}, 0.286f, 0.353f);   // 2 x 1 x 28 x 28
 * Tensor y = set.labels(new int[] {1, 0});                   // 7, 3
 * }</pre>
 *
 * @param pixels n x channels x height x width, uint8
 * @param labels n, int64
 */
public record ImageSet(Tensor pixels, Tensor labels) {
  /**
   * Copies images from arrays.
   *
   * @param pixels image after image, channel after channel, row after row
   * @param labels one for each image
   * @param channels channels
   * @param height height
   * @param width width
   * @return the set
   * @throws IllegalArgumentException when the sizes do not fit each other
   */
  public static ImageSet of(byte[] pixels, byte[] labels, int channels, int height, int width) {
    long image = (long) channels * height * width;
    if (pixels.length != labels.length * image) {
      throw new IllegalArgumentException(
          "expected " + labels.length * image + " bytes of pixels, got " + pixels.length);
    }
    Tensor x = bytes(pixels).reshape(labels.length, channels, height, width).retainReference();
    return new ImageSet(x, bytes(labels).to(ScalarType.Long).retainReference());
  }

  private static Tensor bytes(byte[] values) {
    TensorOptions bytes = new TensorOptions(ScalarType.Byte);
    try (BytePointer pointer = new BytePointer(values)) {
      return torch.from_blob(pointer, new long[] {values.length}, bytes).clone();
    }
  }

  /**
   * How many images there are.
   *
   * @return their number
   */
  public int size() {
    return (int) labels.size(0);
  }

  /**
   * Some images as numbers: (pixel / 255 - mean) / deviation.
   *
   * @param indices which
   * @param mean of the pixels, from 0 to 1
   * @param deviation of the pixels
   * @return float32
   */
  public Tensor images(int[] indices, float mean, float deviation) {
    Tensor x = pixels.index_select(0, index(indices)).to(ScalarType.Float);
    return x.mul_(new Scalar(1 / (255 * deviation))).sub_(new Scalar(mean / deviation));
  }

  /**
   * The labels of some images.
   *
   * @param indices which
   * @return int64
   */
  public Tensor labels(int[] indices) {
    return labels.index_select(0, index(indices));
  }

  private static Tensor index(int[] indices) {
    return Tensor.create(Arrays.stream(indices).asLongStream().toArray());
  }

  /**
   * An order of all images that depends on seed and epoch alone.
   *
   * @param size how many there are
   * @param seed any number
   * @param epoch which pass over the set
   * @return each number from 0 to size - 1 once
   */
  public static int[] order(int size, long seed, int epoch) {
    Random random = new Random(seed * 1_000_003 + epoch);
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
