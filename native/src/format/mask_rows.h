// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Mask rows against a pattern. Bit layout: nm4j.h, "masks".
#ifndef NM4J_FORMAT_MASK_ROWS_H_
#define NM4J_FORMAT_MASK_ROWS_H_

#include <cstdint>

#include "format/pattern.h"

namespace nm {

constexpr int64_t mask_row_bytes(int64_t cols) { return cols / 8 + (cols % 8 != 0); }

inline bool mask_bit(const uint8_t* row, int64_t col) { return row[col / 8] >> (col % 8) & 1; }

// Bits first .. first + 63 of a mask row of `cols` columns; 0 beyond.
uint64_t mask_word(const uint8_t* mask, int64_t first, int64_t cols);

// A group of a mask row that breaks the pattern: its first column (-1: there is none) and the number of its bits.
struct Breach {
  int64_t col;
  int bits;
};

// The first group that keeps more than N, and the first that does not keep exactly min(N, its length).
Breach find_excess(const uint8_t* mask, Pattern pattern, int64_t cols);
Breach find_incomplete(const uint8_t* mask, Pattern pattern, int64_t cols);

// How many groups keep more than N.
int64_t count_excess(const uint8_t* mask, Pattern pattern, int64_t cols);

// Completes a mask row that obeys the pattern: adds the lowest free columns of each group until it keeps exactly
// min(N, its length), and clears the spare bits. full may be mask.
void complete_mask(const uint8_t* mask, Pattern pattern, int64_t cols, uint8_t* full);

// The first column with a NaN among those the mask row keeps (all columns if the mask is NULL), or -1.
int64_t find_nan(const float* row, int64_t cols, const uint8_t* mask);

}  // namespace nm

#endif  // NM4J_FORMAT_MASK_ROWS_H_
