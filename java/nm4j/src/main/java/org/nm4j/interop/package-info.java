/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Bridges to other libraries: the only place whose signatures have types of JavaCPP. */
package org.nm4j.interop;
