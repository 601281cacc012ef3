/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.data;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Fashion-MNIST (Xiao et al., arXiv 1708.07747): 60,000 and 10,000 grey images of 28 x 28 pixels in
 * ten classes, as IDX files, gzipped or not. The Debian package dataset-fashion-mnist installs
 * them.
 *
 * <pre>{@code
 * if (FashionMnist.isIn(FashionMnist.DEBIAN)) {
 *   ImageSet test = FashionMnist.test(FashionMnist.DEBIAN);
 *   int images = test.size();   // 10000
 * }
 * }</pre>
 */
public final class FashionMnist {
  /** Where the Debian package puts the files. */
  public static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");

  /** Mean of the training pixels, from 0 to 1. */
  public static final float MEAN = 0.2860f;

  /** Standard deviation of the training pixels. */
  public static final float DEVIATION = 0.3530f;

  private FashionMnist() {}

  /**
   * Whether a folder holds the files.
   *
   * @param folder the folder
   * @return true when the training images are there
   */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve("train-images-idx3-ubyte.gz"))
        || Files.exists(folder.resolve("train-images-idx3-ubyte"));
  }

  /**
   * Reads the training images.
   *
   * @param folder where the files are
   * @return 60,000 images
   * @throws IOException when a file is missing or none of these
   */
  public static ImageSet train(Path folder) throws IOException {
    return read(folder, "train");
  }

  /**
   * Reads the test images.
   *
   * @param folder where the files are
   * @return 10,000 images
   * @throws IOException when a file is missing or none of these
   */
  public static ImageSet test(Path folder) throws IOException {
    return read(folder, "t10k");
  }

  private static ImageSet read(Path folder, String part) throws IOException {
    byte[] pixels = idx(folder, part + "-images-idx3-ubyte", 0x803, 28, 28);
    byte[] labels = idx(folder, part + "-labels-idx1-ubyte", 0x801);
    if (pixels.length != labels.length * 784) {
      throw new IOException(
          folder + ": " + part + ": expected as many images as labels, " + labels.length);
    }
    return ImageSet.of(pixels, labels, 1, 28, 28);
  }

  private static byte[] idx(Path folder, String name, int magic, int... sizes) throws IOException {
    Path packed = folder.resolve(name + ".gz");
    Path file = Files.exists(packed) ? packed : folder.resolve(name);
    try (DataInputStream in =
        new DataInputStream(
            file == packed
                ? new GZIPInputStream(Files.newInputStream(file), 1 << 16)
                : Files.newInputStream(file))) {
      int got = in.readInt();
      if (got != magic) {
        throw new IOException(file + ": expected an IDX file, got magic number " + got);
      }
      int count = in.readInt();
      int each = 1;
      for (int size : sizes) {
        int found = in.readInt();
        if (found != size) {
          throw new IOException(file + ": expected images of 28 x 28, got a size of " + found);
        }
        each *= size;
      }
      byte[] bytes = in.readAllBytes();
      if (bytes.length != (long) count * each) {
        throw new IOException(
            file + ": expected " + (long) count * each + " bytes, got " + bytes.length);
      }
      return bytes;
    }
  }
}
