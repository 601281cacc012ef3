// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// How packings are written to memory, which the instruction sets do in their own ways (cpu/row_ops.h). With `stream`,
// whole cache lines go past the caches: a line that is written whole need not be read first.
#ifndef NM4J_FORMAT_PACKED_STORE_H_
#define NM4J_FORMAT_PACKED_STORE_H_

#include <cstdint>

namespace nm {

// Copies bytes as memcpy does.
using Copy = void (*)(const void* from, void* to, int64_t bytes, bool stream);

// Puts the words of 16 rows side by side: to[16 * word + lane] = rows[lane * stride + word] for the words 0 .. words -
// 1 and the lanes begin .. end - 1; no others are touched. `to` starts at a cache line.
using Interleave = void (*)(const uint32_t* rows, int64_t stride, int64_t words, int begin, int end, bool stream,
                            uint32_t* to);

constexpr int kStripRows = 4;  // of a row stream

// What the rows of a strip keep in a block of at most 128 columns, ascending.
struct StripBlock {
  const float* values[kStripRows];
  const uint8_t* cols[kStripRows];  // within the block; 128 may be read
  uint64_t columns[kStripRows][2];  // the same as bits
  int64_t kept;                     // by each row
};

// Writes a block of a strip in its order (row_stream.h), of which `most` columns that both rows of a pair keep may come
// first.
using Order = void (*)(const StripBlock& block, int64_t most, float* values, uint8_t* index);

constexpr int kColumnRows = 4, kColumnClasses = 1 << kColumnRows, kColumnBlock = 128;  // of a column stream

// What up to 128 rows of W keep in a group of four columns, in a column stream's order. kept_by: 128 bytes, for each
// row the bits of the columns it keeps, 0 beyond the last row; w: the first row's weights, `ld` apart. Advances *index
// and *values past what it writes; up to 8 indices and 3 values more are touched. Writes counts[1 .. 15]. Returns
// whether there is a NaN among the weights kept.
using SortColumns = bool (*)(const uint8_t* kept_by, const float* w, int64_t ld, uint8_t* counts, uint8_t** index,
                             float** values);

// Matrices up to this size are left in the caches, for the products that follow.
constexpr int64_t kStreamBytes = int64_t{8} << 20;

}  // namespace nm

#endif  // NM4J_FORMAT_PACKED_STORE_H_
