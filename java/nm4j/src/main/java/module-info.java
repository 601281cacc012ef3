/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * N:M structured sparsity: masks, compression and fast multiplication with pruned weight matrices.
 *
 * <p>The native library lives in the module {@code org.nm4j.linux.x86_64} (the classifier jar),
 * which a modular application requires too, or adds with {@code --add-modules}.
 */
module org.nm4j {
  requires transitive org.bytedeco.javacpp;
  requires static org.bytedeco.openblas; // for tuned executions, when it is there

  exports org.nm4j;
  exports org.nm4j.interop;
  exports org.nm4j.train;
}
