/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.Map;

/**
 * A point of the curves: what was seen at the end of an epoch.
 *
 * @param epoch 1, 2, ..
 * @param loss mean training loss of the epoch
 * @param metric on the test set
 * @param sad mask bits that differ from the end of the epoch before, in the first epoch from the
 *     start, per sparse weight
 * @param sadByLayer the same for each layer
 * @param flips mask bits that changed in the epoch, per sparse weight
 * @param samplesPerSecond of training
 */
record EpochPoint(
    int epoch,
    double loss,
    double metric,
    double sad,
    Map<String, Double> sadByLayer,
    double flips,
    double samplesPerSecond) {}
