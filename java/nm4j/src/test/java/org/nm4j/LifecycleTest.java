/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handles: closed once, never under a call, never used afterwards. */
@Timeout(120)
class LifecycleTest {
  private static SparseMatrix matrix() {
    return SparseMatrix.prune(DenseMatrix.allocate(128, 64), Pattern.P2_4);
  }

  @Test
  void aClosedMatrixRefusesEveryCall() {
    SparseMatrix matrix = matrix();
    assertFalse(matrix.isClosed());
    matrix.close();
    assertTrue(matrix.isClosed());
    DenseMatrix x = DenseMatrix.allocate(64, 2);
    DenseMatrix y = DenseMatrix.allocate(128, 2);
    DenseMatrix xt = DenseMatrix.allocate(2, 64);
    DenseMatrix yt = DenseMatrix.allocate(2, 128);
    Misuse.illegalState(() -> matrix.multiply(x, y), "closed");
    Misuse.illegalState(() -> matrix.linear(xt, yt), "closed");
    Misuse.illegalState(() -> matrix.linear(xt, yt, Epilogue.NONE, Execution.parallel()), "closed");
    Misuse.illegalState(() -> matrix.multiply(new float[64], 1), "closed");
    Misuse.illegalState(() -> matrix.linear(new float[64], 1), "closed");
    Misuse.illegalState(() -> matrix.kernel(Layout.BATCH_MAJOR, 1), "closed");
    Misuse.illegalState(matrix::decompress, "closed");
    Misuse.illegalState(() -> matrix.decompress(0, DenseMatrix.allocate(1, 64)), "closed");
    Misuse.illegalState(matrix::compressed, "closed");
    Misuse.illegalState(matrix::transposed, "closed");
    assertTrue(matrix.toString().contains("closed"));
    assertEquals(128, matrix.rows());
  }

  @Test
  void closingTwiceDoesNothing() {
    SparseMatrix matrix = matrix();
    matrix.close();
    matrix.close();
    assertTrue(matrix.isClosed());
  }

  @Test
  void closingDuringACallIsRefusedAndTheMatrixStaysOpen() {
    SparseMatrix matrix = matrix();
    DenseMatrix x = DenseMatrix.allocate(200, 64);
    DenseMatrix y = DenseMatrix.allocate(200, 128);
    AtomicInteger refused = new AtomicInteger();
    // The executor is asked in the middle of the call.
    Execution closing =
        Execution.on(
            task -> {
              Misuse.illegalState(matrix::close, "in use by 1 call");
              assertFalse(matrix.isClosed());
              refused.incrementAndGet();
            },
            2);
    matrix.linear(x, y, Epilogue.NONE, closing);
    assertEquals(1, refused.get());
    matrix.linear(x, y);
    matrix.close();
  }

  @Test
  void closingDuringNestedCallsCountsThem() {
    SparseMatrix matrix = matrix();
    DenseMatrix x = DenseMatrix.allocate(200, 64);
    DenseMatrix y = DenseMatrix.allocate(200, 128);
    Execution closing =
        Execution.on(task -> Misuse.illegalState(matrix::close, "in use by 2 calls"), 2);
    Execution nesting =
        Execution.on(
            task -> matrix.linear(x, DenseMatrix.allocate(200, 128), Epilogue.NONE, closing), 2);
    matrix.linear(x, y, Epilogue.NONE, nesting);
    matrix.close();
  }

  @Test
  void aRaceOfCallsAndCloseNeverTouchesFreedMemory() throws Exception {
    float[] x = new float[64];
    java.util.Arrays.fill(x, 1);
    DenseMatrix ones = DenseMatrix.allocate(128, 64);
    for (int row = 0; row < 128; row++) {
      ones.set(row, row % 64, row + 1);
    }
    for (int round = 0; round < 200; round++) {
      SparseMatrix matrix = SparseMatrix.prune(ones, Pattern.P2_4);
      float[] expected = matrix.linear(x, 1);
      CyclicBarrier start = new CyclicBarrier(4);
      AtomicReference<Throwable> failure = new AtomicReference<>();
      AtomicInteger closers = new AtomicInteger();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        boolean closer = t == 0;
        threads.add(
            new Thread(
                () -> {
                  try {
                    start.await();
                    if (closer) {
                      closeOnceIdle(matrix);
                      closers.incrementAndGet();
                    } else {
                      multiplyUntilClosed(matrix, x, expected);
                    }
                  } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                    matrix.close();
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
      if (failure.get() != null) {
        throw new AssertionError("round " + round, failure.get());
      }
      assertEquals(1, closers.get());
      assertTrue(matrix.isClosed());
    }
  }

  private static void closeOnceIdle(SparseMatrix matrix) {
    while (!matrix.isClosed()) {
      try {
        matrix.close();
      } catch (IllegalStateException e) {
        assertTrue(e.getMessage().contains("in use by"), e.getMessage());
        Thread.onSpinWait();
      }
    }
  }

  private static void multiplyUntilClosed(SparseMatrix matrix, float[] x, float[] expected) {
    DenseMatrix in = DenseMatrix.copyOf(x, 1, 64);
    DenseMatrix out = DenseMatrix.allocate(1, 128);
    while (true) {
      try {
        matrix.linear(in, out);
      } catch (IllegalStateException e) {
        assertTrue(e.getMessage().contains("closed"), e.getMessage());
        return;
      }
      assertArrayEquals(expected, out.toArray());
      Thread.yield(); // lets the closer find the matrix idle
    }
  }

  @Test
  void threadsThatCloseAtOnceFreeOnce() throws Exception {
    for (int round = 0; round < 200; round++) {
      SparseMatrix matrix = matrix();
      CyclicBarrier start = new CyclicBarrier(3);
      AtomicReference<Throwable> failure = new AtomicReference<>();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 3; t++) {
        threads.add(
            new Thread(
                () -> {
                  try {
                    start.await();
                    matrix.close();
                  } catch (Throwable e) {
                    failure.set(e);
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(null, failure.get());
    }
  }

  @Test
  void aBuilderIsOfNoUseAfterBuildOrClose() {
    DenseMatrix w = DenseMatrix.allocate(4, 4);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    SparseMatrix.Builder built = SparseMatrix.builder(4, 4, Pattern.P2_4).prune(0, w);
    SparseMatrix matrix = built.build();
    built.close();
    built.close();
    assertFalse(matrix.isClosed());
    SparseMatrix.Builder closed = SparseMatrix.builder(4, 4, Pattern.P2_4).prune(0, w);
    closed.close();
    closed.close();
    SparseMatrix.Builder unused = SparseMatrix.builder(4, 4, Pattern.P2_4);
    unused.close();
    for (SparseMatrix.Builder builder : List.of(built, closed, unused)) {
      Misuse.illegalState(() -> builder.prune(0, w), "built or closed");
      Misuse.illegalState(() -> builder.put(0, w, mask), "built or closed");
      Misuse.illegalState(
          () -> builder.put(0, CompressedMatrix.compress(w, mask, Pattern.P2_4)),
          "built or closed");
      Misuse.illegalState(builder::build, "built or closed");
    }
    matrix.linear(DenseMatrix.allocate(1, 4), DenseMatrix.allocate(1, 4));
    matrix.close();
  }

  @Test
  void aBuilderWithoutRowsCannotBuild() {
    try (SparseMatrix.Builder builder = SparseMatrix.builder(4, 4, Pattern.P2_4)) {
      Misuse.illegalState(builder::build, "row 0");
    }
  }
}
