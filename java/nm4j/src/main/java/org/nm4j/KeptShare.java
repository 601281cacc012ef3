/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * How much of a matrix a mask keeps, between 0 and 1. Both are 1 for a matrix of zeros and NaN for
 * weights with NaN or infinities.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.copyOf(new float[] {4, 3, 2, 1}, 1, 4);
 * KeptShare share = Mask.magnitude(w, Pattern.P2_4).keptShare(w);
 * double magnitude = share.magnitude(); // 7 / 10
 * double square = share.square();       // 25 / 30
 * }</pre>
 *
 * @param magnitude share of the sum of |w|
 * @param square share of the sum of w<sup>2</sup>
 */
public record KeptShare(double magnitude, double square) {}
