/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import org.nm4j.ErrorCode;
import org.nm4j.Nm4jException;

/** Turns the status of a native call into an exception. */
public final class Status {
  private Status() {}

  /** Throws what belongs to a status other than {@code NM_OK}, with the native message. */
  public static void check(int status) {
    if (status != Bindings.NM_OK) {
      throw exception(status, Bindings.nm_last_error());
    }
  }

  /** What belongs to a status of {@code nm_status}. */
  static RuntimeException exception(int status, String message) {
    return switch (status) {
      case Bindings.NM_INVALID_ARGUMENT, Bindings.NM_INVALID_PATTERN, Bindings.NM_OVERFLOW ->
          new IllegalArgumentException(message);
      case Bindings.NM_INVALID_STATE -> new IllegalStateException(message);
      case Bindings.NM_PATTERN_BREACH -> new Nm4jException(ErrorCode.PATTERN_BREACH, message);
      case Bindings.NM_NAN -> new Nm4jException(ErrorCode.NAN, message);
      case Bindings.NM_OUT_OF_MEMORY -> new Nm4jException(ErrorCode.OUT_OF_MEMORY, message);
      case Bindings.NM_UNSUPPORTED -> new Nm4jException(ErrorCode.UNSUPPORTED, message);
      default ->
          new Nm4jException(
              ErrorCode.INTERNAL,
              Bindings.nm_status_name(status) + " (" + status + "): " + message);
    };
  }
}
