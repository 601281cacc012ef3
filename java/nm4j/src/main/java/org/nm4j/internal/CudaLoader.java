/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.file.Path;
import org.nm4j.ErrorCode;
import org.nm4j.Nm4jException;

/**
 * Loads the library of the CUDA backend, once, when somebody first asks for a GPU. Nothing on the
 * way of a CPU product comes here.
 */
public final class CudaLoader {
  /** {@code libnm4j_cuda}, or a directory that holds it: the only place to look at. */
  static final String LIBRARY_PATH = "nm4j.cuda.library.path";

  /** The same for its bindings. */
  static final String JNI_PATH = "nm4j.cuda.jni.path";

  private static final String SUFFIX = "-cuda";

  private static volatile boolean ready;
  private static Nm4jException failure;
  private static Path file;

  private CudaLoader() {}

  /**
   * Loads the library unless that is done. The outcome of the first attempt holds.
   *
   * @throws Nm4jException {@code LIBRARY}, with every attempt in its message
   */
  public static void load() {
    if (!ready) {
      loadOnce();
    }
  }

  /** The library in use, of the backend and not of its bindings. */
  public static synchronized Path file() {
    return file;
  }

  /** Version of the cuSPARSELt in use. */
  public static String cusparseltVersion() {
    int[] major = new int[1];
    int[] minor = new int[1];
    int[] patch = new int[1];
    CudaStatus.check(CudaBindings.nm_cuda_lt_version(major, minor, patch));
    return major[0] + "." + minor[0] + "." + patch[0];
  }

  private static synchronized void loadOnce() {
    if (failure != null) {
      throw new Nm4jException(failure.code(), failure.getMessage());
    }
    if (ready) {
      return;
    }
    try {
      Loader.load();
      // The bindings need the backend by its name, which the loader of the system now knows.
      file = new NativeLibrary("nm4j_cuda", LIBRARY_PATH, SUFFIX).load();
      new NativeLibrary("jninm4j_cuda", JNI_PATH, SUFFIX).load();
      requireVersion();
      ready = true;
    } catch (Nm4jException e) {
      failure = e;
      throw e;
    }
  }

  private static void requireVersion() {
    String expected = Bindings.nm_version();
    String actual = CudaBindings.nm_cuda_version();
    if (!actual.equals(expected)) {
      throw new Nm4jException(
          ErrorCode.LIBRARY,
          "nm4j " + expected + " needs its own CUDA library, but " + file + " is " + actual);
    }
  }
}
