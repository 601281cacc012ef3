/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.nm4j.Mask;

/**
 * Masks of a network at chosen steps, one bit per weight and snapshot, and how far they moved.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.copyOf(new float[] {4, 3, 2, 1}, 1, 4);
 * DenseMatrix grad = DenseMatrix.copyOf(new float[] {4, 0, 0, 0}, 1, 4);
 * MaskedParameter p = MaskedParameter.builder("fc", w).pattern(Pattern.P2_4).build();
 * MaskHistory history = new MaskHistory();
 * history.record(p);
 * p.step(grad, Optimizer.sgd(1), MaskRule.ste(), Execution.caller());
 * history.record(p);
 * Sad sad = history.total(0, 1);    // 2 bits: weight 2 instead of weight 0
 * }</pre>
 *
 * <p>Not safe for use by many threads at once. Masks are direct memory.
 */
public final class MaskHistory {
  private final Map<String, NavigableMap<Long, Mask>> masks = new LinkedHashMap<>();

  /** A history without snapshots. */
  public MaskHistory() {}

  /**
   * Takes a snapshot of a parameter's mask under its name and step.
   *
   * @param parameter the parameter
   * @throws IllegalArgumentException when the name has snapshots of another shape
   */
  public void record(MaskedParameter parameter) {
    Mask mask = parameter.mask();
    NavigableMap<Long, Mask> steps =
        masks.computeIfAbsent(parameter.name(), name -> new TreeMap<>());
    if (!steps.isEmpty()) {
      Mask first = steps.firstEntry().getValue();
      if (first.rows() != mask.rows() || first.cols() != mask.cols()) {
        throw new IllegalArgumentException(
            parameter.name() + ": expected " + first + " as before, got " + mask);
      }
    }
    steps.put(parameter.steps(), mask);
  }

  /**
   * SAD of one parameter.
   *
   * @param name its name
   * @param from a recorded step
   * @param to a recorded step
   * @return the bits that differ
   * @throws IllegalArgumentException when there is no such snapshot
   */
  public Sad sad(String name, long from, long to) {
    Mask a = mask(name, from);
    return new Sad(a.distance(mask(name, to)), a.rows() * a.cols());
  }

  /**
   * SAD of the network: of all recorded parameters together.
   *
   * @param from a step recorded for all of them
   * @param to a step recorded for all of them
   * @return the sum
   * @throws IllegalArgumentException when a snapshot is missing
   */
  public Sad total(long from, long to) {
    long bits = 0;
    long weights = 0;
    for (String name : masks.keySet()) {
      Sad sad = sad(name, from, to);
      bits += sad.bits();
      weights += sad.weights();
    }
    return new Sad(bits, weights);
  }

  /**
   * A recorded mask.
   *
   * @param name name of the parameter
   * @param step a recorded step
   * @return the mask
   * @throws IllegalArgumentException when there is no such snapshot
   */
  public Mask mask(String name, long step) {
    NavigableMap<Long, Mask> steps = masks.get(Objects.requireNonNull(name, "name"));
    if (steps == null) {
      throw new IllegalArgumentException("expected one of " + masks.keySet() + ", got " + name);
    }
    Mask mask = steps.get(step);
    if (mask == null) {
      throw new IllegalArgumentException(
          name + ": expected one of the steps " + steps.keySet() + ", got " + step);
    }
    return mask;
  }

  /**
   * Drops all snapshots before a step.
   *
   * @param step the first to keep
   */
  public void forgetBefore(long step) {
    masks.values().forEach(steps -> steps.headMap(step, false).clear());
  }
}
