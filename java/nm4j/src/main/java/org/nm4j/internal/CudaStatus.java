/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import org.nm4j.ErrorCode;
import org.nm4j.Nm4jException;

/** Turns the status of a call of the CUDA backend into an exception. */
public final class CudaStatus {
  private CudaStatus() {}

  /** Throws what belongs to a status other than {@code NM_OK}, with the native message. */
  public static void check(int status) {
    if (status != Bindings.NM_OK) {
      throw exception(status, CudaBindings.nm_cuda_last_error());
    }
  }

  private static RuntimeException exception(int status, String message) {
    return switch (status) {
      case CudaBindings.NM_CUDA_UNAVAILABLE -> new Nm4jException(ErrorCode.UNAVAILABLE, message);
      case CudaBindings.NM_CUDA_FAILURE, CudaBindings.NM_CUDA_LT_FAILURE ->
          new Nm4jException(ErrorCode.DEVICE, message);
      default -> Status.exception(status, message);
    };
  }
}
