// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposable 2:4 masks: of each 4 x 4 block the best of the 90 masks that keep two of every row and column, one block
// per vector lane (mask/transposable_best-inl.h).
//
// T is one of the traits of row_ops_<isa>.cpp. Include inside an ISA's own file only.
#ifndef NM4J_CPU_TRANSPOSABLE_INL_H_
#define NM4J_CPU_TRANSPOSABLE_INL_H_

#include <cstdint>

#include "cpu/magnitude-inl.h"
#include "mask/transposable_best-inl.h"

namespace nm {
namespace {

template <typename T>
struct TransposableMask {
  using Keys = typename T::Keys;

  Keys largest = T::set1(0);  // of all magnitudes, to find NaN

  // The masks of kLanes blocks whose rows begin at rows[0 .. 3]. Inlined into its caller's loops it would spill more of
  // AVX2's registers: 6 % slower.
  __attribute__((noinline)) Keys blocks(const float* const* rows) {
    Keys w[4][4];
    for (int r = 0; r < 4; ++r) {
      load(rows[r], w[r]);
#pragma GCC unroll 4
      for (int c = 0; c < 4; ++c) {
        w[r][c] = T::bit_and(w[r][c], T::set1(kMagnitudeBits));
        largest = T::max(largest, w[r][c]);
        w[r][c] = T::min(w[r][c], T::set1(kBlockLimitBits));
      }
    }
    return TransposableBest<T>::mask(w);
  }

 private:
  static void load(const float* row, Keys (&w)[4]) {
    if constexpr (T::kLanes == 1) {
      T::square(row, 4, 4, w);
    } else {
      T::template columns<4>(row, w);
    }
  }
};

// Writes the masks of kLanes blocks from column `col` on: four rows, `stride` bytes apart.
template <typename T>
void store_blocks(typename T::Keys bits, int64_t col, uint8_t* mask, int64_t stride) {
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r) {
    const typename T::Keys row = T::bit_and(T::shift_right(bits, 4 * r), T::set1(15));
    uint8_t* const at = mask + r * stride + col / 8;
    if constexpr (T::kLanes == 1) {
      *at = static_cast<uint8_t>(col % 8 == 0 ? row : *at | row << 4);
    } else {
      T::template store_bits<4>(at, row);
    }
  }
}

// Four rows of weights, `ld` apart, of which the last 4 - count are zeros that are not there. Returns whether there is
// a NaN.
template <typename T>
bool transposable_rows(const float* w, int64_t ld, int count, int64_t cols, uint8_t* mask) {
  constexpr int64_t kStep = 4 * T::kLanes;
  const int64_t stride = (cols + 7) / 8;
  TransposableMask<T> masks;
  const float* rows[4];
  int64_t col = 0;
  for (; count == 4 && col + kStep <= cols; col += kStep) {
    for (int r = 0; r < 4; ++r) {
      rows[r] = w + r * ld + col;
      // The four rows after these: with four streams at once the hardware alone does not keep up.
      for (int64_t i = 0; i < kStep; i += 16) __builtin_prefetch(rows[r] + 4 * ld + i, 0, 2);
    }
    store_blocks<T>(masks.blocks(rows), col, mask, stride);
  }
  for (; col < cols; col += kStep) {
    // Zeros complete the blocks.
    const int64_t there = cols - col < kStep ? cols - col : kStep;
    float copy[4][kStep] = {};
    for (int r = 0; r < 4; ++r) {
      rows[r] = copy[r];
      if (r < count) __builtin_memcpy(copy[r], w + r * ld + col, there * sizeof(float));
    }
    uint8_t bits[4][(kStep + 7) / 8];
    store_blocks<T>(masks.blocks(rows), 0, bits[0], sizeof bits[0]);
    for (int r = 0; r < 4; ++r) {
      if (r >= count) break;
      if (there % 8 != 0) bits[r][there / 8] &= static_cast<uint8_t>((1 << there % 8) - 1);
      uint8_t* const at = mask + r * stride + col / 8;
      if (col % 8 == 0) {
        __builtin_memcpy(at, bits[r], (there + 7) / 8);
      } else {
        *at |= static_cast<uint8_t>(bits[r][0] << 4);  // one block at a time
      }
    }
  }
  return T::any(T::greater(masks.largest, T::set1(kInfinityBits)));
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_TRANSPOSABLE_INL_H_
