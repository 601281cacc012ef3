/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** The values of ONNX tensors, wherever a model keeps them. */
final class Tensors {
  private Tensors() {}

  /** The values of a FLOAT tensor, in its order. */
  static float[] floats(TensorProto tensor) {
    float[] values;
    if (tensor.hasRawData()) {
      ByteString raw = tensor.getRawData();
      values = new float[raw.size() / Float.BYTES];
      raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    } else {
      values = new float[tensor.getFloatDataCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = tensor.getFloatData(i);
      }
    }
    long expected = tensor.getDimsList().stream().reduce(1L, Math::multiplyExact);
    if (values.length != expected) {
      throw new Failure(
          Text.format(
              "%s: dimensions %s need %d values, found %d",
              tensor.getName(), tensor.getDimsList(), expected, values.length));
    }
    return values;
  }

  /** The same tensor with other values. */
  static TensorProto withFloats(TensorProto tensor, float[] values) {
    ByteBuffer raw =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    // Wrapping is safe: nobody else holds the buffer.
    return tensor.toBuilder()
        .clearFloatData()
        .setRawData(UnsafeByteOperations.unsafeWrap(raw))
        .build();
  }

  /** The same tensor with its values inside, when they lie in a file of their own. */
  static TensorProto inline(TensorProto tensor, Path directory) throws IOException {
    if (tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
      return tensor;
    }
    Map<String, String> entries =
        tensor.getExternalDataList().stream()
            .collect(
                Collectors.toMap(
                    StringStringEntryProto::getKey, StringStringEntryProto::getValue, (a, b) -> b));
    Path file = directory.resolve(entries.getOrDefault("location", "")).normalize();
    if (!file.startsWith(directory)) {
      throw new Failure(tensor.getName() + ": external data outside the model's directory");
    }
    long offset = position(tensor, entries.getOrDefault("offset", "0"));
    try (InputStream in = Files.newInputStream(file)) {
      long length =
          entries.containsKey("length")
              ? position(tensor, entries.get("length"))
              : Math.max(0, Files.size(file) - offset);
      if (length > Integer.MAX_VALUE) {
        throw new Failure(tensor.getName() + ": " + Text.bytes(length) + " exceed 2 GiB");
      }
      in.skip(offset);
      byte[] bytes = in.readNBytes((int) length);
      if (bytes.length != length) {
        throw new Failure(tensor.getName() + ": external data " + file + " is truncated");
      }
      return tensor.toBuilder()
          .clearExternalData()
          .clearDataLocation()
          .setRawData(UnsafeByteOperations.unsafeWrap(bytes))
          .build();
    }
  }

  private static long position(TensorProto tensor, String text) {
    try {
      long position = Long.parseLong(text);
      if (position >= 0) {
        return position;
      }
    } catch (NumberFormatException e) {
      // as wrong as a negative one
    }
    throw new Failure(tensor.getName() + ": bad position of external data: " + text);
  }

  /** The transpose of a row-major matrix, block by block for the cache's sake. */
  static float[] transpose(float[] values, int rows, int cols) {
    final int block = 32;
    float[] out = new float[values.length];
    for (int r0 = 0; r0 < rows; r0 += block) {
      for (int c0 = 0; c0 < cols; c0 += block) {
        for (int r = r0; r < Math.min(r0 + block, rows); r++) {
          for (int c = c0; c < Math.min(c0 + block, cols); c++) {
            out[c * rows + r] = values[r * cols + c];
          }
        }
      }
    }
    return out;
  }
}
