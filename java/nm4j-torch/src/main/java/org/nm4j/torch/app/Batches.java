/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.nm4j.torch.data.ImageSet;

/** Which samples make up a batch: a new order each epoch, from seed and epoch alone. */
final class Batches {
  private final int all;
  private final IntPredicate chosen;
  private final int limit;
  private final int batch;
  private final long seed;
  private int orderedEpoch = -1;
  private int[] order;

  private Batches(int all, IntPredicate chosen, int limit, int batch, long seed) {
    this.all = all;
    this.chosen = chosen;
    this.limit = limit;
    this.batch = batch;
    this.seed = seed;
  }

  /** The first samples up to the limit. */
  static Batches first(int size, int batch, RunConfig config) {
    int limit = limit(size, config);
    return new Batches(limit, i -> true, limit, batch, config.seed());
  }

  /** Other samples each epoch, when there are more than the limit. */
  static Batches changing(int size, int batch, RunConfig config) {
    return new Batches(size, i -> true, limit(size, config), batch, config.seed());
  }

  /** Every k-th sample, so that classes stay balanced where they lie one after the other. */
  static Batches spread(int size, int batch, RunConfig config) {
    int limit = limit(size, config);
    IntPredicate chosen = i -> (long) i * limit / size != (long) (i + 1) * limit / size;
    return new Batches(size, chosen, limit, batch, config.seed());
  }

  private static int limit(int size, RunConfig config) {
    return config.limit() == 0 ? size : Math.min(config.limit(), size);
  }

  /** Batches per epoch, at least one. */
  int count() {
    return Math.max(1, limit / batch);
  }

  /** Samples per epoch. */
  int samples() {
    return Math.min(limit, count() * batch);
  }

  /** The samples of a batch. */
  int[] of(int epoch, int number) {
    if (epoch != orderedEpoch) {
      order = Arrays.stream(ImageSet.order(all, seed, epoch)).filter(chosen).toArray();
      orderedEpoch = epoch;
    }
    int end = Math.min(limit, (number + 1) * batch);
    return Arrays.copyOfRange(order, number * batch, end);
  }
}
