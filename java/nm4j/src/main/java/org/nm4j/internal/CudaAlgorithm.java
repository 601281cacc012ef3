/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/**
 * An {@code nm_cuda_algorithm}: the fastest of those that were tried.
 *
 * @param config cuSPARSELt's number
 * @param splitK parts of each sum
 * @param candidates how many were tried
 * @param rejected how many of these failed or gave other results than the default
 * @param milliseconds of this one
 * @param defaultMilliseconds of the default
 */
public record CudaAlgorithm(
    int config,
    int splitK,
    int candidates,
    int rejected,
    double milliseconds,
    double defaultMilliseconds) {}
