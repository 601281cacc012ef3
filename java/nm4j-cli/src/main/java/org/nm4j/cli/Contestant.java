/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

/** Who multiplies. Which order of the dense weights is faster depends on shape and CPU. */
enum Contestant {
  /** OpenBLAS, each row of the dense weights one output. */
  DENSE_OUT_IN,
  /** OpenBLAS, each row of the dense weights one input. */
  DENSE_IN_OUT,
  /** nm4j. */
  SPARSE
}
