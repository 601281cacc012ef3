/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Not for use outside nm4j: the bindings that JavaCPP generates, and what surrounds them. */
package org.nm4j.internal;
