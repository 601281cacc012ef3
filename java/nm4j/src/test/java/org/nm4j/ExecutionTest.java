/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where the tiles run makes no difference to the result, and no executor can stop the caller. */
@RandomTest
@Timeout(120) // A deadlock must not hold up the build for ever; nothing here takes a second.
class ExecutionTest {
  private static final int ROWS = 700;
  private static final int COLS = 96;
  private static final int BATCH = 200;

  private SparseMatrix matrix;
  private DenseMatrix x;
  private float[] expected;

  @BeforeEach
  void multiplyOnce(Random random) {
    matrix =
        SparseMatrix.prune(
            Samples.matrix(Samples.floats(random, ROWS * COLS), ROWS, COLS), Pattern.P2_4);
    x = Samples.matrix(Samples.floats(random, BATCH * COLS), BATCH, COLS);
    expected = run(Execution.caller());
  }

  @AfterEach
  void close() {
    matrix.close(); // fails if a call still counts as in progress
  }

  private float[] run(Execution execution) {
    DenseMatrix y = DenseMatrix.allocate(BATCH, ROWS);
    matrix.linear(x, y, Epilogue.NONE, execution);
    return y.toArray();
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void anyNumberOfThreadsGivesTheSameBits(Layout layout, Random random) {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      float[] w = Samples.floats(random, 530 * 70);
      Product.Spec spec = new Product.Spec(0.5f, true, 2, Product.Added.SEPARATE, Activation.GELU);
      for (Workload workload : Workload.values()) {
        try (SparseMatrix.Builder builder = SparseMatrix.builder(530, 70, Pattern.P2_4);
            SparseMatrix a =
                builder.workload(workload).prune(0, Samples.matrix(w, 530, 70)).build()) {
          for (int batch : new int[] {1, 3, 64, 200}) {
            Product product = new Product(layout, 530, 70, batch, spec, random, Samples::floats);
            float[] alone = product.run(a, Execution.caller()).result();
            for (int threads = 1; threads <= 9; threads++) {
              assertArrayEquals(alone, product.run(a, Execution.on(pool, threads)).result());
            }
            assertArrayEquals(alone, product.run(a, Execution.parallel()).result());
          }
        }
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void aSaturatedSingleThreadExecutorCostsNoProgress() throws Exception {
    ExecutorService single = Executors.newSingleThreadExecutor();
    CountDownLatch blocked = new CountDownLatch(1);
    try {
      Future<?> blocker =
          single.submit(
              () -> {
                blocked.await();
                return null;
              });
      assertArrayEquals(expected, run(Execution.on(single, 4)));
      blocked.countDown();
      blocker.get();
    } finally {
      blocked.countDown();
      single.shutdown();
    }
  }

  @Test
  void aTaskOfAPoolMayMultiplyOnThatPool() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      List<Future<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        results.add(pool.submit(() -> run(Execution.on(pool, 3))));
      }
      for (Future<float[]> result : results) {
        assertArrayEquals(expected, result.get());
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void aRejectingExecutorLeavesAllToTheCaller() {
    Executor rejecting =
        task -> {
          throw new RejectedExecutionException("full");
        };
    assertArrayEquals(expected, run(Execution.on(rejecting, 4)));
    ExecutorService shutDown = Executors.newFixedThreadPool(2);
    shutDown.shutdown();
    assertArrayEquals(expected, run(Execution.on(shutDown, 4)));
  }

  @Test
  void anExecutorMayRunTasksInTheCaller() {
    assertArrayEquals(expected, run(Execution.on(Runnable::run, 4)));
  }

  @Test
  void anExecutorMayStartAThreadPerTask() {
    assertArrayEquals(expected, run(Execution.on(task -> new Thread(task).start(), 6)));
  }

  @Test
  void theCommonPoolServesToo() {
    assertArrayEquals(expected, run(Execution.on(ForkJoinPool.commonPool(), 4)));
  }

  @Test
  void helpersThatStartLateTouchNothing() {
    List<Runnable> late = new ArrayList<>();
    assertArrayEquals(expected, run(Execution.on(late::add, 4)));
    assertEquals(3, late.size());
    matrix.close();
    late.forEach(Runnable::run);
  }

  @Test
  void noMoreHelpersAreAskedForThanThreads() {
    AtomicInteger asked = new AtomicInteger();
    Executor counting = task -> asked.incrementAndGet();
    run(Execution.on(counting, 5));
    assertEquals(4, asked.get());
    run(Execution.on(counting, 1));
    assertEquals(4, asked.get());
  }

  @Test
  void threadsBeyondTheTilesAreNotAskedFor() {
    AtomicInteger asked = new AtomicInteger();
    assertArrayEquals(expected, run(Execution.on(task -> asked.incrementAndGet(), 1_000_000_000)));
    assertTrue(asked.get() < 1000, () -> "asked for " + asked);
  }

  @Test
  void aBrokenExecutorIsReportedAndNothingIsLeftRunning() {
    RuntimeException failure = new ArithmeticException("broken");
    Execution broken =
        Execution.on(
            task -> {
              throw failure;
            },
            4);
    assertSame(failure, assertThrows(ArithmeticException.class, () -> run(broken)));
    Error error = new AssertionError("very broken");
    Execution worse =
        Execution.on(
            task -> {
              throw error;
            },
            4);
    assertSame(error, assertThrows(AssertionError.class, () -> run(worse)));
    assertArrayEquals(expected, run(Execution.parallel()));
  }

  @Test
  void aFailureInAHelperReachesTheCaller() {
    DenseMatrix square = DenseMatrix.allocate(BATCH, COLS);
    try (SparseMatrix wide = SparseMatrix.prune(DenseMatrix.allocate(COLS, COLS), Pattern.P2_4)) {
      for (int i = 0; i < 20; i++) {
        Misuse.illegalArgument(
            () -> wide.linear(square, square, Epilogue.NONE, Execution.parallel()), "overlap");
      }
    }
  }

  @Test
  void anInterruptStaysPending() throws Exception {
    List<float[]> result = new ArrayList<>();
    boolean[] interrupted = new boolean[1];
    Thread thread =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              result.add(run(Execution.parallel()));
              interrupted[0] = Thread.interrupted();
            });
    thread.start();
    thread.join();
    assertArrayEquals(expected, result.get(0));
    assertTrue(interrupted[0]);
  }

  @Test
  void anyNumberOfCallersMayShareThePool() throws Exception {
    List<Thread> threads = new ArrayList<>();
    AtomicInteger right = new AtomicInteger();
    for (int t = 0; t < 6; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 20; i++) {
                  assertArrayEquals(expected, run(Execution.parallel()));
                  right.incrementAndGet();
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(120, right.get());
  }

  @Test
  void aProductTooSmallToShareAsksNobody() {
    AtomicInteger asked = new AtomicInteger();
    Execution two = Execution.on(task -> asked.incrementAndGet(), 2);
    DenseMatrix one = DenseMatrix.allocate(1, COLS);
    matrix.linear(one, DenseMatrix.allocate(1, ROWS), Epilogue.NONE, two);
    assertEquals(0, asked.get());
    run(two);
    assertEquals(1, asked.get());
  }

  @Test
  void productsOfTheCallerAllocateNothing() {
    DenseMatrix one = DenseMatrix.allocate(1, COLS);
    DenseMatrix y = DenseMatrix.allocate(1, ROWS);
    Epilogue epilogue = Epilogue.NONE.bias(DenseMatrix.allocate(1, ROWS)).add(1, y);
    var memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long before = 0;
    for (int i = -10; i < 1000; i++) {
      if (i == 0) { // classes are loaded now
        before = memory.getThreadAllocatedBytes(thread);
      }
      matrix.linear(one, y);
      matrix.linear(one, y, epilogue, Execution.parallel(1));
    }
    long bytes = memory.getThreadAllocatedBytes(thread) - before;
    assertTrue(bytes < 2000, () -> bytes + " bytes in 2000 calls");
  }

  @Test
  void poolThreadsAreDaemonsWithoutAContextClassLoader() {
    run(Execution.parallel());
    Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("nm4j-"))
        .forEach(
            thread -> {
              assertTrue(thread.isDaemon());
              assertNull(thread.getContextClassLoader());
            });
  }

  @Test
  void threadsMustBePositive() {
    Misuse.illegalArgument(() -> Execution.on(Runnable::run, 0), "at least 1", "got 0");
    Misuse.illegalArgument(() -> Execution.on(Runnable::run, -1), "got -1");
    Misuse.nullPointer(() -> Execution.on(null, 1));
    assertEquals(1, Execution.caller().threads());
    assertEquals(7, Execution.on(Runnable::run, 7).threads());
    Misuse.illegalArgument(() -> Execution.parallel(0), "at least 1", "got 0");
    int processors = Runtime.getRuntime().availableProcessors();
    assertEquals(processors, Execution.parallel().threads());
    assertEquals(processors, Execution.parallel(Integer.MAX_VALUE).threads());
    assertSame(Execution.caller(), Execution.parallel(1));
  }

  /** Multiplies on the shared pool and prints what ran. */
  static final class Program {
    public static void main(String[] args) {
      DenseMatrix x = DenseMatrix.allocate(64, 512);
      DenseMatrix y = DenseMatrix.allocate(64, 2048);
      try (SparseMatrix w = SparseMatrix.prune(DenseMatrix.allocate(2048, 512), Pattern.P2_4)) {
        for (int i = 0; i < 20; i++) {
          w.linear(x, y, Epilogue.NONE, Execution.parallel());
        }
      }
      long helpers =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().startsWith("nm4j-"))
              .count();
      System.out.println(Execution.parallel().threads() + " threads, " + helpers + " helpers");
    }
  }

  @Test
  void aSingleProcessorHasNoHelper() throws Exception {
    run("-XX:ActiveProcessorCount=1").succeeded().printed("1 threads, 0 helpers");
  }

  @Test
  void thePoolLeavesAProcessorToTheCaller() throws Exception {
    run("-XX:ActiveProcessorCount=4").succeeded().printed("4 threads, 3 helpers");
  }

  @Test
  void pollingCanBeTurnedOff() throws Exception {
    run("-XX:ActiveProcessorCount=2", "-Dnm4j.spin.micros=0")
        .succeeded()
        .printed("2 threads, 1 helpers");
  }

  @Test
  void aSettingThatMakesNoSenseIsReported() throws Exception {
    for (String micros : List.of("-1", "1000001", "much", "")) {
      Jvm.Result result = run("-XX:ActiveProcessorCount=2", "-Dnm4j.spin.micros=" + micros);
      assertEquals(1, result.exit());
      result.printed("IllegalArgumentException", "0 to 1000000", "got " + micros);
    }
  }

  private static Jvm.Result run(String... options) throws Exception {
    return new Jvm().options(options).run(Program.class);
  }
}
