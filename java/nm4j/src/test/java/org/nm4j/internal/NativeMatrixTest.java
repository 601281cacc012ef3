/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NativeMatrixTest {
  @BeforeAll
  static void load() {
    Loader.load();
  }

  private static NativeMatrix matrix() {
    return new NativeMatrix(4, 4, 2, 4, Bindings.NM_F32, Bindings.NM_ANY_BATCH);
  }

  private static void refused(Runnable call, String word) {
    String message = assertThrows(IllegalStateException.class, call::run).getMessage();
    assertTrue(message.contains(word), message);
  }

  @Test
  void callsShareIt() {
    NativeMatrix matrix = matrix();
    matrix.acquire();
    matrix.acquire();
    refused(matrix::close, "in use by 2 calls");
    refused(matrix::acquireExclusively, "in use by 2 calls");
    matrix.release();
    refused(matrix::close, "in use by 1 call");
    matrix.release();
    matrix.close();
  }

  @Test
  void anExclusiveCallExcludesAllOthers() {
    NativeMatrix matrix = matrix();
    matrix.acquireExclusively();
    refused(matrix::acquire, "in use by 1 call");
    refused(matrix::acquireExclusively, "in use by 1 call");
    refused(matrix::close, "in use by 1 call");
    matrix.releaseExclusively();
    matrix.acquire();
    matrix.release();
    matrix.close();
  }

  @Test
  void aClosedOneStaysClosed() {
    NativeMatrix matrix = matrix();
    assertFalse(matrix.isClosed());
    matrix.close();
    assertTrue(matrix.isClosed());
    refused(matrix::acquire, "closed");
    refused(matrix::acquireExclusively, "closed");
    matrix.close();
  }

  @Test
  void nativeErrorsArriveAsExceptions() {
    assertThrows(
        IllegalArgumentException.class, () -> new NativeMatrix(0, 4, 2, 4, Bindings.NM_F32, 3));
    assertThrows(
        IllegalArgumentException.class, () -> new NativeMatrix(4, 4, 4, 4, Bindings.NM_F32, 3));
    assertThrows(
        IllegalArgumentException.class, () -> new NativeMatrix(4, 4, 2, 4, Bindings.NM_F32, 99));
    assertThrows(
        IllegalArgumentException.class,
        () -> new NativeMatrix(1L << 40, 1L << 40, 2, 4, Bindings.NM_F32, 3));
  }
}
