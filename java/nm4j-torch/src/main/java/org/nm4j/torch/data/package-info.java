/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Data sets as tensors, read from files that the user has. */
package org.nm4j.torch.data;
