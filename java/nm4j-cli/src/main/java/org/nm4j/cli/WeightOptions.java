/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import org.nm4j.Pattern;
import picocli.CommandLine.Option;

/** The options that all commands on weights share. */
final class WeightOptions {
  @Option(
      names = "--pattern",
      paramLabel = "N:M",
      defaultValue = "2:4",
      description = "Keep N of every M consecutive weights along the inputs (default: 2:4).")
  Pattern pattern;

  @Option(
      names = "--exclude",
      paramLabel = "REGEX",
      description =
          "Leave alone the weights of an ONNX model whose name, or node's name, has a match.")
  java.util.regex.Pattern exclude;
}
