/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.interop;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;

/** What is refused on any machine. */
class CudaTest {
  @Test
  void misuseIsRefusedWithoutAnyGpu() {
    Device gpu = Device.cuda(0);
    Class<IllegalArgumentException> illegal = IllegalArgumentException.class;
    Pointer none = new Pointer();
    assertThrows(illegal, () -> Cuda.view(none, gpu, DType.F32, 1, 1, 1));
    assertThrows(illegal, () -> Cuda.pointer(DenseMatrix.allocate(2, 2)));
    try (FloatPointer pointer = new FloatPointer(8)) {
      assertThrows(illegal, () -> Cuda.view(pointer, gpu, DType.F32, -1, 1, 1));
      assertThrows(illegal, () -> Cuda.view(pointer, gpu, DType.F32, 2, 4, 3));
      Pointer odd = new Pointer(pointer).getPointer(Pointer.class, 1);
      assertThrows(illegal, () -> Cuda.view(odd, gpu, DType.F32, 1, 1, 1));
      Class<UnsupportedOperationException> unsupported = UnsupportedOperationException.class;
      assertThrows(unsupported, () -> Cuda.view(pointer, Device.cpu(), DType.F32, 1, 1, 1));
      assertThrows(unsupported, () -> Cuda.wrap(null, Device.cpu()));
    }
  }
}
