/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.interop.Cuda;
import org.nm4j.interop.JavaCpp;

/** Tensors as nm4j sees them: addresses, shapes and views without copies. */
final class Tensors {
  private static final int CHUNK = 1 << 20;

  private Tensors() {}

  /** What a tensor is known by: all handles of one parameter have the same, whatever its data. */
  static long id(Tensor tensor) {
    return tensor.unsafeGetTensorImpl().address();
  }

  static long[] shape(Tensor tensor) {
    long[] shape = new long[(int) tensor.dim()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }

  /** Null for a device on which nm4j does not compute. */
  static Device device(Tensor tensor) {
    return Place.current().of(tensor);
  }

  static String describe(Tensor tensor) {
    Device device = device(tensor);
    return tensor.scalar_type()
        + " of "
        + Arrays.toString(shape(tensor))
        + " on "
        + (device == null ? tensor.device().str().getString() : device)
        + (tensor.is_contiguous() ? "" : ", not contiguous");
  }

  /** Whether nm4j can compute in place on it, on the CPU. */
  static boolean isPlainFloat(Tensor tensor) {
    return device(tensor) == Device.cpu() && isFloat(tensor) && tensor.is_contiguous();
  }

  /** JavaCPP's enums from native code are other objects than their constants. */
  static boolean isFloat(Tensor tensor) {
    return tensor.scalar_type().value == ScalarType.Float.value;
  }

  static boolean isBf16(Tensor tensor) {
    return tensor.scalar_type().value == ScalarType.BFloat16.value;
  }

  /** What compressed layers take; `remedy` is for tensors of a GPU. */
  static void requirePlainFloat(String name, Tensor tensor, String remedy) {
    if (!isPlainFloat(tensor)) {
      Device device = device(tensor);
      boolean gpu = device != null && !device.isCpu();
      throw new IllegalArgumentException(
          name
              + ": expected contiguous float32 on the CPU, got "
              + describe(tensor)
              + (gpu ? "; compressed layers compute on the CPU: " + remedy : ""));
    }
  }

  /** What nm4j can train: in place, or by float32 master weights of its own. */
  static void requireTrainable(String name, Tensor tensor) {
    if (device(tensor) == null || !(isFloat(tensor) || isBf16(tensor)) || !tensor.is_contiguous()) {
      throw new IllegalArgumentException(
          name
              + ": expected contiguous float32 or bfloat16 on the CPU or CUDA, got "
              + describe(tensor)
              + "; leave it out of the recipe, or convert it before");
    }
  }

  /** As contiguous float32 where it is: the tensor itself if it is that, else a copy. */
  static Tensor asFloat(Tensor tensor) {
    return isFloat(tensor) && tensor.is_contiguous()
        ? tensor
        : Place.current().copy(tensor, ScalarType.Float);
  }

  /** Contiguous on the CPU: the tensor itself if it is that, else a copy. */
  static Tensor onHost(Tensor tensor) {
    Tensor there = device(tensor) == Device.cpu() ? tensor : Place.current().host(tensor);
    return there.is_contiguous() ? there : there.contiguous();
  }

  /**
   * The tensor's memory as a matrix, without a copy. Keeps no tensor alive: that is the caller's.
   */
  static DenseMatrix view(Tensor tensor, long rows, long cols) {
    return view(DType.F32, tensor, rows, cols);
  }

  /** The same for bfloat16. */
  static DenseMatrix viewBf16(Tensor tensor, long rows, long cols) {
    return view(DType.BF16, tensor, rows, cols);
  }

  private static DenseMatrix view(DType dtype, Tensor tensor, long rows, long cols) {
    Device device = device(tensor);
    if (rows * cols == 0) {
      return DenseMatrix.allocate(device, dtype, rows, cols); // JavaCPP has no pointer to nothing
    }
    Pointer data = tensor.data_ptr();
    if (!device.isCpu()) {
      return Cuda.view(data, device, dtype, rows, cols, cols);
    }
    return dtype == DType.F32
        ? JavaCpp.view(new FloatPointer(data).capacity(rows * cols), rows, cols, cols)
        : JavaCpp.viewBf16(new ShortPointer(data).capacity(rows * cols), rows, cols, cols);
  }

  /** Keeps a tensor that was made inside a scope of the caller's beyond that scope. */
  static <P extends Pointer> P keep(P pointer) {
    return pointer.retainReference();
  }

  /** Lets a parameter's memory go; the parameter itself stays, without elements. */
  static void empty(Tensor parameter) {
    parameter.set_data(torch.empty(0));
  }

  static String string(StringVector strings, long index) {
    try (BytePointer text = strings.get(index)) {
      return text == null ? "" : text.getString(); // JavaCPP gives null for an empty string
    }
  }

  static long bytes(Tensor tensor) {
    return tensor.numel() * tensor.element_size();
  }

  interface ChunkAction {
    void accept(ByteBuffer chunk) throws java.io.IOException;
  }

  /** Passes the memory of a contiguous tensor on the CPU on, piece by piece. */
  static void chunks(Tensor tensor, ChunkAction action) throws java.io.IOException {
    try (PointerScope scope = new PointerScope()) {
      long size = bytes(tensor);
      BytePointer data = new BytePointer(tensor.data_ptr());
      for (long at = 0; at < size; at += CHUNK) {
        data.position(at).limit(Math.min(size, at + CHUNK));
        action.accept(data.asByteBuffer());
      }
    } finally {
      Reference.reachabilityFence(tensor);
    }
  }
}
