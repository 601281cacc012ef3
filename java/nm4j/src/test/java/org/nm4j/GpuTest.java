/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that need a GPU, or the double that stands in for one: the same tests run on both. The
 * system property {@code nm4j.test.gpu} says which it has to be, {@code card} or {@code double}:
 * then a test that finds another one fails. Without it, and without a GPU, the tests are skipped.
 *
 * <p>On the double, every name begins with "simulated": it says nothing about a card.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(GpuTest.Needed.class)
@DisplayNameGeneration(GpuTest.Names.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@interface GpuTest {
  /** What the tests have to run on; "" for whatever is there. */
  String EXPECTED = System.getProperty("nm4j.test.gpu", "");

  /** Skips or fails before anything else. */
  final class Needed implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
      context
          .getRoot()
          .getStore(ExtensionContext.Namespace.GLOBAL)
          .getOrComputeIfAbsent(Forgotten.class);
      // In a thread that ends, and with it its handles of cuSPARSELt.
      CudaInfo info =
          CompletableFuture.supplyAsync(Nm4j::cuda, task -> new Thread(task).start()).join();
      if (EXPECTED.isEmpty()) {
        Assumptions.assumeTrue(info.products().isAvailable(), () -> info.products().text());
      }
      assertEquals(Availability.Reason.AVAILABLE, info.products().reason(), info::toString);
      if (!EXPECTED.isEmpty()) {
        assertEquals(EXPECTED.equals("double"), info.simulated(), info::toString);
      }
    }
  }

  /**
   * Frees what a process otherwise leaves to its end, so that the double's report tells of leaks
   * only: what tests have forgotten, and the streams that devices share. (Each test has a thread of
   * its own, whose handles of cuSPARSELt end with it.)
   */
  final class Forgotten implements AutoCloseable {
    Forgotten() {}

    @Override
    public void close() {
      List<Device> gpus = Device.list().stream().filter(device -> !device.isCpu()).toList();
      if (gpus.isEmpty()) {
        return; // no backend, hence nothing to free
      }
      gpus.stream().map(Device::shared).forEach(DeviceStream::close);
      Device gpu = gpus.get(0);
      long free = -1;
      for (int i = 0; i < 60 && (i < 5 || gpu.freeBytes() != free); i++) {
        free = gpu.freeBytes();
        System.gc();
        LockSupport.parkNanos(100_000_000); // while forgotten memory is freed
      }
    }
  }

  /** Says of each test whether it is simulated. */
  final class Names extends DisplayNameGenerator.Standard {
    private static final String LABEL = EXPECTED.equals("double") ? "simulated: " : "";

    @Override
    public String generateDisplayNameForClass(Class<?> type) {
      return LABEL + super.generateDisplayNameForClass(type);
    }

    @Override
    public String generateDisplayNameForMethod(
        List<Class<?>> enclosing, Class<?> type, Method method) {
      return LABEL + super.generateDisplayNameForMethod(enclosing, type, method);
    }
  }
}
