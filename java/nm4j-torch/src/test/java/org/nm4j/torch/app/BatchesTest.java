/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nm4j.torch.data.ImageSet;

class BatchesTest {
  private static RunConfig config(int limit) {
    return new RunConfig("text", Method.STE, "2:4", 0, 1, 5, limit);
  }

  /** All batches of an epoch, one behind the other. */
  private static int[] epoch(Batches batches, int epoch) {
    return IntStream.range(0, batches.count())
        .flatMap(i -> Arrays.stream(batches.of(epoch, i)))
        .toArray();
  }

  @Test
  void wholeSetsAreOrderedBySeedAndEpoch() {
    Batches batches = Batches.first(103, 10, config(0));
    assertEquals(10, batches.count());
    assertEquals(100, batches.samples());
    for (int epoch : new int[] {0, 1, 0}) {
      int[] order = Arrays.copyOf(ImageSet.order(103, 5, epoch), 100);
      assertArrayEquals(order, epoch(batches, epoch));
    }
    assertArrayEquals(epoch(batches, 1), epoch(Batches.changing(103, 10, config(0)), 1));
    assertArrayEquals(epoch(batches, 1), epoch(Batches.spread(103, 10, config(500)), 1));
    assertFalse(Arrays.equals(epoch(batches, 0), epoch(batches, 1)));
  }

  @Test
  void limits() {
    assertArrayEquals(
        IntStream.range(0, 30).toArray(), sorted(epoch(Batches.first(100, 10, config(30)), 2)));
    int[] all = ImageSet.order(100, 5, 2);
    assertArrayEquals(Arrays.copyOf(all, 30), epoch(Batches.changing(100, 10, config(30)), 2));
    int[] spread = sorted(epoch(Batches.spread(100, 10, config(50)), 2));
    assertArrayEquals(IntStream.range(0, 50).map(i -> 2 * i + 1).toArray(), spread);
  }

  private static int[] sorted(int[] values) {
    return Arrays.stream(values).sorted().toArray();
  }

  @Test
  void fewerThanABatchAreOneBatch() {
    Batches batches = Batches.spread(100, 10, config(7));
    assertEquals(1, batches.count());
    assertEquals(7, batches.samples());
    assertEquals(7, batches.of(0, 0).length);
    assertThrows(IllegalArgumentException.class, () -> config(-1));
  }
}
