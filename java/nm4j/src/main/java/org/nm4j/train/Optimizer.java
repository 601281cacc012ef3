/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

/**
 * Which optimiser, with which numbers: names, defaults and meaning are those of torch.optim, except
 * that numbers are fp32. With the gradient g, weight decay d and the step number t from 1 on:
 *
 * <ul>
 *   <li>SGD: g += d w; with momentum m and dampening p, b = g at t = 1 and m b + (1 - p) g later; w
 *       -= lr b, or lr (g + m b) with Nesterov.
 *   <li>Adam: g += d w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g; w -= lr (m / (1
 *       - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).
 *   <li>AdamW: w -= lr d w instead of g += d w, otherwise Adam.
 * </ul>
 *
 * <pre>{@code
 * Optimizer sgd = Optimizer.sgd(0.1f).momentum(0.9f).weightDecay(5e-5f);
 * Optimizer later = sgd.lr(0.01f);     // the learning rate may change from step to step
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads: methods with a value give a changed copy.
 */
public final class Optimizer {
  /** Native: {@code nm_optimizer}, in its order. */
  enum Kind {
    SGD,
    ADAM,
    ADAMW
  }

  private final Kind kind;
  private final float lr;
  private final float weightDecay;
  private final float momentum;
  private final float dampening;
  private final boolean nesterov;
  private final float beta1;
  private final float beta2;
  private final float eps;

  private Optimizer(
      Kind kind,
      float lr,
      float weightDecay,
      float momentum,
      float dampening,
      boolean nesterov,
      float beta1,
      float beta2,
      float eps) {
    this.kind = kind;
    this.lr = atLeastZero("lr", lr);
    this.weightDecay = atLeastZero("weightDecay", weightDecay);
    this.momentum = atLeastZero("momentum", momentum);
    this.dampening = Numbers.finite("dampening", dampening);
    this.nesterov = nesterov;
    this.beta1 = belowOne("beta1", beta1);
    this.beta2 = belowOne("beta2", beta2);
    this.eps = atLeastZero("eps", eps);
  }

  /**
   * Stochastic gradient descent, to begin with without momentum and weight decay.
   *
   * @param lr the learning rate, at least 0
   * @return the optimiser
   * @throws IllegalArgumentException when {@code lr} is negative or not finite
   */
  public static Optimizer sgd(float lr) {
    return new Optimizer(Kind.SGD, lr, 0, 0, 0, false, 0, 0, 0);
  }

  /**
   * Adam, to begin with betas of 0.9 and 0.999, eps of 1e-8 and no weight decay.
   *
   * @param lr the learning rate, at least 0; torch's default is 1e-3
   * @return the optimiser
   * @throws IllegalArgumentException when {@code lr} is negative or not finite
   */
  public static Optimizer adam(float lr) {
    return new Optimizer(Kind.ADAM, lr, 0, 0, 0, false, 0.9f, 0.999f, 1e-8f);
  }

  /**
   * AdamW, to begin with betas of 0.9 and 0.999, eps of 1e-8 and weight decay of 0.01.
   *
   * @param lr the learning rate, at least 0; torch's default is 1e-3
   * @return the optimiser
   * @throws IllegalArgumentException when {@code lr} is negative or not finite
   */
  public static Optimizer adamW(float lr) {
    return new Optimizer(Kind.ADAMW, lr, 0.01f, 0, 0, false, 0.9f, 0.999f, 1e-8f);
  }

  /**
   * Changes the learning rate.
   *
   * @param value at least 0
   * @return a changed copy
   * @throws IllegalArgumentException when it is negative or not finite
   */
  public Optimizer lr(float value) {
    return new Optimizer(
        kind, value, weightDecay, momentum, dampening, nesterov, beta1, beta2, eps);
  }

  /**
   * Changes the weight decay, which acts on all weights, kept or not.
   *
   * @param value at least 0
   * @return a changed copy
   * @throws IllegalArgumentException when it is negative or not finite
   */
  public Optimizer weightDecay(float value) {
    return new Optimizer(kind, lr, value, momentum, dampening, nesterov, beta1, beta2, eps);
  }

