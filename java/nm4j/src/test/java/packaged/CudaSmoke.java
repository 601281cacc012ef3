/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package packaged;

import org.nm4j.CudaInfo;
import org.nm4j.Nm4j;

/** A program that asks for a GPU, of a user who has the packaged jars and nothing else. */
public final class CudaSmoke {
  private CudaSmoke() {}

  /** Prints what there is, and why not more. */
  public static void main(String[] args) {
    CudaInfo cuda = Nm4j.cuda();
    System.out.println("reason " + cuda.availability().reason());
    System.out.println("simulated " + cuda.simulated());
    System.out.println("library " + cuda.libraryFile());
  }
}
