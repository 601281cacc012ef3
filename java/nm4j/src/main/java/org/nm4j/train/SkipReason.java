/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

/**
 * Why a {@link Recipe} leaves a weight dense.
 *
 * <pre>{@code
 * Recipe recipe = Recipe.paper();
 * LayerWeight fc = LayerWeight.linear("fc.weight", 10, 64);
 * SkipReason reason = recipe.select(List.of(fc)).get(0).skipped();   // LAST
 * }</pre>
 */
public enum SkipReason {
  /** Neither a linear layer nor a convolution. */
  NOT_A_LAYER,
  /** Its name is not among those to include, or among those to exclude. */
  EXCLUDED,
  /** A convolution whose groups have no more input channels than a group of the pattern keeps. */
  DEPTHWISE,
  /** Fewer inputs or outputs than the recipe asks for. */
  TOO_SMALL,
  /** A row does not consist of whole groups of M. */
  NOT_DIVISIBLE,
  /** The first layer, which the recipe leaves dense. */
  FIRST,
  /** The last layer, which the recipe leaves dense. */
  LAST,
  /** What the network does with it allows no pattern, whatever the recipe. */
  UNSUITABLE,
  /** The training is in a dense phase. */
  DENSE_PHASE
}
