/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.ArrayList;
import java.util.List;

/**
 * What {@link Nm4j#cuda} found.
 *
 * <pre>{@code
 * CudaInfo cuda = Nm4j.cuda();
 * System.out.println(cuda);                  // a report for people
 * boolean fast = cuda.products().isAvailable();
 * }</pre>
 *
 * @param availability whether the first GPU takes memory, streams and kernels, and why not
 * @param products whether it computes sparse products too, and why not
 * @param denseProducts whether it computes dense products too, and why not
 * @param simulated true when the library is the double that tests use: then nothing it computes or
 *     times comes from a GPU
 * @param libraryFile absolute path of nm4j's CUDA library, or "" without one
 * @param runtime version of the CUDA runtime inside nm4j, such as "13.0", or ""
 * @param driver the newest CUDA version that the driver knows, or "" without a driver
 * @param cusparselt version and path of the cuSPARSELt in use, or ""
 * @param devices one line per GPU
 */
public record CudaInfo(
    Availability availability,
    Availability products,
    Availability denseProducts,
    boolean simulated,
    String libraryFile,
    String runtime,
    String driver,
    String cusparselt,
    List<String> devices) {
  /**
   * Copies the list.
   *
   * @param availability whether the first GPU takes memory, streams and kernels
   * @param products whether it computes sparse products too
   * @param denseProducts whether it computes dense products too
   * @param simulated true when the library is the double that tests use
   * @param libraryFile absolute path of nm4j's CUDA library
   * @param runtime version of the CUDA runtime inside nm4j
   * @param driver the newest CUDA version that the driver knows
   * @param cusparselt version and path of the cuSPARSELt in use
   * @param devices one line per GPU
   */
  public CudaInfo {
    devices = List.copyOf(devices);
  }

  /**
   * A report for people.
   *
   * @return one line per component
   */
  @Override
  public String toString() {
    List<String> lines = new ArrayList<>();
    if (simulated) {
      lines.add("SIMULATED   a test double on the CPU: nothing below comes from a GPU");
    }
    lines.add("memory      " + availability.text());
    lines.add("products    " + products.text());
    lines.add("dense       " + denseProducts.text());
    add(lines, "library     ", libraryFile);
    add(lines, "runtime     ", runtime);
    add(lines, "driver      ", driver);
    add(lines, "cusparselt  ", cusparselt);
    devices.forEach(device -> lines.add("device      " + device));
    return String.join(System.lineSeparator(), lines);
  }

  private static void add(List<String> lines, String name, String value) {
    if (!value.isEmpty()) {
      lines.add(name + value);
    }
  }

  /** Asks the library. */
  static CudaInfo look() {
    Device first = Device.cuda(0);
    Availability availability = first.availability();
    if (availability.reason() == Availability.Reason.LIBRARY) {
      return new CudaInfo(
          availability, availability, availability, false, "", "", "", "", List.of());
    }
    return CudaLibraryInfo.of(availability, first.sparseProducts(), first.denseProducts());
  }
}
