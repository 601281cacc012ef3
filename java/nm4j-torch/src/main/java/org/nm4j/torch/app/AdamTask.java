/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Optimizer;
import org.nm4j.torch.Net;

/** A task whose network is trained by Adam. */
abstract class AdamTask<N extends Net> implements Task {
  private final N net;
  private final Batches batches;

  AdamTask(N net, Batches batches) {
    this.net = net;
    this.batches = batches;
  }

  @Override
  public final N net() {
    return net;
  }

  @Override
  public final int batches() {
    return batches.count();
  }

  @Override
  public final int samples() {
    return batches.samples();
  }

  /** The samples of a batch. */
  final int[] samples(int epoch, int batch) {
    return batches.of(epoch, batch);
  }

  @Override
  public final Optimizer optimizer() {
    return new Adam(net.parameters(), new AdamOptions(rate()));
  }

  @Override
  public final org.nm4j.train.Optimizer fusedOptimizer() {
    return org.nm4j.train.Optimizer.adam((float) rate());
  }

  @Override
  public final double rate() {
    return 1e-3;
  }
}
