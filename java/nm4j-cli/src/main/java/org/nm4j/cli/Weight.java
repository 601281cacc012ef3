/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.util.List;

/**
 * A weight matrix in a file. Seen as rows = outputs and cols = inputs, whichever way the file
 * stores it: groups run along the inputs, the dimension that a product sums over.
 *
 * @param name name in the file
 * @param nodes the graph nodes that multiply with it
 * @param outputs rows
 * @param inputs columns
 * @param reductionDim which dimension of the stored matrix the inputs are
 */
record Weight(String name, List<String> nodes, int outputs, int inputs, int reductionDim) {}
