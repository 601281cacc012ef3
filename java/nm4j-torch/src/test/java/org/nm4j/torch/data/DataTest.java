/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataTest {
  @TempDir private Path temp;

  @Test
  void bleuByHand() {
    List<String> reference = List.of("the", "cat", "is", "on", "the", "mat");
    assertEquals(100, Bleu.of(List.of(reference), List.of(reference)), 1e-9);
    assertEquals(0, Bleu.of(List.of(List.of("a", "dog")), List.of(reference)));
    // 5 words, all right: precisions 1, and a penalty of exp(1 - 6 / 5).
    List<String> shorter = reference.subList(0, 5);
    assertEquals(100 * Math.exp(-0.2), Bleu.of(List.of(shorter), List.of(reference)), 1e-9);
    // "the" counts twice at most: of 1 to 4 words in a row 5 of 7, 4 of 6, 3 of 5 and 2 of 4 match.
    List<String> wrong = List.of("the", "cat", "is", "on", "the", "the", "the");
    double expected = 100 * Math.pow(5.0 / 7 * 4 / 6 * 3 / 5 * 2 / 4, 0.25);
    assertEquals(expected, Bleu.of(List.of(wrong), List.of(reference)), 1e-9);
    assertThrows(IllegalArgumentException.class, () -> Bleu.of(List.of(), List.of(reference)));
  }

  @Test
  void vocabularies() {
    Vocabulary words = Vocabulary.of(List.of("Ein Mann schläft.", "ein Mann isst"), 2);
    assertEquals(6, words.size());
    long[] encoded = words.encode("Ein Mann läuft", 7);
    assertArrayEquals(new long[] {1, 4, 5, 3, 2, 0, 0}, encoded);
    assertEquals(List.of("ein", "mann", "<unk>"), words.decode(encoded));
    assertArrayEquals(new long[] {1, 4, 2}, words.encode("Ein Mann", 3));
    assertArrayEquals(new long[] {1, 2}, words.encode("Ein Mann", 2));
    for (int length : new int[] {1, 0, -1}) {
      assertThrows(IllegalArgumentException.class, () -> words.encode("Ein Mann", length));
    }
    assertEquals(List.of("zwei", "-", "drei", "!"), Vocabulary.words("Zwei-drei!"));
  }

  @Test
  void ordersArePermutationsOfSeedAndEpoch() {
    int[] order = ImageSet.order(1000, 3, 2);
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    assertArrayEquals(IntStream.range(0, 1000).toArray(), sorted);
    assertArrayEquals(order, ImageSet.order(1000, 3, 2));
    assertNotEquals(Arrays.toString(order), Arrays.toString(ImageSet.order(1000, 3, 1)));
    assertNotEquals(Arrays.toString(order), Arrays.toString(ImageSet.order(1000, 4, 2)));
  }

  @Test
  void imagesAreNormalized() {
    ImageSet set = ImageSet.of(new byte[] {0, (byte) 255, 51, 102}, new byte[] {7, 9}, 1, 1, 2);
    Tensor x = set.images(new int[] {1, 0}, 0.5f, 0.25f);
    float[] values = new float[4];
    x.data_ptr_float().get(values);
    assertArrayEquals(new float[] {-1.2f, -0.4f, -2, 2}, values, 1e-6f);
    assertEquals(9, set.labels(new int[] {1, 0}).select(0, 0).item_long());
    assertEquals(0, set.images(new int[0], 0.5f, 0.25f).size(0));
    assertThrows(
        IllegalArgumentException.class, () -> ImageSet.of(new byte[3], new byte[2], 1, 1, 2));
  }

  @Test
  void fashionMnistHasItsMean() throws IOException {
    assumeTrue(FashionMnist.isIn(FashionMnist.DEBIAN), "dataset-fashion-mnist is not installed");
    ImageSet test = FashionMnist.test(FashionMnist.DEBIAN);
    assertEquals(10_000, test.size());
    assertEquals(73.147, test.pixels().to(ScalarType.Double).mean().item_double(), 0.001);
    for (int label = 0; label < 10; label++) {
      long count = test.labels().eq(new org.bytedeco.pytorch.Scalar(label)).sum().item_long();
      assertEquals(1000, count);
    }
  }

  @Test
  void filesThatAreNotIdxAreRefused() throws IOException {
    Files.write(temp.resolve("train-images-idx3-ubyte"), new byte[16]);
    assertTrue(FashionMnist.isIn(temp));
    IOException e = assertThrows(IOException.class, () -> FashionMnist.train(temp));
    assertTrue(e.getMessage().contains("expected an IDX file"), e.getMessage());
    byte[] header = ByteBuffer.allocate(16).putInt(0x803).putInt(2).putInt(28).putInt(28).array();
    Files.write(temp.resolve("train-images-idx3-ubyte"), header);
    e = assertThrows(IOException.class, () -> FashionMnist.train(temp));
    assertTrue(e.getMessage().contains("expected 1568 bytes, got 0"), e.getMessage());
    assertThrows(IOException.class, () -> FashionMnist.test(temp));
  }

  @Test
  void picturesInFolders() throws IOException {
    for (String name : Cifar10.CLASSES) {
      Path folder = Files.createDirectories(temp.resolve("train").resolve(name));
      BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
      image.setRGB(3, 1, 0x102030);
      ImageIO.write(image, "png", folder.resolve("0001.png").toFile());
    }
    ImageSet set = Cifar10.read(temp, "train");
    assertEquals(10, set.size());
    Tensor pixel = set.pixels().select(0, 4).select(1, 1).select(1, 3);
    assertEquals(0x10, pixel.select(0, 0).item_int());
    assertEquals(0x30, pixel.select(0, 2).item_int());
    assertEquals(4, set.labels().select(0, 4).item_long());
    assertThrows(IOException.class, () -> Cifar10.read(temp, "test"));
  }
}
