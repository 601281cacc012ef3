/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.nm4j.DenseMatrix;

/** One row-major matrix of little-endian fp32 and nothing else. */
final class RawFile implements WeightFile {
  private static final int BLOCK_BYTES = 64 << 20;

  private final Path file;
  private final Weight weight;
  private final int blockBytes;

  RawFile(Path file, int rows, int cols) throws IOException {
    this(file, rows, cols, BLOCK_BYTES);
  }

  RawFile(Path file, int rows, int cols, int blockBytes) throws IOException {
    this.file = file;
    this.blockBytes = blockBytes;
    this.weight = new Weight(String.valueOf(file.getFileName()), List.of(), rows, cols, 1);
    if (rows < 1 || cols < 1) {
      throw new Failure(Text.format("--rows and --cols must be positive, got %d x %d", rows, cols));
    }
    long actual = Files.size(file);
    long expected = (long) rows * cols; // of two ints: cannot overflow
    if (actual % Float.BYTES != 0 || actual / Float.BYTES != expected) {
      throw new Failure(
          Text.format(
              "%s: %d x %d fp32 values are %d values of 4 bytes, but the file has %d bytes",
              file, rows, cols, expected, actual));
    }
  }

  @Override
  public List<Weight> weights() {
    return List.of(weight);
  }

  @Override
  public List<Skipped> skipped() {
    return List.of();
  }

  @Override
  public void forEach(Visitor visitor) throws IOException {
    blocks(visitor, bytes -> {});
  }

  @Override
  public void rewrite(Visitor visitor, FileChannel out) throws IOException {
    blocks(visitor, bytes -> SafeFile.writeFully(out, bytes));
  }

  private interface Sink {
    void accept(ByteBuffer bytes) throws IOException;
  }

  private void blocks(Visitor visitor, Sink sink) throws IOException {
    long rowBytes = (long) weight.inputs() * Float.BYTES;
    if (rowBytes > Integer.MAX_VALUE) {
      throw new Failure(file + ": a row is longer than 2 GiB");
    }
    int blockRows = (int) Math.min(weight.outputs(), Math.max(1, blockBytes / rowBytes));
    ByteBuffer block =
        ByteBuffer.allocateDirect((int) (blockRows * rowBytes)).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel in = FileChannel.open(file)) {
      for (long row = 0; row < weight.outputs(); row += blockRows) {
        long rows = Math.min(blockRows, weight.outputs() - row);
        readFully(in, block.clear().limit((int) (rows * rowBytes)));
        block.flip();
        visitor.visit(weight, row, DenseMatrix.of(block.asFloatBuffer(), rows, weight.inputs()));
        sink.accept(block);
      }
    }
  }

  private void readFully(FileChannel in, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (in.read(bytes) < 0) {
        throw new EOFException(file + ": became shorter while it was read");
      }
    }
  }
}
