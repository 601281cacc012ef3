/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import picocli.CommandLine.Option;

/** The shape of a raw file, which does not say so itself: both options or none. */
final class RawShape {
  @Option(
      names = "--rows",
      required = true,
      paramLabel = "N",
      description =
          "Read raw little-endian fp32 values, row-major, of this many rows (outputs) ...")
  int rows;

  @Option(
      names = "--cols",
      required = true,
      paramLabel = "N",
      description = "... and columns (inputs). Groups run along a row.")
  int cols;
}
