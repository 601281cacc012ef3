/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * CIFAR-10 as a folder of pictures: {train,test}/CLASS/NAME.jpg (or .png), 32 x 32 in colour.
 *
 * <pre>{@code
 * List<String> classes = Cifar10.CLASSES;   // airplane, automobile, ..
 * }</pre>
 */
public final class Cifar10 {
  /** The classes, by label. */
  public static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  /** Mean of the training pixels, over all channels. */
  public static final float MEAN = 0.4734f;

  /** Standard deviation of the training pixels, over all channels. */
  public static final float DEVIATION = 0.2516f;

  private static final int SIZE = 32;

  private Cifar10() {}

  /**
   * Reads a part of the set.
   *
   * @param folder which holds train and test
   * @param part {@code train} or {@code test}
   * @return the images, class after class
   * @throws IOException when a folder is missing or a picture cannot be read
   */
  public static ImageSet read(Path folder, String part) throws IOException {
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    ByteArrayOutputStream labels = new ByteArrayOutputStream();
    for (int label = 0; label < CLASSES.size(); label++) {
      try (Stream<Path> files = Files.list(folder.resolve(part).resolve(CLASSES.get(label)))) {
        for (Path file : files.sorted().toList()) {
          pixels.write(planes(file));
          labels.write(label);
        }
      }
    }
    return ImageSet.of(pixels.toByteArray(), labels.toByteArray(), 3, SIZE, SIZE);
  }

  private static byte[] planes(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    if (image == null || image.getWidth() != SIZE || image.getHeight() != SIZE) {
      throw new IOException(file + ": expected a picture of 32 x 32 pixels");
    }
    byte[] planes = new byte[3 * SIZE * SIZE];
    for (int i = 0; i < SIZE * SIZE; i++) {
      int rgb = image.getRGB(i % SIZE, i / SIZE);
      for (int c = 0; c < 3; c++) {
        planes[c * SIZE * SIZE + i] = (byte) (rgb >> 16 - 8 * c);
      }
    }
    return planes;
  }
}
