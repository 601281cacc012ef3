/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedLinear;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;

/** Streams, events and copies: their order, their end, and what they keep alive. */
@GpuTest
class DeviceStreamTest {
  private static final Device GPU = Device.cuda(0);

  private static DenseMatrix filled(int rows, int cols, float value) {
    DenseMatrix matrix = DenseMatrix.allocate(rows, cols);
    float[] values = new float[rows * cols];
    java.util.Arrays.fill(values, value);
    matrix.copyFrom(values);
    return matrix;
  }

  @Test
  void copiesOfOneStreamRunInOrder() {
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      DenseMatrix a = DenseMatrix.allocate(GPU, DType.F32, 16, 16);
      DenseMatrix b = DenseMatrix.allocate(GPU, DType.F32, 16, 16);
      DenseMatrix out = DenseMatrix.allocate(16, 16);
      stream.copy(filled(16, 16, 1), a);
      stream.copy(a, b);
      stream.copy(filled(16, 16, 2), a);
      stream.copy(b, out);
      stream.synchronize();
      assertTrue(stream.isDone());
      assertArrayEquals(filled(16, 16, 1).toArray(), out.toArray());
      assertArrayEquals(filled(16, 16, 2).toArray(), a.toArray());
    }
  }

  @Test
  void anEventOrdersTwoStreams() {
    try (DeviceStream first = DeviceStream.create(GPU);
        DeviceStream second = DeviceStream.create(GPU);
        DeviceEvent copied = DeviceEvent.create(GPU)) {
      DenseMatrix a = DenseMatrix.allocate(GPU, DType.F32, 256, 256);
      DenseMatrix b = DenseMatrix.allocate(GPU, DType.F32, 256, 256);
      assertTrue(copied.isReached()); // never recorded
      copied.synchronize();
      second.waitFor(copied);
      first.copy(filled(256, 256, 3), a);
      first.record(copied);
      second.waitFor(copied);
      second.copy(a, b);
      second.synchronize();
      assertTrue(copied.isReached());
      assertArrayEquals(filled(256, 256, 3).toArray(), b.toArray());
      assertSame(GPU, copied.device());
    }
  }

  @Test
  void eventsMeasureTime() {
    try (DeviceStream stream = DeviceStream.create(GPU);
        DeviceEvent begin = DeviceEvent.create(GPU);
        DeviceEvent end = DeviceEvent.create(GPU)) {
      Misuse.illegalState(() -> begin.millisecondsTo(end));
      DenseMatrix a = DenseMatrix.allocate(GPU, DType.F32, 64, 64);
      stream.record(begin);
      stream.copy(filled(64, 64, 1), a);
      stream.record(end);
      end.synchronize();
      assertTrue(begin.millisecondsTo(end) >= 0);
    }
  }

  @Test
  void copiesThatMakeNoSenseAreRefused() {
    DenseMatrix here = DenseMatrix.allocate(4, 4);
    DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 4, 4);
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      Misuse.illegalArgument(() -> stream.copy(here, DenseMatrix.allocate(4, 4)), "both in host");
      Misuse.illegalArgument(
          () -> stream.copy(here, DenseMatrix.allocate(GPU, DType.F32, 4, 5)), "4 x 4", "4 x 5");
      Misuse.illegalArgument(
          () -> stream.copy(here, DenseMatrix.allocate(GPU, DType.BF16, 4, 4)), "F32");
      DenseMatrix readOnly =
          DenseMatrix.of(
              ByteBuffer.allocateDirect(64)
                  .order(java.nio.ByteOrder.nativeOrder())
                  .asFloatBuffer()
                  .asReadOnlyBuffer(),
              4,
              4);
      Misuse.illegalArgument(() -> stream.copy(there, readOnly), "read-only");
      Misuse.nullPointer(() -> stream.copy(null, there));
      Misuse.nullPointer(() -> stream.record(null));
      Misuse.illegalArgument(() -> stream.copy(there, there)); // overlaps
    }
  }

  @Test
  void closedThingsRefuseEveryCall() {
    DeviceStream stream = DeviceStream.create(GPU);
    DeviceEvent event = DeviceEvent.create(GPU);
    DeviceMemory memory = DeviceMemory.allocate(GPU, 64);
    DenseMatrix view = memory.matrix(0, DType.F32, 4, 4, 4);
    DenseMatrix here = DenseMatrix.allocate(4, 4);
    memory.close();
    memory.close();
    assertTrue(memory.isClosed());
    assertTrue(memory.toString().contains("closed"));
    Misuse.illegalState(() -> stream.copy(here, view), "device memory is closed");
    Misuse.illegalState(view::toArray, "device memory is closed");
    Misuse.illegalState(() -> view.copyFrom(new float[16]), "device memory is closed");
    event.close();
    event.close();
    Misuse.illegalState(() -> stream.record(event), "event is closed");
    Misuse.illegalState(() -> stream.waitFor(event), "event is closed");
    Misuse.illegalState(event::isReached, "closed");
    Misuse.illegalState(event::synchronize, "closed");
    Misuse.illegalState(() -> event.millisecondsTo(event), "closed");
    stream.close();
    stream.close();
    assertTrue(stream.isClosed());
    DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 4, 4);
    Misuse.illegalState(() -> stream.copy(here, there), "stream is closed");
    Misuse.illegalState(stream::synchronize, "closed");
    Misuse.illegalState(stream::isDone, "closed");
    assertTrue(stream.toString().contains("closed"));
  }

  @Test
  void freeingWaitsForTheWorkThatUsesTheMemory() {
    DenseMatrix out = DenseMatrix.allocate(512, 512);
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      try (DeviceMemory memory = DeviceMemory.allocate(GPU, 4 * 512 * 512)) {
        DenseMatrix there = memory.matrix(0, DType.F32, 512, 512, 512);
        stream.copy(filled(512, 512, 7), there);
        stream.copy(there, out);
      } // freed here, without synchronisation
      assertTrue(stream.isDone());
      assertArrayEquals(filled(512, 512, 7).toArray(), out.toArray());
    }
  }

  @Test
  void closingAStreamWaitsForItsWork() {
    DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 512, 512);
    DenseMatrix out = DenseMatrix.allocate(512, 512);
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      stream.copy(filled(512, 512, 5), there);
      stream.copy(there, out);
    }
    assertArrayEquals(filled(512, 512, 5).toArray(), out.toArray());
  }

  /** Nobody but the stream knows the matrices; garbage collection comes in between. */
  @Test
  void aStreamKeepsWhatItsWorkUses() {
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      DenseMatrix last = DenseMatrix.allocate(128, 128);
      List<DenseMatrix> results = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        queueCopies(stream, i, results);
      }
      System.gc();
      for (int i = 0; i < 50; i++) {
        filled(128, 128, -1); // takes the place of what was freed too early
      }
      stream.copy(DenseMatrix.allocate(GPU, DType.F32, 128, 128), last);
      stream.synchronize();
      for (int i = 0; i < 100; i++) {
        assertArrayEquals(filled(128, 128, i).toArray(), results.get(i).toArray(), "copy " + i);
      }
    }
  }

  private static void queueCopies(DeviceStream stream, int value, List<DenseMatrix> results) {
    DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 128, 128);
    DenseMatrix out = DenseMatrix.allocate(128, 128);
    stream.copy(filled(128, 128, value), there);
    stream.copy(there, out);
    results.add(out);
  }

  /** Each copy either happens or finds the memory closed; the process survives. */
  @Test
  void concurrentClosesAreRefusedOrSeen() throws Exception {
    for (int round = 0; round < 50; round++) {
      DeviceMemory memory = DeviceMemory.allocate(GPU, 4 * 64 * 64);
      DenseMatrix there = memory.matrix(0, DType.F32, 64, 64, 64);
      there.copyFrom(new float[64 * 64]);
      CyclicBarrier start = new CyclicBarrier(3);
      AtomicInteger defined = new AtomicInteger();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        threads.add(
            new Thread(
                () -> {
                  DenseMatrix here = DenseMatrix.allocate(64, 64);
                  try (DeviceStream stream = DeviceStream.create(GPU)) {
                    start.await();
                    for (int i = 0; i < 20; i++) {
                      stream.copy(there, here);
                    }
                    defined.incrementAndGet();
                  } catch (IllegalStateException e) {
                    assertTrue(e.getMessage().contains("closed"), e.getMessage());
                    defined.incrementAndGet();
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                }));
      }
      threads.forEach(Thread::start);
      start.await();
      while (!memory.isClosed()) {
        try {
          memory.close();
        } catch (IllegalStateException e) {
          assertTrue(e.getMessage().contains("in use by"), e.getMessage());
        }
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(2, defined.get());
    }
  }

  @Test
  void anExecutionOnAStreamSaysSo() {
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      Execution execution = Execution.on(stream);
      assertEquals(1, execution.threads());
      assertFalse(execution.isTuned());
      assertTrue(execution.toString().contains("cuda:0"), execution.toString());
    }
    Misuse.nullPointer(() -> Execution.on((DeviceStream) null));
  }

  /** Nobody would wait for work of the CPU there. */
  @Test
  void workOfTheCpuHasNoPlaceOnAStream() {
    DenseMatrix w = filled(8, 16, 1);
    DenseMatrix x = filled(4, 16, 1);
    DenseMatrix y = DenseMatrix.allocate(4, 8);
    Images in = Images.allocate(ImageLayout.NHWC, 1, 3, 3, 16);
    Images out = Images.allocate(ImageLayout.NHWC, 1, 3, 3, 8);
    MaskedParameter p = MaskedParameter.builder("p", w).pattern(Pattern.P2_4).build();
    try (DeviceStream stream = DeviceStream.create(GPU);
        SparseConv2d conv = SparseConv2d.builder(16, 8, 1, 1).prune(w, Pattern.P2_4);
        MaskedLinear layer = new MaskedLinear(p, null, Gemm.openBlas())) {
      layer.forward(x, y, Execution.caller()); // packs
      Execution there = Execution.on(stream);
      List<Executable> calls =
          List.of(
              () -> Mask.magnitude(w, Pattern.P2_4, NanPolicy.KEEP, there),
              () -> SparseMatrix.prune(w, Pattern.P2_4, DType.F32, there),
              () -> conv.apply(in, out, Epilogue.NONE, there),
              () -> Gemm.openBlas().multiply(false, true, x, w, 0, y, there),
              () -> layer.forward(x, y, there),
              () -> layer.backward(x, y, DenseMatrix.allocate(4, 16), there),
              () -> p.step(w, Optimizer.sgd(1), MaskRule.ste(), there),
              () -> p.correctGradient(w, MaskRule.fixedMask(), there),
              () -> p.adopt(MaskRule.fixedMask(), there));
      for (Executable call : calls) {
        Misuse.illegalArgument(call, "the execution's stream must be of cpu", "cuda:0");
      }
      assertArrayEquals(filled(8, 16, 1).toArray(), w.toArray());
    }
  }

  @Test
  void conversionsRoundAndLimit() {
    float[] values = {1, -2.5f, 300, 1.00390625f, -0f, 0.5f, 127.5f, -1000};
    DType[] types = {DType.F32, DType.BF16, DType.F16, DType.S8};
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      for (DType from : types) {
        for (DType to : types) {
          DenseMatrix source = DenseMatrix.allocate(from, 2, 4);
          source.copyFrom(values);
          DenseMatrix expected = DenseMatrix.allocate(to, 2, 4);
          expected.copyFrom(source.toArray());
          DenseMatrix there = source.to(GPU);
          DenseMatrix out = DenseMatrix.allocate(GPU, to, 2, 4);
          stream.convert(there, out);
          stream.synchronize();
          assertArrayEquals(expected.toArray(), out.toArray(), () -> from + " to " + to);
        }
      }
      DenseMatrix a = DenseMatrix.allocate(GPU, DType.F32, 2, 4);
      DenseMatrix here = DenseMatrix.allocate(2, 4);
      Misuse.illegalArgument(() -> stream.convert(here, a), "expected memory of cuda:0");
      Misuse.illegalArgument(() -> stream.convert(a, here), "expected memory of cuda:0");
      Misuse.illegalArgument(() -> stream.convert(a, a.rows(0, 1)), "2 x 4", "1 x 4");
      DenseMatrix bytes = DenseMatrix.allocate(GPU, DType.U8, 2, 4);
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> stream.convert(a, bytes), "to");
    }
  }

  @Test
  void scratchMemoryIsGivenBack() {
    DenseMatrix w = DenseMatrix.allocate(16, 33);
    DenseMatrix x = DenseMatrix.allocate(DType.BF16, 3, 33).to(GPU); // has to be padded
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 3, 16);
    DeviceStream stream = DeviceStream.create(GPU);
    try (SparseMatrix gpu = SparseMatrix.prune(w, Pattern.P2_4).to(GPU, DType.BF16)) {
      assertEquals(0, stream.scratchBytes());
      gpu.linear(x, y, Epilogue.NONE, Execution.on(stream));
      assertTrue(stream.scratchBytes() > 0);
      stream.trim();
      assertEquals(0, stream.scratchBytes());
      gpu.linear(x, y, Epilogue.NONE, Execution.on(stream));
    }
    stream.close();
    Misuse.illegalState(stream::scratchBytes, "closed");
    Misuse.illegalState(stream::trim, "closed");
  }
}
