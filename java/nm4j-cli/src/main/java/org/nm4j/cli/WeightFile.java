/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import org.nm4j.DenseMatrix;

/** A file of weights, visited in blocks of rows so that it may be larger than the heap. */
interface WeightFile {
  /** Sees a block of rows of a weight; {@code rows} is the visitor's to change. */
  interface Visitor {
    void visit(Weight weight, long firstRow, DenseMatrix rows);
  }

  /** Opens an ONNX model, or a raw file when there is a shape for it. */
  static WeightFile open(Path file, RawShape shape, WeightOptions options) throws IOException {
    if (shape == null) {
      return OnnxModel.read(file, options.exclude);
    }
    if (options.exclude != null) {
      throw new Failure("--exclude is for ONNX models; a raw file has one weight");
    }
    return new RawFile(file, shape.rows, shape.cols);
  }

  /** The weights, in the order in which they are visited. */
  List<Weight> weights();

  /** Products whose weight is not among {@link #weights}. */
  List<Skipped> skipped();

  /** Visits all rows of all weights; the file stays as it is. */
  void forEach(Visitor visitor) throws IOException;

  /** Visits all rows of all weights and writes a copy of the file with what the visitor made. */
  void rewrite(Visitor visitor, FileChannel out) throws IOException;
}
