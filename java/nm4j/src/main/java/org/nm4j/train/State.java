/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.Mask;
import org.nm4j.internal.Matrices;

/**
 * How a parameter's state lies in a stream: header, numbers, mask, moments and scores as
 * little-endian fp32, and the CRC-32 of all that.
 */
final class State {
  private static final long MAGIC = 0x4e4d_344a_5452_4e0aL; // "NM4JTRN\n"
  private static final int VERSION = 3;

  /** Without refreshes beside steps, which are then none. */
  private static final int OLDEST = 2;

  private static final int CHUNK = 1 << 16;

  private State() {}

  static void write(MaskedParameter p, OutputStream stream) throws IOException {
    CheckedOutputStream checked = new CheckedOutputStream(stream, new CRC32());
    DataOutputStream out = new DataOutputStream(checked);
    out.writeLong(MAGIC);
    out.writeInt(VERSION);
    out.writeUTF(p.name());
    out.writeLong(p.rows());
    out.writeLong(p.cols());
    out.writeLong(p.stride());
    out.writeUTF(p.maskKind().toString());
    out.writeInt(p.n);
    out.writeInt(p.m);
    out.writeInt(p.kind == null ? -1 : p.kind.ordinal());
    out.writeLong(p.steps);
    out.writeLong(p.flips);
    out.writeLong(p.refreshes);
    out.writeFloat(p.prunedFactor);
    out.writeBoolean(p.first != null);
    out.writeBoolean(p.second != null);
    writeBytes(p.maskBytes(), out);
    if (p.first != null) {
      writeFloats(p.first, out);
    }
    if (p.second != null) {
      writeFloats(p.second, out);
    }
    if (p.maskKind().scored()) {
      writeFloats(p.scores(), out);
    }
    out.writeLong(checked.getChecksum().getValue());
    out.flush();
  }

  /** Changes the parameter when all is read and checked, not before. */
  static void read(MaskedParameter p, InputStream stream) throws IOException {
    CheckedInputStream checked = new CheckedInputStream(stream, new CRC32());
    try {
      read(p, checked, new DataInputStream(checked));
    } catch (EOFException e) {
      throw new EOFException(p.name() + ": the saved state is cut off");
    }
  }

  private static void read(MaskedParameter p, CheckedInputStream checked, DataInputStream in)
      throws IOException {
    if (in.readLong() != MAGIC) {
      throw new IOException(p.name() + ": not a saved state of nm4j");
    }
    int version = in.readInt();
    expect(p, "version", Math.max(OLDEST, Math.min(version, VERSION)), version);
    expect(p, "name", p.name(), in.readUTF());
    expect(p, "rows", p.rows(), in.readLong());
    expect(p, "cols", p.cols(), in.readLong());
    expect(p, "stride", p.stride(), in.readLong());
    expect(p, "masks", p.maskKind().toString(), in.readUTF());
    int n = in.readInt();
    int m = in.readInt();
    int kind = in.readInt();
    long steps = in.readLong();
    long flips = in.readLong();
    long refreshes = version == OLDEST ? 0 : in.readLong();
    float prunedFactor = in.readFloat();
    boolean hasFirst = in.readBoolean();
    boolean hasSecond = in.readBoolean();
    DenseMatrix maskMatrix = DenseMatrix.allocate(DType.U8, p.mask.rows(), p.mask.cols());
    ByteBuffer mask = readBytes(maskMatrix.int8Buffer(), in);
    DenseMatrix first = hasFirst ? readFloats(p.weights(), in) : null;
    DenseMatrix second = hasSecond ? readFloats(p.weights(), in) : null;
    DenseMatrix scores = p.maskKind().scored() ? readFloats(p.scores(), in) : null;
    long sum = checked.getChecksum().getValue();
    expect(p, "checksum", sum, in.readLong());
    Mask.of(mask, p.rows(), p.cols());
    Optimizer.Kind optimizer = kind < 0 ? null : Optimizer.Kind.values()[kind];
    DenseMatrix newFirst = there(p, first); // may find no memory, when nothing has changed yet
    DenseMatrix newSecond = there(p, second);
    Matrices.get().copy(maskMatrix, p.mask);
    p.n = n;
    p.m = m;
    p.kind = optimizer;
    p.steps = steps;
    p.flips = flips;
    p.refreshes = refreshes;
    p.prunedFactor = prunedFactor;
    p.first = newFirst;
    p.second = newSecond;
    if (scores != null) {
      Matrices.get().copy(scores, p.scores());
    }
  }

  private static DenseMatrix there(MaskedParameter p, DenseMatrix moment) {
    return moment == null || p.device().isCpu() ? moment : moment.to(p.device());
  }

  private static void expect(MaskedParameter p, String what, Object expected, Object got)
      throws IOException {
    if (!expected.equals(got)) {
      throw new IOException(
          p.name() + ": saved state: expected " + what + " " + expected + ", got " + got);
    }
  }

  private static void writeBytes(ByteBuffer bytes, OutputStream out) throws IOException {
    byte[] chunk = new byte[CHUNK];
    while (bytes.hasRemaining()) {
      int count = Math.min(CHUNK, bytes.remaining());
      bytes.get(chunk, 0, count);
      out.write(chunk, 0, count);
    }
  }

  private static ByteBuffer readBytes(ByteBuffer bytes, DataInputStream in) throws IOException {
    byte[] chunk = new byte[CHUNK];
    while (bytes.hasRemaining()) {
      int count = Math.min(CHUNK, bytes.remaining());
      in.readFully(chunk, 0, count);
      bytes.put(chunk, 0, count);
    }
    return bytes.flip();
  }

  private static void writeFloats(DenseMatrix matrix, OutputStream out) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    var floats = (matrix.device().isCpu() ? matrix : matrix.to(Device.cpu())).buffer();
    while (floats.hasRemaining()) {
      int count = Math.min(CHUNK / Float.BYTES, floats.remaining());
      chunk.asFloatBuffer().put(floats.slice(floats.position(), count));
      floats.position(floats.position() + count);
      out.write(chunk.array(), 0, count * Float.BYTES);
    }
  }

  private static DenseMatrix readFloats(DenseMatrix like, DataInputStream in) throws IOException {
    DenseMatrix matrix = DenseMatrix.allocate(like.rows(), like.cols());
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    var floats = matrix.buffer();
    while (floats.hasRemaining()) {
      int count = Math.min(CHUNK / Float.BYTES, floats.remaining());
      in.readFully(chunk.array(), 0, count * Float.BYTES);
      floats.put(chunk.asFloatBuffer().limit(count));
    }
    return matrix;
  }
}
