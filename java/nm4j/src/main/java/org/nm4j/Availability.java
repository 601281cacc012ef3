/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;

/**
 * Whether something can be used on this machine, and why not.
 *
 * <pre>{@code
 * Availability gpu = Device.cuda(0).availability();
 * if (!gpu.isAvailable()) {
 *   System.out.println(gpu.reason() + ": " + gpu.text());
 * }
 * }</pre>
 *
 * @param reason for programs
 * @param text for people: what was found, and where it was looked for
 */
public record Availability(Reason reason, String text) {
  /** Why a device cannot be used. */
  public enum Reason {
    /** It can. */
    AVAILABLE,
    /** No NVIDIA driver on this machine. */
    NO_DRIVER,
    /** The driver is older than the CUDA runtime inside nm4j. */
    DRIVER_TOO_OLD,
    /** A driver, but no device of this number; {@code CUDA_VISIBLE_DEVICES} may hide it. */
    NO_DEVICE,
    /** Compute capability below 8.0: no sparse tensor cores. */
    OLD_DEVICE,
    /** The device does not initialise, for example because another process owns it. */
    DEVICE_FAILED,
    /** {@code libcusparseLt.so.0} was not found; the text lists where it was looked for. */
    CUSPARSELT_MISSING,
    /** cuSPARSELt was found, but does not load or lacks a function. */
    CUSPARSELT_BROKEN,
    /** cuSPARSELt older than 0.6. */
    CUSPARSELT_TOO_OLD,
    /** cuSPARSELt newer than what nm4j was checked against. */
    CUSPARSELT_TOO_NEW,
    /** cuSPARSELt 0.8.0, which crashes on some calls. */
    CUSPARSELT_REFUSED,
    /** This cuSPARSELt has no kernels for the device. */
    CUSPARSELT_LACKS_DEVICE,
    /** cuSPARSELt does not initialise. */
    CUSPARSELT_FAILED,
    /** {@code libcublas} was not found; the text lists where it was looked for. */
    CUBLAS_MISSING,
    /** cuBLAS was found, but does not load, lacks a function or does not tell its version. */
    CUBLAS_BROKEN,
    /** cuBLAS older than 11.0. */
    CUBLAS_TOO_OLD,
    /** nm4j's own CUDA library is not there or does not load; the text lists what was tried. */
    LIBRARY
  }

  /** What is there always: the CPU. */
  static final Availability READY = new Availability(Reason.AVAILABLE, "ready");

  /**
   * Says why.
   *
   * @param reason for programs
   * @param text for people
   */
  public Availability {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(text, "text");
  }

  /** The outcome that native code gives as a number. */
  static Availability of(int reason, String text) {
    return new Availability(Reason.values()[reason], text);
  }

  /**
   * Whether it can be used.
   *
   * @return true for {@link Reason#AVAILABLE}
   */
  public boolean isAvailable() {
    return reason == Reason.AVAILABLE;
  }
}
