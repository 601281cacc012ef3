/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ImagesTest {
  @Test
  void elementsLieWhereTheLayoutSays() {
    Images nhwc = Images.allocate(ImageLayout.NHWC, 2, 3, 4, 5);
    Images nchw = Images.allocate(ImageLayout.NCHW, 2, 3, 4, 5);
    nhwc.set(1, 2, 3, 4, 7);
    nchw.set(1, 2, 0, 3, 8);
    assertEquals(7, nhwc.matrix().buffer().get(((3 + 2) * 4 + 3) * 5 + 4));
    assertEquals(8, nchw.matrix().buffer().get(((5 + 3) * 3 + 2) * 4));
    assertEquals(7, nhwc.get(1, 2, 3, 4));
    assertEquals(8, nchw.get(1, 2, 0, 3));
    assertEquals(7, nhwc.images(1, 1).get(0, 2, 3, 4));
    assertEquals(8, nchw.images(1, 1).get(0, 2, 0, 3));
    assertEquals(0, nchw.images(2, 0).n());
    assertEquals(7, nhwc.channels(3, 2).get(1, 2, 3, 1));
    assertEquals(8, nchw.channels(3, 1).images(1, 1).get(0, 2, 0, 0));
    assertEquals(2, nchw.channels(3, 2).c());
    assertEquals("Images[NCHW, 2 x 3 x 4 x 5]", nchw.toString());
  }

  @Test
  void sizesComeFromTheMatrix() {
    Images nhwc = Images.nhwc(DenseMatrix.allocate(24, 5), 3, 4);
    assertEquals(2, nhwc.n());
    assertEquals(5, nhwc.c());
    Images nchw = Images.nchw(DenseMatrix.allocate(2, 60), 3, 4);
    assertEquals(2, nchw.n());
    assertEquals(5, nchw.c());
    assertEquals(3, nchw.h());
    assertEquals(4, nchw.w());
    assertEquals(ImageLayout.NCHW, nchw.layout());
  }

  @Test
  void refusesWhatIsNoImage() {
    DenseMatrix matrix = DenseMatrix.allocate(24, 5);
    Misuse.illegalArgument(() -> Images.nhwc(matrix, 5, 5), "25", "24");
    Misuse.illegalArgument(() -> Images.nchw(matrix, 2, 2), "4", "5");
    Misuse.illegalArgument(() -> Images.nhwc(matrix, 0, 4), "0 x 4");
    Misuse.illegalArgument(() -> Images.nhwc(DenseMatrix.allocate(4, 0), 2, 2), "c", "0");
    Misuse.illegalArgument(() -> Images.allocate(ImageLayout.NHWC, 1, 1, -1, 4), "-1");
    Misuse.illegalArgument(() -> Images.allocate(ImageLayout.NHWC, -1, 1, 1, 4), "-1");
    Misuse.illegalArgument(() -> Images.allocate(ImageLayout.NCHW, 1, 1, 1, 0), "c", "0");
    Misuse.illegalArgument(
        () -> Images.allocate(ImageLayout.NHWC, Long.MAX_VALUE, 2, 2, 4), "2^63");
    Misuse.nullPointer(() -> Images.allocate(null, 1, 1, 1, 4));
    Misuse.nullPointer(() -> Images.nhwc(null, 1, 1));
    Images images = Images.nhwc(matrix, 3, 4);
    Misuse.outOfBounds(() -> images.get(2, 0, 0, 0));
    Misuse.outOfBounds(() -> images.get(0, 3, 0, 0));
    Misuse.outOfBounds(() -> images.get(0, 0, 4, 0));
    Misuse.outOfBounds(() -> images.set(0, 0, 0, 5, 1));
    Misuse.outOfBounds(() -> images.images(1, 2));
    Misuse.outOfBounds(() -> images.channels(4, 2));
    Misuse.illegalArgument(() -> images.channels(4, 0), "c", "0");
  }
}
