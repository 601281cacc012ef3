/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Networks of torch layers, ready to train sparse and to compress. */
package org.nm4j.torch.nets;
