/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** N:M training and compressed inference for networks of the JavaCPP presets for PyTorch. */
package org.nm4j.torch;
