// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows through their masks, T::kLanes columns at a time: compression, its inverse, and the masks of non-zeros.
//
// T is one of the traits of row_simd_<isa>.h. Include inside an ISA's own file only.
#ifndef NM4J_CPU_COMPRESS_INL_H_
#define NM4J_CPU_COMPRESS_INL_H_

#include <cstdint>

namespace nm {
namespace {

// Calls visit(first column, columns, first byte of their bits) along a row; the last time with what is left.
template <typename T, typename Visit>
void for_each_vector(int64_t cols, Visit&& visit) {
  static_assert(T::kLanes % 8 == 0, "bits come in whole bytes");
  int64_t col = 0;
  for (; col + T::kLanes <= cols; col += T::kLanes) visit(col, T::kLanes, col / 8);
  if (col < cols) visit(col, static_cast<int>(cols - col), col / 8);
}

template <typename T>
uint32_t load_bits(const uint8_t* p, int count) {
  uint32_t bits = 0;
  if (count == T::kLanes) {
    __builtin_memcpy(&bits, p, T::kLanes / 8);
    return bits;
  }
  for (int i = 0; i < count; i += 8) bits |= static_cast<uint32_t>(p[i / 8]) << i;
  return bits & ((1u << count) - 1);
}

template <typename T>
void store_bits(uint8_t* p, uint32_t bits, int count) {
  if (count == T::kLanes) {
    __builtin_memcpy(p, &bits, T::kLanes / 8);
    return;
  }
  for (int i = 0; i < count; i += 8) p[i / 8] = static_cast<uint8_t>(bits >> i);
}

template <typename T>
bool nonzero_row(const float* row, int64_t cols, uint8_t* mask) {
  uint32_t nan = 0;
  for_each_vector<T>(cols, [&](int64_t col, int count, int64_t byte) {
    const auto w = T::load_n(row + col, count);
    nan |= T::nan_bits(w);
    store_bits<T>(mask + byte, T::nonzero_bits(w), count);
  });
  return nan != 0;
}

template <typename T>
void apply_row(const float* row, const uint8_t* mask, int64_t cols, float* out) {
  for_each_vector<T>(cols, [&](int64_t col, int count, int64_t byte) {
    T::store_n(out + col, T::load_if(load_bits<T>(mask + byte, count), row + col), count);
  });
}

template <typename T>
bool compress_row(const float* row, const uint8_t* mask, const uint8_t* full, int64_t cols, int m, float* values,
                  uint8_t* index) {
  constexpr int kMaxColumns = 32;
  uint8_t in_group[kMaxColumns + T::kLanes];  // of a column and those that follow
  for (int i = 0, col = 0; i < m + T::kLanes; ++i, col = col + 1 == m ? 0 : col + 1) {
    in_group[i] = static_cast<uint8_t>(col);
  }
  const int advance = T::kLanes % m;
  int phase = 0;
  uint32_t nan = 0;
  for_each_vector<T>(cols, [&](int64_t col, int count, int64_t byte) {
    const auto w = T::load_if(load_bits<T>(mask + byte, count), row + col);
    nan |= T::nan_bits(w);
    const uint32_t bits = load_bits<T>(full + byte, count);
    T::compress(bits, w, in_group + phase, values, index);
    const int kept = __builtin_popcount(bits);
    values += kept;
    index += kept;
    phase += phase + advance < m ? advance : advance - m;
  });
  return nan != 0;
}

template <typename T>
void expand_row(const float* values, const uint8_t* mask, int64_t cols, float* row) {
  for_each_vector<T>(cols, [&](int64_t col, int count, int64_t byte) {
    const uint32_t bits = load_bits<T>(mask + byte, count);
    T::store_n(row + col, T::expand(bits, values), count);
    values += __builtin_popcount(bits);
  });
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_COMPRESS_INL_H_
