/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nm4j.interop.Cuda;

/** Memory and streams of a GPU that other libraries use, too. */
@GpuTest
class DeviceSharingTest {
  private static final Device GPU = Device.cuda(0);

  @Test
  void anAddressIsTheSameMemory() {
    DeviceMemory memory = DeviceMemory.allocate(GPU, 4 * 12);
    DenseMatrix matrix = memory.matrix(0, DType.F32, 3, 4, 4);
    matrix.copyFrom(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    DenseMatrix view = Cuda.view(Cuda.pointer(matrix.rows(1, 2)), GPU, DType.F32, 2, 4, 4);
    assertArrayEquals(new float[] {5, 6, 7, 8, 9, 10, 11, 12}, view.toArray());
    view.copyFrom(new float[8]);
    assertArrayEquals(new float[] {1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0}, matrix.toArray());
    FloatPointer positioned = new FloatPointer(Cuda.pointer(matrix));
    DenseMatrix third = Cuda.view(positioned.position(2), GPU, DType.F32, 1, 2, 2);
    assertArrayEquals(new float[] {3, 4}, third.toArray());
    memory.close();
    assertThrows(IllegalStateException.class, () -> Cuda.pointer(matrix));
  }

  @Test
  void hostMemoryIsNoMemoryOfTheGpu() {
    try (FloatPointer pointer = new FloatPointer(16)) {
      DenseMatrix wrong = Cuda.view(pointer, GPU, DType.F32, 4, 4, 4);
      assertThrows(IllegalArgumentException.class, wrong::toArray);
    }
  }

  @Test
  void aWrappedStreamIsTheSameStream() {
    DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 8, 8);
    DenseMatrix here = DenseMatrix.allocate(8, 8);
    DenseMatrix out = DenseMatrix.allocate(8, 8);
    here.set(3, 4, 5);
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      Pointer raw = Cuda.stream(stream);
      try (DeviceStream same = Cuda.wrap(raw, GPU)) {
        assertEquals(raw.address(), Cuda.stream(same).address());
        same.copy(here, there);
        stream.copy(there, out);
        same.synchronize();
      }
      assertEquals(5, out.get(3, 4));
      stream.synchronize(); // still open
    }
    try (DeviceStream standard = Cuda.wrap(null, GPU)) {
      standard.copy(there, out);
      standard.synchronize();
    }
    DeviceStream closed = DeviceStream.create(GPU);
    closed.close();
    assertThrows(IllegalStateException.class, () -> Cuda.stream(closed));
  }
}
