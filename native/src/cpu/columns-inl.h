// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of W into the order of a column stream (format/column_stream.h), a group of 4 columns at a time: for each class
// the rows in it, listed from their bits as order-inl.h does, and then their weights, four side by side.
//
// T is one of the traits of row_ops_<isa>.cpp. Include inside an ISA's own file only.
#ifndef NM4J_CPU_COLUMNS_INL_H_
#define NM4J_CPU_COLUMNS_INL_H_

#include <cstdint>

#include "cpu/compress-inl.h"
#include "cpu/order-inl.h"
#include "format/packed_store.h"

namespace nm {
namespace {

// By class, which of four weights come first; the others repeat the first, so that they show no NaN of their own.
struct ClassOrder {
  alignas(kCacheLine) int32_t of[kColumnClasses][kColumnRows] = {};
  int kept[kColumnClasses] = {};

  constexpr ClassOrder() {
    for (int c = 1; c < kColumnClasses; ++c) {
      int count = 0;
      for (int i = 0; i < kColumnRows; ++i) {
        if ((c >> i & 1) != 0) of[c][count++] = i;
      }
      kept[c] = count;
      while (count < kColumnRows) of[c][count++] = of[c][0];
    }
  }
};
constexpr ClassOrder kClassOrder;

// The numbers first .. first + 63 whose bits are set; up to eight bytes more are written. Returns the end.
inline uint8_t* list_bits(uint64_t bits, int first, uint8_t* to) {
  for (int i = 0; i < 64; i += kEight, bits >>= kEight) {
    uint64_t numbers;
    __builtin_memcpy(&numbers, kSetBits.of[bits & 0xff], sizeof numbers);
    numbers += static_cast<uint64_t>(first + i) * 0x0101010101010101;
    __builtin_memcpy(to, &numbers, sizeof numbers);
    to += __builtin_popcount(static_cast<uint32_t>(bits & 0xff));
  }
  return to;
}

template <typename T>
bool sort_columns(const uint8_t* kept_by, const float* w, int64_t ld, uint8_t* counts, uint8_t** index,
                  float** values) {
  uint8_t* next = *index;
  float* to = *values;
  typename T::Nan nan = {};
  for (int c = 1; c < kColumnClasses; ++c) {
    uint64_t bits[2];
    T::equal_bits(kept_by, static_cast<uint8_t>(c), bits);
    counts[c] = 0;
    if ((bits[0] | bits[1]) == 0) continue;
    const uint8_t* from = next;
    next = list_bits(bits[1], 64, list_bits(bits[0], 0, next));
    counts[c] = static_cast<uint8_t>(next - from);
    const typename T::Four order = T::four(kClassOrder.of[c]);
    const int kept = kClassOrder.kept[c];
    for (; from != next; ++from, to += kept) T::take_four(w + *from * ld, order, to, &nan);
  }
  *index = next;
  *values = to;
  return T::any(nan);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_COLUMNS_INL_H_
