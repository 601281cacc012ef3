/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package packaged;

import org.nm4j.DenseMatrix;
import org.nm4j.Nm4j;
import org.nm4j.Pattern;
import org.nm4j.SparseMatrix;

/** A program of a user, who has the packaged jars and nothing else. */
public final class Smoke {
  private Smoke() {}

  /** Multiplies and prints the product. */
  public static void main(String[] args) {
    DenseMatrix w = DenseMatrix.copyOf(new float[] {1, -4, 3, 2}, 1, 4);
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4)) {
      System.out.println("product " + matrix.linear(new float[] {1, 10, 100, 1000}, 1)[0]);
    }
    System.out.println(Nm4j.info());
    System.out.println("module " + Nm4j.class.getModule());
  }
}
