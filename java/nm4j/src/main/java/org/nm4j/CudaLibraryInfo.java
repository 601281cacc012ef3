/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.List;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaLoader;
import org.nm4j.internal.CudaStatus;

/** Reads {@link CudaInfo} from nm4j's CUDA library. */
final class CudaLibraryInfo {
  private CudaLibraryInfo() {}

  static CudaInfo of(Availability availability, Availability products, Availability denseProducts) {
    int[] runtime = new int[1];
    int[] driver = new int[1];
    CudaStatus.check(CudaBindings.nm_cuda_runtime_versions(runtime, driver));
    return new CudaInfo(
        availability,
        products,
        denseProducts,
        CudaBindings.nm_cuda_simulated() != 0,
        CudaLoader.file().toString(),
        version(runtime[0]),
        version(driver[0]),
        products.isAvailable() ? cusparselt() : "",
        devices());
  }

  /** From 1000 * major + 10 * minor. */
  private static String version(int number) {
    return number == 0 ? "" : number / 1000 + "." + number % 1000 / 10;
  }

  private static String cusparselt() {
    long[] path = new long[1];
    CudaStatus.check(CudaBindings.nm4j_cuda_lt_path(path));
    return CudaLoader.cusparseltVersion() + " (" + Bindings.string(path[0]) + ")";
  }

  private static List<String> devices() {
    return Device.list().stream()
        .filter(device -> !device.isCpu())
        .map(CudaLibraryInfo::describe)
        .toList();
  }

  private static String describe(Device device) {
    return "%s: %s, compute capability %s, %d MiB, %s"
        .formatted(
            device,
            device.name(),
            device.computeCapability(),
            device.totalBytes() >> 20,
            device.availability().reason());
  }
}
