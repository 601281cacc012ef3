/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import org.junit.jupiter.api.Test;
import org.nm4j.internal.CudaBindings;

/** Devices as they are on any machine, with a GPU or without. */
class DeviceTest {
  private static final String NO_LIBRARY = "-Dnm4j.cuda.library.path=/no/such/place";

  /** A product, what is said of GPUs, and a product again. */
  static final class WithoutLibrary {
    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        System.out.println(Nm4j.cuda());
        System.out.println(Device.list());
        System.out.println(Device.cuda(0).availability().reason());
        System.out.println(Device.cuda(3).sparseProducts().reason());
        Device gpu = Device.cuda(0);
        failure(() -> DenseMatrix.allocate(gpu, DType.F32, 2, 2));
        failure(() -> DenseMatrix.allocatePinned(DType.F32, 2, 2));
        failure(() -> DeviceMemory.allocate(gpu, 16));
        failure(() -> DeviceStream.create(gpu));
        failure(() -> DeviceEvent.create(gpu));
        failure(gpu::name);
        failure(gpu::totalBytes);
        failure(gpu::synchronize);
        try (SparseMatrix w = SparseMatrix.prune(DenseMatrix.allocate(4, 8), Pattern.P2_4)) {
          failure(() -> w.to(gpu, DType.BF16));
          System.out.println(w.linear(new float[8], 1).length + " outputs");
        }
      }
    }

    private static void failure(Runnable call) {
      try {
        call.run();
        System.out.println("no failure");
      } catch (Nm4jException e) {
        System.out.println("failed: " + e.code());
      }
    }
  }

  /** Prunes, multiplies and reports on the CPU. */
  static final class CpuOnly {
    public static void main(String[] args) {
      try (SparseMatrix w = SparseMatrix.prune(DenseMatrix.allocate(4, 8), Pattern.P2_4)) {
        w.linear(new float[8], 1);
      }
      System.out.println(Nm4j.info());
    }
  }

  @Test
  void theCpuIsAlwaysThere() {
    Device cpu = Device.cpu();
    assertTrue(cpu.isCpu());
    assertEquals(-1, cpu.index());
    assertEquals("cpu", cpu.toString());
    assertSame(cpu, Device.list().get(0));
    assertTrue(cpu.availability().isAvailable());
    assertTrue(cpu.sparseProducts().isAvailable());
    assertEquals(Nm4j.info().cpu(), cpu.name());
    assertEquals("", cpu.computeCapability());
    cpu.synchronize();
    assertThrows(UnsupportedOperationException.class, cpu::totalBytes);
    assertThrows(UnsupportedOperationException.class, cpu::freeBytes);
    assertThrows(UnsupportedOperationException.class, () -> DeviceStream.create(cpu));
    assertThrows(UnsupportedOperationException.class, () -> DeviceEvent.create(cpu));
    assertThrows(UnsupportedOperationException.class, () -> DeviceMemory.allocate(cpu, 1));
  }

  @Test
  void gpusAreNumberedFromZero() {
    assertSame(Device.cuda(1), Device.cuda(1));
    assertNotSame(Device.cuda(0), Device.cuda(1));
    assertEquals("cuda:7", Device.cuda(7).toString());
    assertEquals(7, Device.cuda(7).index());
    assertFalse(Device.cuda(7).isCpu());
    Misuse.illegalArgument(() -> Device.cuda(-1), "negative", "-1");
  }

  /** The native numbers are indices of the enumeration. */
  @Test
  void reasonsAreThoseOfTheNativeLibrary() throws Exception {
    int known = 0;
    for (Field field : CudaBindings.class.getFields()) {
      for (Availability.Reason reason : Availability.Reason.values()) {
        String name =
            "NM_CUDA_" + reason.name().replace("CUSPARSELT", "LT").replace("CUBLAS", "BLAS");
        if (field.getName().equals(name)) {
          assertEquals(field.getInt(null), reason.ordinal(), name);
          known++;
        }
      }
    }
    assertEquals(Availability.Reason.values().length - 1, known); // all but LIBRARY
  }

  @Test
  void whatIsMissingIsAReasonAndNotAnError() throws Exception {
    String twice = "(?s).*failed: LIBRARY\n.*4 outputs\n.*failed: LIBRARY\n.*4 outputs\n.*";
    Jvm.Result result =
        new Jvm()
            .options(NO_LIBRARY)
            .run(WithoutLibrary.class)
            .succeeded()
            .printed(
                "[cpu]\nLIBRARY\nLIBRARY\nfailed: LIBRARY",
                "no such file: /no/such/place",
                "correct or remove the system property nm4j.cuda.library.path")
            .didNotPrint("no failure");
    assertTrue(result.output().matches(twice), result.output());
  }

  @Test
  void productsOfTheCpuLoadNothingOfCuda() throws Exception {
    new Jvm()
        .options("-verbose:class", NO_LIBRARY)
        .run(CpuOnly.class)
        .succeeded()
        .printed("org.nm4j.internal.Bindings ", "never run on a card")
        .didNotPrint("CudaBindings", "CudaLoader", "CudaStatus", "GpuWeights");
  }
}
