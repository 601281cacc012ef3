// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposable 2:4 masks: of each 4 x 4 block the best of the 90 masks that keep two of every row and column, one block
// per vector lane.
//
// A mask is known by how often its upper two rows use each column:
//   twice i and j, hence the lower two rows twice the other two columns: 6 masks;
//   each once, and the lower two the same: 6 * 6 masks;
//   twice i, once j and k, hence the lower two twice l, once j and k: for each pair j, k two choices of which row takes
//   which, above and below, and two of which of i and l is above: 6 * 2 * 2 * 2 masks.
// So the 90 sums share their parts, and the largest of them takes 111 additions and 40 maxima.
//
// T is one of the traits of row_ops_<isa>.cpp. Include inside an ISA's own file only.
#ifndef NM4J_CPU_TRANSPOSABLE_INL_H_
#define NM4J_CPU_TRANSPOSABLE_INL_H_

#include <cstdint>

#include "cpu/magnitude-inl.h"

namespace nm {
namespace {

constexpr uint32_t kBlockLimitBits = 0x7d800000;  // 2^124: sums of eight are finite

// The pairs of columns; the complement of pair p is pair 5 - p.
constexpr int kPairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
constexpr uint32_t pair_bits(int pair) { return 1u << kPairs[pair][0] | 1u << kPairs[pair][1]; }

// A mask of a block as 16 bits, four for each row.
constexpr int32_t block_bits(uint32_t row0, uint32_t row1, uint32_t row2, uint32_t row3) {
  return static_cast<int32_t>(row0 | row1 << 4 | row2 << 8 | row3 << 12);
}

template <typename T>
struct TransposableMask {
  using Keys = typename T::Keys;

  Keys largest = T::set1(0);  // of all magnitudes, to find NaN

  // A sum, and the mask that it belongs to. Of equal sums the first stays.
  struct Best {
    Keys sum, bits;

    void offer(Keys other, Keys other_bits) {
      bits = T::select(T::greater(other, sum), bits, other_bits);
      sum = T::max(sum, other);
    }
    void offer(const Best& other) { offer(other.sum, other.bits); }
  };

  static Keys add(Keys a, Keys b) { return T::add(a, b); }

  // The masks of kLanes blocks whose rows begin at rows[0 .. 3].
  Keys blocks(const float* const* rows) {
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
    Keys above[4], below[4];  // a column in both rows
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      above[c] = add(w[0][c], w[1][c]);
      below[c] = add(w[2][c], w[3][c]);
    }
    Best best = twice(above, below);
    best.offer(once(w));
#pragma GCC unroll 6
    for (int pair = 0; pair < 6; ++pair) best.offer(mixed(w, above, below, pair));
    return best.bits;
  }

 private:
  static void load(const float* row, Keys (&w)[4]) {
    if constexpr (T::kLanes == 1) {
      T::square(row, 4, 4, w);
    } else {
      T::template columns<4>(row, w);
    }
  }

  static Best twice(const Keys (&above)[4], const Keys (&below)[4]) {
    Best best;
#pragma GCC unroll 6
    for (int pair = 0; pair < 6; ++pair) {
      const auto [i, j] = kPairs[pair];
      const auto [k, l] = kPairs[5 - pair];
      const uint32_t upper = pair_bits(pair), lower = pair_bits(5 - pair);
      const Keys sum = add(add(above[i], above[j]), add(below[k], below[l]));
      const Keys bits = T::set1(block_bits(upper, upper, lower, lower));
      if (pair == 0) {
        best = {sum, bits};
      } else {
        best.offer(sum, bits);
      }
    }
    return best;
  }

  // A pair in one row, the other columns in the next.
  static Best complementary(const Keys (&row)[4], const Keys (&next)[4], int shift) {
    Best best;
#pragma GCC unroll 6
    for (int pair = 0; pair < 6; ++pair) {
      const auto [i, j] = kPairs[pair];
      const auto [k, l] = kPairs[5 - pair];
      const Keys sum = add(add(row[i], row[j]), add(next[k], next[l]));
      const Keys bits = T::set1(block_bits(pair_bits(pair), pair_bits(5 - pair), 0, 0) << shift);
      if (pair == 0) {
        best = {sum, bits};
      } else {
        best.offer(sum, bits);
      }
    }
    return best;
  }

  static Best once(const Keys (&w)[4][4]) {
    const Best upper = complementary(w[0], w[1], 0), lower = complementary(w[2], w[3], 8);
    return {add(upper.sum, lower.sum), T::bit_or(upper.bits, lower.bits)};
  }

  // Columns j and k, the pair, once above and once below; of the others one twice above, one twice below.
  static Best mixed(const Keys (&w)[4][4], const Keys (&above)[4], const Keys (&below)[4], int pair) {
    const auto [j, k] = kPairs[pair];
    const auto [i, l] = kPairs[5 - pair];
    const uint32_t cross = pair_bits(pair), whole = pair_bits(5 - pair);
    Keys bits = T::set1(block_bits(1u << j | 1u << i, 1u << k | 1u << i, 1u << j | 1u << l, 1u << k | 1u << l));
    const auto larger = [&](Keys first, Keys second, int32_t change) {
      bits = T::xor_if(T::greater(second, first), bits, T::set1(change));
      return T::max(first, second);
    };
    const Keys upper = larger(add(w[0][j], w[1][k]), add(w[0][k], w[1][j]), block_bits(cross, cross, 0, 0));
    const Keys lower = larger(add(w[2][j], w[3][k]), add(w[2][k], w[3][j]), block_bits(0, 0, cross, cross));
    const Keys both = larger(add(above[i], below[l]), add(above[l], below[i]), block_bits(whole, whole, whole, whole));
    return {add(add(upper, lower), both), bits};
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
    for (int r = 0; r < 4; ++r) rows[r] = w + r * ld + col;
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
