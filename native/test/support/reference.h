/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_REFERENCE_H_
#define NM4J_TEST_SUPPORT_REFERENCE_H_

#include <cstdint>
#include <vector>

#include "support/matrix.h"
#include "support/random.h"

// What the header describes, written as plainly as possible and independently of the library.
namespace nm4j_test {

int64_t KeptPerRow(int64_t cols, Pattern p);

// Bits that the group starting at column `first` holds when it is complete: min(N, length).
int64_t KeptInGroup(int64_t cols, int64_t first, Pattern p);

BitMask MagnitudeMask(const FloatMatrix& w, Pattern p);

// w obeys p.
BitMask NonZeroMask(const FloatMatrix& w, Pattern p);

// Adds the lowest free columns of each group until it is complete.
BitMask Completed(const BitMask& mask, Pattern p);

// w where the mask keeps, +0.0 elsewhere.
FloatMatrix Masked(const FloatMatrix& w, const BitMask& mask);

// The portable format's values of w under `mask`: a rows x KeptPerRow matrix.
FloatMatrix CompressedValues(const FloatMatrix& w, const BitMask& mask, Pattern p);

// A complete mask, each choice of columns in a group being equally likely.
BitMask RandomMask(int64_t rows, int64_t cols, Pattern p, Random& random);

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_REFERENCE_H_
