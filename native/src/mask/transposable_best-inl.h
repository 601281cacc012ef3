// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The best of the 90 transposable 2:4 masks of a 4 x 4 block, one block per vector lane: for CPU and GPU.
//
// A mask is known by how often its upper two rows use each column:
//   twice i and j, hence the lower two rows twice the other two columns: 6 masks;
//   each once, and the lower two the same: 6 * 6 masks;
//   twice i, once j and k, hence the lower two twice l, once j and k: for each pair j, k two choices of which row takes
//   which, above and below, and two of which of i and l is above: 6 * 2 * 2 * 2 masks.
// So the 90 sums share their parts, and the largest of them takes 111 additions and 40 maxima.
//
// T is one of the traits of row_ops_<isa>.cpp or that of a GPU thread. Include inside their files only.
#ifndef NM4J_MASK_TRANSPOSABLE_BEST_INL_H_
#define NM4J_MASK_TRANSPOSABLE_BEST_INL_H_

#include <cstdint>

#include "format/host_device.h"

namespace nm {
namespace {

constexpr uint32_t kBlockLimitBits = 0x7d800000;  // 2^124: sums of eight are finite

// The pairs of columns 01 02 03 12 13 23; the complement of pair p is pair 5 - p.
NM_HD constexpr int lower_of(int pair) { return pair < 3 ? 0 : pair < 5 ? 1 : 2; }
NM_HD constexpr int upper_of(int pair) { return pair < 3 ? pair + 1 : pair < 5 ? pair - 1 : 3; }
NM_HD constexpr uint32_t pair_bits(int pair) { return 1u << lower_of(pair) | 1u << upper_of(pair); }

// A mask of a block as 16 bits, four for each row.
NM_HD constexpr int32_t block_bits(uint32_t row0, uint32_t row1, uint32_t row2, uint32_t row3) {
  return static_cast<int32_t>(row0 | row1 << 4 | row2 << 8 | row3 << 12);
}

template <typename T>
struct TransposableBest {
  using Keys = typename T::Keys;

  // The masks of blocks of magnitudes (as bits, limited to kBlockLimitBits): w[row][column].
  NM_HD static Keys mask(const Keys (&w)[4][4]) {
    Keys above[4], below[4];  // a column in both rows
    NM_UNROLL_HERE_TOO
    for (int c = 0; c < 4; ++c) {
      above[c] = add(w[0][c], w[1][c]);
      below[c] = add(w[2][c], w[3][c]);
    }
    Best best = twice(above, below);
    best.offer(once(w));
    NM_UNROLL_HERE_TOO
    for (int pair = 0; pair < 6; ++pair) best.offer(mixed(w, above, below, pair));
    return best.bits;
  }

 private:
  // A sum, and the mask that it belongs to. Of equal sums the first stays.
  struct Best {
    Keys sum, bits;

    NM_HD void offer(Keys other, Keys other_bits) {
      bits = T::select(T::greater(other, sum), bits, other_bits);
      sum = T::max(sum, other);
    }
    NM_HD void offer(const Best& other) { offer(other.sum, other.bits); }
  };

  NM_HD static Keys add(Keys a, Keys b) { return T::add(a, b); }

  NM_HD static Best twice(const Keys (&above)[4], const Keys (&below)[4]) {
    Best best;
    NM_UNROLL_HERE_TOO
    for (int pair = 0; pair < 6; ++pair) {
      const int i = lower_of(pair), j = upper_of(pair);
      const int k = lower_of(5 - pair), l = upper_of(5 - pair);
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
  NM_HD static Best complementary(const Keys (&row)[4], const Keys (&next)[4], int shift) {
    Best best;
    NM_UNROLL_HERE_TOO
    for (int pair = 0; pair < 6; ++pair) {
      const int i = lower_of(pair), j = upper_of(pair);
      const int k = lower_of(5 - pair), l = upper_of(5 - pair);
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

  NM_HD static Best once(const Keys (&w)[4][4]) {
    const Best upper = complementary(w[0], w[1], 0), lower = complementary(w[2], w[3], 8);
    return {add(upper.sum, lower.sum), T::bit_or(upper.bits, lower.bits)};
  }

  // Columns j and k, the pair, once above and once below; of the others one twice above, one twice below.
  NM_HD static Best mixed(const Keys (&w)[4][4], const Keys (&above)[4], const Keys (&below)[4], int pair) {
    const int j = lower_of(pair), k = upper_of(pair);
    const int i = lower_of(5 - pair), l = upper_of(5 - pair);
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

}  // namespace
}  // namespace nm

#endif  // NM4J_MASK_TRANSPOSABLE_BEST_INL_H_
