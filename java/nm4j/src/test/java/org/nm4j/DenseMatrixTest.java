/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DenseMatrixTest {
  private static final ByteOrder FOREIGN =
      ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
          ? ByteOrder.BIG_ENDIAN
          : ByteOrder.LITTLE_ENDIAN;

  @Test
  void viewsShareTheBufferFromItsPosition() {
    FloatBuffer buffer = Samples.direct(20);
    buffer.position(3);
    DenseMatrix matrix = DenseMatrix.of(buffer, 3, 4, 5);
    assertEquals(3, matrix.rows());
    assertEquals(4, matrix.cols());
    assertEquals(5, matrix.ld());
    matrix.set(2, 3, 7);
    assertEquals(7, buffer.get(3 + 2 * 5 + 3));
    buffer.put(3 + 5, 9);
    assertEquals(9, matrix.get(1, 0));
    assertEquals(3, buffer.position());
  }

  @Test
  void aMovedOrClearedBufferChangesNoView() {
    FloatBuffer buffer = Samples.direct(8);
    DenseMatrix matrix = DenseMatrix.of(buffer, 2, 4);
    buffer.position(8);
    matrix.set(0, 0, 1);
    assertEquals(1, matrix.get(0, 0));
  }

  @Test
  void theLastRowNeedsNoGap() {
    assertEquals(3, DenseMatrix.of(Samples.direct(2 * 5 + 4), 3, 4, 5).rows());
    Misuse.illegalArgument(
        () -> DenseMatrix.of(Samples.direct(2 * 5 + 3), 3, 4, 5), "14 elements", "got 13");
  }

  @ParameterizedTest
  @CsvSource({
    "-1,1,1",
    "1,-1,1",
    "1,1,-1",
    "2,4,3",
    "2,4,0",
    "1,4,3",
    "-9223372036854775808,1,1",
  })
  void negativeSizesAndShortLeadingDimensionsAreRefused(long rows, long cols, long ld) {
    Misuse.illegalArgument(() -> DenseMatrix.of(Samples.direct(100), rows, cols, ld), "got");
  }

  @ParameterizedTest
  @CsvSource({
    "4294967296,4294967296,4294967296",
    "9223372036854775807,2,2",
    "3,9223372036854775807,9223372036854775807",
    "2,1,9223372036854775807",
    "4611686018427387904,1,1",
    "1,4611686018427387904,4611686018427387904"
  })
  void sizesThatOverflowAreRefused(long rows, long cols, long ld) {
    Misuse.illegalArgument(() -> DenseMatrix.of(Samples.direct(100), rows, cols, ld), "2^63 - 1");
    if (ld == cols) {
      Misuse.illegalArgument(() -> DenseMatrix.allocate(rows, cols), "2^63 - 1");
      Misuse.illegalArgument(() -> DenseMatrix.copyOf(new float[4], rows, cols), "2^63 - 1");
    }
  }

  @Test
  void heapBuffersAreRefused() {
    Misuse.illegalArgument(() -> DenseMatrix.of(FloatBuffer.allocate(4), 2, 2), "direct", "heap");
  }

  @Test
  void buffersInForeignOrderAreRefused() {
    FloatBuffer foreign = ByteBuffer.allocateDirect(16).order(FOREIGN).asFloatBuffer();
    Misuse.illegalArgument(() -> DenseMatrix.of(foreign, 2, 2), "got " + FOREIGN);
  }

  @Test
  void buffersThatAreNotAlignedAreRefused() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(32).position(1).slice();
    FloatBuffer crooked = bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
    Misuse.illegalArgument(() -> DenseMatrix.of(crooked, 2, 2), "multiple of 4", "1 bytes beyond");
  }

  @Test
  void shortBuffersAreRefused() {
    FloatBuffer buffer = Samples.direct(16);
    Misuse.illegalArgument(() -> DenseMatrix.of(buffer, 17, 1), "17 elements", "got 16");
    Misuse.illegalArgument(() -> DenseMatrix.of(buffer.position(1), 4, 4), "got 15");
    Misuse.illegalArgument(() -> DenseMatrix.of(buffer.position(0).limit(15), 4, 4), "got 15");
  }

  @Test
  void nullIsRefused() {
    Misuse.nullPointer(() -> DenseMatrix.of(null, 1, 1));
    Misuse.nullPointer(() -> DenseMatrix.copyOf(null, 1, 1));
    Misuse.nullPointer(() -> DenseMatrix.allocate(1, 1).copyFrom(null));
  }

  @ParameterizedTest
  @CsvSource({"0,0", "0,7", "7,0"})
  void emptyMatricesAreLegal(long rows, long cols) {
    for (DenseMatrix matrix :
        new DenseMatrix[] {
          DenseMatrix.allocate(rows, cols),
          DenseMatrix.copyOf(new float[0], rows, cols),
          DenseMatrix.of(Samples.direct(0), rows, cols)
        }) {
      assertEquals(0, matrix.toArray().length);
      assertEquals(0, matrix.buffer().remaining());
      assertThrows(IndexOutOfBoundsException.class, () -> matrix.get(0, 0));
    }
  }

  @Test
  void readOnlyBuffersCanBeReadOnly() {
    FloatBuffer buffer = Samples.direct(4).put(2, 5);
    DenseMatrix matrix = DenseMatrix.of(buffer.asReadOnlyBuffer(), 2, 2);
    assertTrue(matrix.readOnly());
    assertTrue(matrix.rows(1, 1).readOnly());
    assertTrue(matrix.buffer().isReadOnly());
    assertEquals(5, matrix.get(1, 0));
    assertThrows(ReadOnlyBufferException.class, () -> matrix.set(0, 0, 1));
    assertThrows(ReadOnlyBufferException.class, () -> matrix.copyFrom(new float[4]));
    assertFalse(DenseMatrix.of(buffer, 2, 2).readOnly());
  }

  @Test
  void elementsOutsideAreOutOfBounds() {
    DenseMatrix matrix = DenseMatrix.of(Samples.direct(20), 3, 4, 6);
    Misuse.outOfBounds(() -> matrix.get(3, 0));
    Misuse.outOfBounds(() -> matrix.get(0, 4));
    Misuse.outOfBounds(() -> matrix.get(-1, 0));
    Misuse.outOfBounds(() -> matrix.get(0, -1));
    Misuse.outOfBounds(() -> matrix.set(0, 4, 1));
    Misuse.outOfBounds(() -> matrix.get(Long.MAX_VALUE, 0));
  }

  @Test
  void arraysGoInAndOutWithoutTheGaps() {
    float[] values = {1, 2, 3, 4, 5, 6};
    GuardedMatrix guarded = new GuardedMatrix(values, 2, 3, 2);
    assertArrayEquals(values, guarded.view().toArray());
    guarded.assertGuardsIntact();
    assertArrayEquals(values, DenseMatrix.copyOf(values, 3, 2).toArray());
  }

  @Test
  void arraysOfAnotherLengthAreRefused() {
    Misuse.illegalArgument(() -> DenseMatrix.copyOf(new float[5], 2, 3), "6 elements", "got 5");
    Misuse.illegalArgument(
        () -> DenseMatrix.allocate(2, 3).copyFrom(new float[7]), "6 elements", "got 7");
  }

  @Test
  void subViewsShareTheirRows() {
    DenseMatrix matrix = DenseMatrix.copyOf(new float[] {0, 1, 2, 3, 4, 5}, 3, 2);
    DenseMatrix last = matrix.rows(1, 2).rows(1, 1);
    assertArrayEquals(new float[] {4, 5}, last.toArray());
    last.set(0, 1, 9);
    assertEquals(9, matrix.get(2, 1));
    assertEquals(0, matrix.rows(3, 0).rows());
    Misuse.outOfBounds(() -> matrix.rows(2, 2));
    Misuse.outOfBounds(() -> matrix.rows(-1, 1));
    Misuse.outOfBounds(() -> matrix.rows(0, -1));
    Misuse.outOfBounds(() -> matrix.rows(1, Long.MAX_VALUE));
  }

  @Test
  void subViewsShareTheirColumns() {
    DenseMatrix matrix = DenseMatrix.copyOf(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, 2, 4);
    DenseMatrix middle = matrix.columns(1, 3).rows(1, 1).columns(0, 2);
    assertArrayEquals(new float[] {5, 6}, middle.toArray());
    middle.set(0, 1, 9);
    assertEquals(9, matrix.get(1, 2));
    assertEquals(4, matrix.columns(2, 2).ld());
    assertEquals(0, matrix.columns(4, 0).cols());
    Misuse.outOfBounds(() -> matrix.columns(3, 2));
    Misuse.outOfBounds(() -> matrix.columns(-1, 1));
    Misuse.outOfBounds(() -> matrix.columns(1, Long.MAX_VALUE));
  }

  @Test
  void emptySubViewsHaveEmptyBuffers() {
    DenseMatrix matrix = DenseMatrix.of(Samples.direct(2 * 5 + 4), 3, 4, 5);
    assertEquals(0, matrix.rows(3, 0).buffer().remaining());
    DenseMatrix columnless = DenseMatrix.of(Samples.direct(0), Long.MAX_VALUE, 0, Long.MAX_VALUE);
    assertEquals(0, columnless.rows(Long.MAX_VALUE - 1, 1).buffer().remaining());
  }

  @Test
  void theBufferSpansFromTheFirstElementToTheLast() {
    FloatBuffer memory = Samples.direct(30);
    DenseMatrix matrix = DenseMatrix.of(memory, 4, 3, 7).rows(1, 3);
    FloatBuffer buffer = matrix.buffer();
    assertEquals(2 * 7 + 3, buffer.remaining());
    buffer.put(0, 42);
    assertEquals(42, memory.get(7));
  }

  @Test
  void allocatedMemoryIsZeroAndAligned() {
    for (int elements = 1; elements < 40; elements++) {
      DenseMatrix matrix = DenseMatrix.allocate(1, elements);
      assertEquals(0, matrix.address() % 64);
      assertArrayEquals(new float[elements], matrix.toArray());
      matrix.set(0, elements - 1, 1);
    }
  }

  @Test
  void moreThanABufferHoldsIsRefused() {
    Misuse.illegalArgument(() -> DenseMatrix.allocate(1 << 20, 1 << 10), "4294967296 bytes");
  }
}