  /**
   * Changes the momentum of SGD.
   *
   * @param value at least 0
   * @return a changed copy
   * @throws IllegalArgumentException when it is negative or not finite, or 0 with Nesterov
   * @throws IllegalStateException when this is not SGD
   */
  public Optimizer momentum(float value) {
    require("momentum", kind == Kind.SGD, "SGD");
    requireNesterovFits(nesterov, value, dampening);
    return new Optimizer(kind, lr, weightDecay, value, dampening, nesterov, beta1, beta2, eps);
  }

  /**
   * Changes the dampening of SGD's momentum.
   *
   * @param value finite
   * @return a changed copy
   * @throws IllegalArgumentException when it is not finite, or not 0 with Nesterov
   * @throws IllegalStateException when this is not SGD
   */
  public Optimizer dampening(float value) {
    require("dampening", kind == Kind.SGD, "SGD");
    requireNesterovFits(nesterov, momentum, value);
    return new Optimizer(kind, lr, weightDecay, momentum, value, nesterov, beta1, beta2, eps);
  }

  /**
   * Switches Nesterov's momentum on or off.
   *
   * @param value true for on
   * @return a changed copy
   * @throws IllegalArgumentException for true without momentum or with dampening
   * @throws IllegalStateException when this is not SGD
   */
  public Optimizer nesterov(boolean value) {
    require("nesterov", kind == Kind.SGD, "SGD");
    requireNesterovFits(value, momentum, dampening);
    return new Optimizer(kind, lr, weightDecay, momentum, dampening, value, beta1, beta2, eps);
  }

  /**
   * Changes the decay of Adam's moments.
   *
   * @param first beta1, at least 0 and below 1
   * @param second beta2, at least 0 and below 1
   * @return a changed copy
   * @throws IllegalArgumentException outside the bounds
   * @throws IllegalStateException when this is SGD
   */
  public Optimizer betas(float first, float second) {
    require("betas", kind != Kind.SGD, "Adam or AdamW");
    return new Optimizer(kind, lr, weightDecay, momentum, dampening, nesterov, first, second, eps);
  }

  /**
   * Changes what Adam adds to the root of the second moment.
   *
   * @param value at least 0
   * @return a changed copy
   * @throws IllegalArgumentException when it is negative or not finite
   * @throws IllegalStateException when this is SGD
   */
  public Optimizer eps(float value) {
    require("eps", kind != Kind.SGD, "Adam or AdamW");
    return new Optimizer(kind, lr, weightDecay, momentum, dampening, nesterov, beta1, beta2, value);
  }

  /**
   * The learning rate.
   *
   * @return at least 0
   */
  public float lr() {
    return lr;
  }

  /**
   * A description.
   *
   * @return the kind with its numbers
   */
  @Override
  public String toString() {
    String shared = "[lr " + lr + ", weight decay " + weightDecay;
    if (kind == Kind.SGD) {
      return "SGD"
          + shared
          + ", momentum "
          + momentum
          + ", dampening "
          + dampening
          + (nesterov ? ", Nesterov]" : "]");
    }
    return (kind == Kind.ADAM ? "Adam" : "AdamW")
        + shared
        + ", betas "
        + beta1
        + " and "
        + beta2
        + ", eps "
        + eps
        + "]";
  }

  Kind kind() {
    return kind;
  }

  float weightDecay() {
    return weightDecay;
  }

  float momentum() {
    return momentum;
  }

  float dampening() {
    return dampening;
  }

  boolean nesterov() {
    return nesterov;
  }

  float beta1() {
    return beta1;
  }

  float beta2() {
    return beta2;
  }

  float eps() {
    return eps;
  }

  private void require(String name, boolean fits, String expected) {
    if (!fits) {
      throw new IllegalStateException(name + " belongs to " + expected + ", got " + this);
    }
  }

  private static void requireNesterovFits(boolean nesterov, float momentum, float dampening) {
    if (nesterov && (momentum == 0 || dampening != 0)) {
      throw new IllegalArgumentException(
          "Nesterov needs momentum and no dampening, got " + momentum + " and " + dampening);
    }
  }

  private static float atLeastZero(String name, float value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(name + " must be at least 0, got " + value);
    }
    return Numbers.finite(name, value);
  }

  private static float belowOne(String name, float value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(name + " must be at least 0 and below 1, got " + value);
    }
    return value;
  }
}
