// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masks, one row at a time. Bit layout: nm4j.h, "masks".
#ifndef NM4J_FORMAT_MASK_ROWS_H_
#define NM4J_FORMAT_MASK_ROWS_H_

#include <cstdint>

#include "format/pattern.h"

namespace nm {

inline int64_t mask_row_bytes(int64_t cols) { return cols / 8 + (cols % 8 != 0); }

inline bool mask_bit(const uint8_t* row, int64_t col) { return row[col / 8] >> (col % 8) & 1; }

// The bits of columns first .. first + length - 1 (length <= 32) as an integer, column `first` lowest.
uint32_t group_bits(const uint8_t* row, int64_t first, int length);

// Sets the same columns, which must be clear, to `bits`.
void set_group_bits(uint8_t* row, int64_t first, int length, uint32_t bits);

// Adds the lowest free columns until min(n, length) bits are set.
uint32_t complete_group(uint32_t bits, int n, int length);

// The first column with a NaN among those the mask row keeps (all columns if the mask is NULL), or -1.
int64_t find_nan(const float* row, int64_t cols, const uint8_t* mask);

// Bits of the non-zeros of one group; -0.0 is zero, NaN is not.
uint32_t nonzero_bits(const float* group, int length);

// Bits of the min(n, length) largest magnitudes of one group; NaN largest of all, ties to the lowest column.
uint32_t magnitude_bits(const float* group, int length, int n);

}  // namespace nm

#endif  // NM4J_FORMAT_MASK_ROWS_H_
