/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaLoader;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.Loader;

/**
 * Where matrices lie and products are computed: the CPU, or a GPU of NVIDIA with sparse tensor
 * cores (compute capability 8.0 and newer).
 *
 * <pre>{@code
 * Device gpu = Device.cuda(0);
 * if (gpu.sparseProducts().isAvailable()) {
 *   DenseMatrix weights = DenseMatrix.allocate(512, 1024);
 *   DenseMatrix x = DenseMatrix.allocate(gpu, DType.BF16, 64, 1024);
 *   DenseMatrix y = DenseMatrix.allocate(gpu, DType.BF16, 64, 512);
 *   try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.P2_4, DType.BF16);
 *       SparseMatrix onGpu = w.to(gpu)) {
 *     onGpu.linear(x, y);
 *   }
 * }
 * }</pre>
 *
 * <p>Asking for a GPU loads nm4j's CUDA library, which is a jar of its own (classifier {@code
 * linux-x86_64-cuda}); programs that never ask never load it. A GPU that cannot be used is a {@link
 * Device} all the same, whose {@link #availability} says why; what needs it throws {@link
 * Nm4jException} with {@link ErrorCode#UNAVAILABLE} and that reason.
 *
 * <p>Safe for use by many threads.
 */
public final class Device {
  private static final Device CPU = new Device(-1);
  private static final ConcurrentHashMap<Integer, Device> CUDA = new ConcurrentHashMap<>();

  private final int index;
  private DeviceStream shared;

  private Device(int index) {
    this.index = index;
  }

  /**
   * The CPU.
   *
   * @return always the same object
   */
  public static Device cpu() {
    return CPU;
  }

  /**
   * A GPU, present or not.
   *
   * @param index as CUDA counts, from 0; {@code CUDA_VISIBLE_DEVICES} changes that
   * @return always the same object for one index
   * @throws IllegalArgumentException when the index is negative
   */
  public static Device cuda(int index) {
    if (index < 0) {
      throw new IllegalArgumentException("index must not be negative, got " + index);
    }
    return CUDA.computeIfAbsent(index, Device::new);
  }

  /**
   * The CPU, then all GPUs that CUDA finds, usable or not.
   *
   * @return at least the CPU
   */
  public static List<Device> list() {
    List<Device> devices = new ArrayList<>(List.of(CPU));
    int[] count = new int[1];
    if (libraryFailure() == null) {
      CudaStatus.check(CudaBindings.nm_cuda_device_count(count));
    }
    for (int i = 0; i < count[0]; i++) {
      devices.add(cuda(i));
    }
    return devices;
  }

  /**
   * Whether this is the CPU.
   *
   * @return false for a GPU
   */
  public boolean isCpu() {
    return index < 0;
  }

  /**
   * The number of the GPU.
   *
   * @return as given to {@link #cuda}; -1 for the CPU
   */
  public int index() {
    return index;
  }

  /**
   * Whether it takes memory, streams and kernels: masks, pruning, training.
   *
   * @return available, or why not
   */
  public Availability availability() {
    return availability(0);
  }

  /**
   * Whether it computes sparse products too, for which a GPU needs NVIDIA's cuSPARSELt. The first
   * call opens that library; its outcome holds for the life of the process.
   *
   * @return available, or why not
   */
  public Availability sparseProducts() {
    return availability(1);
  }

  /**
   * Whether it computes dense products too, see {@link Gemm}, for which a GPU needs NVIDIA's
   * cuBLAS. The first call opens that library; its outcome holds for the life of the process. The
   * CPU does, by {@link Gemm#openBlas} or another library.
   *
   * @return available, or why not
   */
  public Availability denseProducts() {
    return availability(2);
  }

  private Availability availability(int what) {
    if (isCpu()) {
      return Availability.READY;
    }
    Nm4jException failure = libraryFailure();
    if (failure != null) {
      return new Availability(Availability.Reason.LIBRARY, failure.getMessage());
    }
    long[] out = new long[2];
    CudaStatus.check(CudaBindings.nm4j_cuda_reason(index, what, out));
    return Availability.of((int) out[0], Bindings.string(out[1]));
  }

  /**
   * The model.
   *
   * @return such as "NVIDIA A100-SXM4-40GB"
   * @throws Nm4jException {@link ErrorCode#UNAVAILABLE} when there is no such device
   */
  public String name() {
    if (isCpu()) {
      Loader.load();
      return Bindings.nm_cpu_name();
    }
    return get(new long[7]);
  }

  /**
   * The compute capability of a GPU.
   *
   * @return such as "8.0"; "" for the CPU
   * @throws Nm4jException {@link ErrorCode#UNAVAILABLE} when there is no such device
   */
  public String computeCapability() {
    if (isCpu()) {
      return "";
    }
    long[] numbers = new long[7];
    get(numbers);
    return numbers[1] + "." + numbers[2];
  }

  /**
   * The memory of a GPU.
   *
   * @return bytes
   * @throws Nm4jException {@link ErrorCode#UNAVAILABLE} when there is no such device
   * @throws UnsupportedOperationException for the CPU
   */
  public long totalBytes() {
    return numbers()[5];
  }

  /**
   * The memory of a GPU that nobody uses now.
   *
   * @return bytes
   * @throws Nm4jException {@link ErrorCode#UNAVAILABLE} when there is no such device
   * @throws UnsupportedOperationException for the CPU
   */
  public long freeBytes() {
    return numbers()[6];
  }

  /**
   * Blocks until all work queued on a GPU is done. Nothing to do for the CPU.
   *
   * @throws Nm4jException {@link ErrorCode#UNAVAILABLE}, and {@link ErrorCode#DEVICE} when queued
   *     work has failed
   */
  public void synchronize() {
    if (!isCpu()) {
      CudaLoader.load();
      CudaStatus.check(CudaBindings.nm_cuda_synchronize(index));
    }
  }

  /**
   * A short description.
   *
   * @return "cpu", or "cuda:0"
   */
  @Override
  public String toString() {
    return isCpu() ? "cpu" : "cuda:" + index;
  }

  /** The stream of calls that name none; they wait for it. */
  synchronized DeviceStream shared() {
    if (shared == null) {
      shared = DeviceStream.create(this);
    }
    return shared;
  }

  /** The index, for what the CPU does not have. */
  int requireCuda(String what) {
    if (isCpu()) {
      throw new UnsupportedOperationException("the CPU has no " + what);
    }
    return index;
  }

  private long[] numbers() {
    requireCuda("memory of its own");
    long[] numbers = new long[7];
    get(numbers);
    return numbers;
  }

  private String get(long[] numbers) {
    CudaLoader.load();
    String name = CudaBindings.nm4j_cuda_device(index, numbers);
    CudaStatus.check((int) numbers[0]);
    return name;
  }

  static Nm4jException libraryFailure() {
    try {
      CudaLoader.load();
      return null;
    } catch (Nm4jException e) {
      return e;
    }
  }
}
