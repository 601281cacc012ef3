// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The two passes of V:N:M masks over their rows: sums of columns, and the largest weights of the columns chosen by
// them. The chosen weights, four of each group, are brought side by side, their mask is that of any 4-column groups,
// and its bits go back to the places of the chosen columns.
//
// T and G are the traits of row_ops_<isa>.cpp for columns and groups. Include inside an ISA's own file only.
#ifndef NM4J_CPU_CHOSEN_INL_H_
#define NM4J_CPU_CHOSEN_INL_H_

#include <cstdint>

#include "cpu/compress-inl.h"
#include "cpu/magnitude-inl.h"
#include "cpu/row_ops.h"

namespace nm {
namespace {

// In the order of rows, four at a time: each sum is loaded and stored once for them.
inline void add_magnitudes(const float* w, int64_t ld, int64_t rows, int64_t cols, double* __restrict sums) {
  const auto magnitude = [](float value) { return __builtin_fabs(static_cast<double>(value)); };
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4, w += 4 * ld) {
    const float *second = w + ld, *third = second + ld, *fourth = third + ld;
    for (int64_t c = 0; c < cols; ++c) {
      sums[c] = sums[c] + magnitude(w[c]) + magnitude(second[c]) + magnitude(third[c]) + magnitude(fourth[c]);
    }
  }
  for (; r < rows; ++r, w += ld) {
    for (int64_t c = 0; c < cols; ++c) sums[c] += magnitude(w[c]);
  }
}

template <typename T, typename G>
void largest_chosen(const float* row, const uint8_t* chosen, int64_t cols, int n, uint8_t* mask) {
  constexpr int kFour = 4, kWord = 32;
  float values[kChosenColumns + T::kLanes];
  int64_t count = 0;
  for_each_vector<T>(cols, [&](int64_t col, int here, int64_t byte) {
    const uint32_t bits = load_bits<T>(chosen + byte, here);
    T::compress(bits, T::load_if(bits, row + col), values + count);
    count += __builtin_popcount(bits);
  });
  uint8_t kept[kChosenColumns / 8 + sizeof(uint64_t)];
  largest_row<G>(values, count, n, kFour, kept);
  int64_t at = 0;  // of `kept`, in bits
  int64_t col = 0;
  const auto place = [&](uint32_t places) {
    uint64_t next;
    __builtin_memcpy(&next, kept + at / 8, sizeof next);
    const int64_t bit = at % 8;
    at += __builtin_popcount(places);
    return static_cast<uint32_t>(T::deposit(next >> bit, places));
  };
  for (; col + kWord <= cols; col += kWord) {
    uint32_t word;
    __builtin_memcpy(&word, chosen + col / 8, sizeof word);
    word = place(word);
    __builtin_memcpy(mask + col / 8, &word, sizeof word);
  }
  if (col == cols) return;
  uint32_t word = 0;
  __builtin_memcpy(&word, chosen + col / 8, (cols - col + 7) / 8);
  word = place(word);
  __builtin_memcpy(mask + col / 8, &word, (cols - col + 7) / 8);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_CHOSEN_INL_H_
