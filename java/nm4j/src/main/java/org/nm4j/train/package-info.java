/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * Training of N:M networks from scratch: optimiser steps on dense master weights, fused with
 * SR-STE, the next mask and what the network uses.
 */
package org.nm4j.train;
