/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.Tensor;
import org.nm4j.torch.Net;

/** A network, its data and how it is judged. Batches depend on seed, epoch and number alone. */
interface Task {
  Net net();

  /** Batches per epoch. */
  int batches();

  /** Training samples per epoch. */
  int samples();

  /** What tells its data from others, see {@link Fingerprint}. */
  String data();

  /** The loss of a batch, ready for backward(). */
  Tensor loss(int epoch, int batch);

  /** The metric on the test set, in evaluation. */
  double evaluate();

  /** What {@link #evaluate} gives: accuracy, perplexity, .. */
  String metric();

  /** PyTorch's optimiser over all parameters. */
  Optimizer optimizer();

  /** The same of nm4j, which has every {@link org.nm4j.train.Placement}. */
  org.nm4j.train.Optimizer fusedOptimizer();

  /** Its learning rate after warm-up. */
  double rate();
}
