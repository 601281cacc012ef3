/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

/**
 * A product whose weight is left dense.
 *
 * @param operator MatMul or Gemm
 * @param node name of the graph node
 * @param weight name of the weight, null when the node has none
 * @param reason why it is left dense
 */
record Skipped(String operator, String node, String weight, String reason) {}
