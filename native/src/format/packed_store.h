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

// Which of the values that two rows keep in a block come first: columns[row] are the bits of the columns that a row
// keeps (128 at most), and of those that both keep, whole eights come first, the lowest, `most` at most. which[row]
// receives the bits of these among the row's kept values. Returns their number.
using Share = int64_t (*)(const uint64_t (*columns)[2], int64_t most, uint64_t (*which)[2]);

// Those of `kept` values and bytes whose bits are set, `first` in number, and then the others. May read and write
// kRowSlack elements more.
using Partition = void (*)(const float* values, const uint8_t* index, const uint64_t* which, int64_t kept,
                           int64_t first, float* out_values, uint8_t* out_index);

// Matrices up to this size are left in the caches, for the products that follow.
constexpr int64_t kStreamBytes = int64_t{8} << 20;

}  // namespace nm

#endif  // NM4J_FORMAT_PACKED_STORE_H_
