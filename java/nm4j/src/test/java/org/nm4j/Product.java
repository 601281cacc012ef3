/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.BiFunction;

/** One product with its operands in guarded memory, and the check of its result. */
final class Product {
  /** Where C comes from. */
  enum Added {
    NONE,
    SEPARATE,
    IN_PLACE
  }

  /** Everything about an epilogue but the data. */
  record Spec(float alpha, boolean bias, float beta, Added added, Activation activation) {
    static final Spec PLAIN = new Spec(1, false, 0, Added.NONE, Activation.IDENTITY);
  }

  private final Layout layout;
  private final int rows;
  private final int cols;
  private final int batch;
  private final Spec spec;
  private final float[] x;
  private final float[] c;
  private final float[] bias;
  private final GuardedMatrix xMatrix;
  private final GuardedMatrix cMatrix;
  private final GuardedMatrix biasMatrix;
  private final GuardedMatrix yMatrix;

  /**
   * Draws the operands.
   *
   * @param draw makes a number of random floats
   */
  Product(
      Layout layout,
      int rows,
      int cols,
      int batch,
      Spec spec,
      Random random,
      BiFunction<Random, Integer, float[]> draw) {
    this.layout = layout;
    this.rows = rows;
    this.cols = cols;
    this.batch = batch;
    this.spec = spec;
    this.x = draw.apply(random, cols * batch);
    this.c = draw.apply(random, rows * batch);
    this.bias = draw.apply(random, rows);
    this.xMatrix = matrix(x, cols, random.nextInt(3));
    this.cMatrix = matrix(c, rows, random.nextInt(3));
    this.biasMatrix = new GuardedMatrix(bias, 1, rows, 0);
    this.yMatrix = matrix(new float[rows * batch], rows, random.nextInt(3));
    if (spec.added == Added.IN_PLACE) {
      yMatrix.view().copyFrom(c);
    }
  }

  private GuardedMatrix matrix(float[] values, int features, int gap) {
    return layout == Layout.FEATURE_MAJOR
        ? new GuardedMatrix(values, features, batch, gap)
        : new GuardedMatrix(values, batch, features, gap);
  }

  /** Changes an activation; before {@link #run}. */
  void setActivation(int feature, int item, float value) {
    x[index(feature, item, cols)] = value;
    xMatrix.view().copyFrom(x);
  }

  /** Computes Y. */
  Product run(SparseMatrix matrix, Execution execution) {
    if (layout == Layout.FEATURE_MAJOR) {
      matrix.multiply(xMatrix.view(), yMatrix.view(), epilogue(), execution);
    } else {
      matrix.linear(xMatrix.view(), yMatrix.view(), epilogue(), execution);
    }
    return this;
  }

  /** Computes Y by one of a matrix's routes. */
  Product run(Route route, Execution execution) {
    route.run(layout, batch, 1, xMatrix.view(), yMatrix.view(), epilogue(), execution);
    return this;
  }

  private Epilogue epilogue() {
    Epilogue epilogue = Epilogue.NONE.alpha(spec.alpha).activation(spec.activation);
    if (spec.bias) {
      epilogue = epilogue.bias(biasMatrix.view());
    }
    if (spec.added != Added.NONE) {
      DenseMatrix added = (spec.added == Added.IN_PLACE ? yMatrix : cMatrix).view();
      epilogue = epilogue.add(spec.beta, added);
    }
    return epilogue;
  }

  /** Y without gaps. */
  float[] result() {
    return yMatrix.view().toArray();
  }

  /** Compares Y with the reference within its tolerance, or exactly, and all guards. */
  void check(float[] w, boolean[] kept, boolean exactly) {
    float[] y = result();
    Reference.Scalars scalars =
        new Reference.Scalars(
            spec.alpha, spec.added == Added.NONE ? 0 : spec.beta, spec.activation);
    for (int row = 0; row < rows; row++) {
      float[] weights = java.util.Arrays.copyOfRange(w, row * cols, (row + 1) * cols);
      boolean[] keptHere = java.util.Arrays.copyOfRange(kept, row * cols, (row + 1) * cols);
      for (int item = 0; item < batch; item++) {
        int at = index(row, item, rows);
        Reference.Element expected =
            Reference.Element.of(
                weights,
                keptHere,
                x,
                index(0, item, cols),
                index(1, 0, cols),
                scalars,
                scalars.beta() == 0 ? 0 : c[at],
                spec.bias ? bias[row] : 0);
        String where = "row " + row + ", item " + item + " of " + this;
        if (exactly || Double.isNaN(expected.value()) || Double.isInfinite(expected.value())) {
          assertEquals((float) expected.value() + 0f, y[at] + 0f, where); // of either zero
        } else {
          assertTrue(
              Math.abs(expected.value() - y[at]) <= expected.tolerance(),
              () -> where + ": expected " + expected + ", got " + y[at]);
        }
      }
    }
    xMatrix.assertGuardsIntact();
    cMatrix.assertGuardsIntact();
    biasMatrix.assertGuardsIntact();
    yMatrix.assertGuardsIntact();
  }

  private int index(int feature, int item, int features) {
    return layout == Layout.FEATURE_MAJOR ? feature * batch + item : item * features + feature;
  }

  @Override
  public String toString() {
    return layout + " " + rows + " x " + cols + ", batch " + batch + ", " + spec;
  }
}
