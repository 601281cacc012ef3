/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.Bindings;

/** The flags of native functions that read weights. */
final class Flags {
  private Flags() {}

  static int of(NanPolicy nan) {
    return Objects.requireNonNull(nan, "nan") == NanPolicy.KEEP ? Bindings.NM_ALLOW_NAN : 0;
  }
}
