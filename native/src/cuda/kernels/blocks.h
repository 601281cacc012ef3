// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// V:N:M masks, as nm_mask_vnm_f32 makes them, and checks of blocks.
//
// Floors: V:N:M sizeof(T) + 1/8 bytes a weight (the second reading of a block comes from the cache if it fits there),
// checks 1/8.
#ifndef NM4J_CUDA_KERNELS_BLOCKS_H_
#define NM4J_CUDA_KERNELS_BLOCKS_H_

#include <cstdint>

#include "cuda/kernels/check.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/groups.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"
#include "format/pattern.h"

namespace nm {
namespace cuda {

// A block of threads takes V rows of as many columns as are whole groups, whole bytes of mask, and at most kThreads: a
// thread first adds up the magnitudes of a column, in the order of the rows, then chooses the columns of a group, then
// makes bytes of the mask.
template <typename T>
struct VnmMask {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  const T* w;
  int64_t rows, cols, ld;
  int v, n, m;
  uint8_t* mask;
  Findings* nan;  // or NULL

  struct Shared {
    double norms[kThreads];
    uint32_t chosen[kThreads / kBlockColumns];  // of each group
  };
  struct Local {};

  NM_HD static constexpr int width(int m) { return kThreads / group_chunk(m) * group_chunk(m); }
  NM_HD static constexpr int64_t across(int64_t cols, int m) { return cols / width(m) + (cols % width(m) != 0); }

  NM_HD int phases() const { return 3; }
  NM_HD void phase(int p, const Thread& t, Shared& shared, Local&) const {
    const int64_t all = across(cols, m);
    const int64_t row = t.block_x / all * v, col = t.block_x % all * width(m);
    const int64_t row_end = rows - row < v ? rows : row + v;
    const int count = cols - col < width(m) ? static_cast<int>(cols - col) : width(m);
    if (p == 0) {
      add_norms(t, row, row_end, col, count, shared.norms);
    } else if (p == 1) {
      choose(t, count, shared);
    } else {
      store(t, row, row_end, col, count, shared.chosen);
    }
  }

 private:
  NM_HD void add_norms(const Thread& t, int64_t row, int64_t row_end, int64_t col, int count, double* norms) const {
    Found found;
    const int c = static_cast<int>(t.x);
    if (c < count) {
      double sum = 0;
      for (int64_t r = row; r < row_end; ++r) {
        const T value = w[r * ld + col + c];
        if (magnitude_key(value) == KeysOf<T>::kNan) found.add(r * cols + col + c);
        sum += fabs(static_cast<double>(widen(value)));
      }
      norms[c] = sum == sum ? sum : static_cast<double>(INFINITY);  // NaN: the largest, as everywhere
    }
    report(nan, found);
  }

  // The columns of largest norm, the lowest first among equals.
  NM_HD void choose(const Thread& t, int count, Shared& shared) const {
    const int first = static_cast<int>(t.x) * m;
    if (first >= count) return;
    const int length = count - first < m ? count - first : m;
    uint32_t chosen = 0;
    NM_ROLLED
    for (int i = 0; i < kBlockColumns && i < length; ++i) {
      int best = -1;
      for (int c = 0; c < length; ++c) {
        if ((chosen >> c & 1) == 0 && (best < 0 || shared.norms[first + c] > shared.norms[first + best])) best = c;
      }
      chosen |= 1u << best;
    }
    shared.chosen[t.x] = chosen;
  }

  // The N largest of a row's chosen columns.
  NM_HD void store(const Thread& t, int64_t row, int64_t row_end, int64_t col, int count,
                   const uint32_t* chosen) const {
    const int bytes = (count + 7) / 8;
    for (int64_t i = t.x; i < (row_end - row) * bytes; i += kThreads) {
      const int64_t r = row + i / bytes;
      const int byte = static_cast<int>(i % bytes);
      const T* const from = w + r * ld + col;
      uint32_t bits = 0;
      NM_ROLLED
      for (int c = byte * 8; c < byte * 8 + 8 && c < count; ++c) {
        const int group = c / m, mine = c - group * m;
        if ((chosen[group] >> mine & 1) == 0) continue;
        const uint32_t key = magnitude_key(from[c]);
        int rank = 0;
        for (uint32_t rest = chosen[group] & ~(1u << mine); rest != 0; rest &= rest - 1) {
          const int other = count_bits((rest & (0u - rest)) - 1);  // the lowest bit's number
          const uint32_t its = magnitude_key(from[group * m + other]);
          rank += other < mine ? its >= key : its > key;
        }
        bits |= static_cast<uint32_t>(rank < n) << (c - byte * 8);
      }
      mask[r * mask_row_bytes(cols) + col / 8 + byte] = static_cast<uint8_t>(bits);
    }
  }
};

// A block of M columns and `height` rows to a thread: too many bits in a row; of V:N:M, too many columns; of
// transposable masks, too many bits in a column.
template <bool kTransposable>
struct CheckBlocks {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  const uint8_t* mask;
  int64_t rows, cols;
  int height, n, m;
  Findings* breaches;

  NM_HD void thread(const Thread& t) const {
    Found found;
    const CheckPattern<void> bits = {mask, rows, cols, 0, n, m, nullptr};
    const uint32_t group = m == 32 ? ~0u : (1u << m) - 1;
    for_chunks(t, rows / height + (rows % height != 0), cols, m, [&](int64_t block_row, int64_t col) {
      const int64_t row = block_row * height, end = rows - row < height ? rows : row + height;
      bool breach = false;
      uint32_t used = 0;
      uint32_t counts[6] = {};  // one bit of each column's count in each, the lowest first
      for (int64_t r = row; r < end; ++r) {
        const uint32_t mine = bits.bits_at(r, col) & group;
        breach |= count_bits(mine) > n;
        used |= mine;
        if (kTransposable) {
          uint32_t carry = mine;
          NM_UNROLL
          for (int i = 0; i < 6; ++i) {
            const uint32_t both = counts[i] & carry;
            counts[i] ^= carry;
            carry = both;
          }
        }
      }
      breach |= kTransposable ? any_above(counts) : count_bits(used) > kBlockColumns;
      if (breach) found.add(row * cols + col);
    });
    report(breaches, found);
  }

 private:
  // Whether a column counts more than n: compared from the highest bit down.
  NM_HD bool any_above(const uint32_t (&counts)[6]) const {
    uint32_t above = 0, equal = ~0u;
    NM_UNROLL
    for (int i = 5; i >= 0; --i) {
      const uint32_t limit = (n >> i & 1) != 0 ? ~0u : 0u;
      above |= equal & counts[i] & ~limit;
      equal &= ~(counts[i] ^ limit);
    }
    return above != 0;
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_BLOCKS_H_
