// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposable masks of blocks up to 8 x 8, one block per lane of the compiler's own vectors: the steps of
// TransposableBlock (mask/transposable_block.h), with the same results, but without its branches. A block's mask, and
// the room in its rows and columns, are 64 bits each: 8 to a row or column.
//
// Include inside an ISA's own file only.
#ifndef NM4J_CPU_TRANSPOSABLE_LANES_INL_H_
#define NM4J_CPU_TRANSPOSABLE_LANES_INL_H_

#include <cstdint>

#include "cpu/random_words-inl.h"
#include "cpu/row_ops.h"

namespace nm {
namespace {

constexpr int kLaneBlocks = kRandomLanes;                   // blocks at a time
constexpr int kSide = kLaneSide;                            // rows and columns of the largest
constexpr int kHalves = sizeof(int64_t) / sizeof(int32_t);  // vectors of words of 64 bits for all blocks
constexpr int kWordLanes = kLaneBlocks / kHalves;
typedef float LaneNumbers __attribute__((vector_size(4 * kLaneBlocks)));
typedef int32_t LaneBits __attribute__((vector_size(4 * kLaneBlocks)));
typedef float RowNumbers __attribute__((vector_size(4 * 8)));
typedef int32_t RowBits __attribute__((vector_size(4 * 8)));
typedef int64_t LaneWords __attribute__((vector_size(8 * kWordLanes)));

class TransposableLanes {
 public:
  TransposableLanes(int n_of, int m_of) : n(n_of), m(m_of) {}

  // magnitude: kLaneBlocks blocks of m x m, row-major, one after the other; finite, at least 0. kept: a byte for each
  // row of a block, 8 to a block.
  void run(const float* magnitude, uint64_t* kept) {
    alignas(LaneWords) uint64_t row_room[kLaneBlocks], col_room[kLaneBlocks];
    for (int half = 0; half < kHalves; ++half) {
      const int first = half * kWordLanes;
      sort(magnitude + first * m * m);
      keep_heaviest(kept + first, row_room + first, col_room + first);
    }
    for (int block = 0; block < kLaneBlocks; ++block) {
      if (row_room[block] != 0) complete(magnitude + block * m * m, row_room[block], col_room[block], &kept[block]);
    }
    exchange(magnitude, kept);
  }

 private:
  const int n, m;
  LaneWords key_[kSide * kSide];
  LaneNumbers weight_[kSide][kSide];

  // By descending magnitude; equal ones stay in the order of rows, then columns: ascending words of the complement of
  // the magnitude's bits and row * 8 + column. Merge exchange (Knuth, The Art of Computer Programming 3, 5.2.2 M).
  void sort(const float* magnitude) {
    const int count = m * m;
    for (int i = 0; i < count; ++i) {
      int64_t word[kWordLanes];
      for (int lane = 0; lane < kWordLanes; ++lane) {
        uint32_t bits;
        __builtin_memcpy(&bits, magnitude + lane * count + i, sizeof bits);
        word[lane] = int64_t{0x7fffffff - bits} << 32 | (i / m * kSide + i % m);
      }
      __builtin_memcpy(&key_[i], word, sizeof word);
    }
    int top = 1;
    while (2 * top < count) top *= 2;
    for (int p = top; p > 0; p /= 2) {
      int q = top, r = 0, d = p;
      while (true) {
        for (int i = 0; i + d < count; ++i) {
          if ((i & p) != r) continue;
          const LaneWords a = key_[i], b = key_[i + d];
          key_[i] = a < b ? a : b;
          key_[i + d] = a < b ? b : a;
        }
        if (q == p) break;
        d = q - p;
        q /= 2;
        r = p;
      }
    }
  }

  void keep_heaviest(uint64_t* kept, uint64_t* row_room, uint64_t* col_room) const {
    uint64_t all = 0;
    for (int i = 0; i < m; ++i) all |= static_cast<uint64_t>(n) << kSide * i;
    LaneWords rows = LaneWords{} + static_cast<int64_t>(all), cols = rows, bits = {};
    const LaneWords one = LaneWords{} + 1;
    for (int i = 0; i < m * m; ++i) {
      const LaneWords place = key_[i] & 63, row = place & 56, col = (place & 7) << 3;
      const LaneWords room = (((rows >> row) & 255) != 0) & (((cols >> col) & 255) != 0);  // -1 or 0
      bits |= (room & one) << place;
      rows -= (room & one) << row;
      cols -= (room & one) << col;
    }
    __builtin_memcpy(kept, &bits, sizeof bits);
    __builtin_memcpy(row_room, &rows, sizeof rows);
    __builtin_memcpy(col_room, &cols, sizeof cols);
  }

  // A block that has room, one of its columns per lane: as TransposableBlock::complete, which says why it ends.
  void complete(const float* magnitude, uint64_t row_room, uint64_t col_room, uint64_t* kept) const {
    const auto byte = [](uint64_t word, int i) { return static_cast<int32_t>(word >> kSide * i & 0xff); };
    RowNumbers weight[kSide];
    for (int r = 0; r < m; ++r) load_row(magnitude + r * m, &weight[r]);
    const RowBits bit = {1, 2, 4, 8, 16, 32, 64, 128};
    const RowNumbers none = RowNumbers{} - __builtin_inff();
    int v = 0;
    for (int u = 0; u < m; ++u) {
      for (int room = byte(row_room, u); room > 0; --room) {
        while (byte(col_room, v) == 0) ++v;
        RowNumbers best = none;
        RowBits rows = {};
        for (int i = 0; i < m; ++i) {
          const int32_t own = byte(*kept, i);
          if ((own >> v & 1) != 0) continue;
          const RowNumbers gain = weight[u] - weight[i] + weight[i][v];
          const RowNumbers possible = ((own & ~byte(*kept, u)) & bit) != 0 ? gain : none;
          rows = possible > best ? RowBits{} + i : rows;
          best = possible > best ? possible : best;
        }
        int col = 0;  // of equal gains the lowest row, then the lowest column
        for (int j = 1; j < m; ++j) {
          if (best[j] > best[col] || (best[j] == best[col] && rows[j] < rows[col])) col = j;
        }
        *kept ^= (1ull << col | 1ull << v) << kSide * rows[col] | 1ull << (kSide * u + col);
        col_room -= 1ull << kSide * v;
      }
    }
  }

  void load_row(const float* p, RowNumbers* row) const {
    *row = RowNumbers{};
    if (m == kSide) {
      __builtin_memcpy(row, p, sizeof *row);
    } else {
      for (int c = 0; c < m; ++c) (*row)[c] = p[c];
    }
  }

  // As long as a block changes; others, in which there is nothing to gain, stay as they are.
  void exchange(const float* magnitude, uint64_t* kept) {
    LaneBits row[kSide];
    for (int r = 0; r < m; ++r) {
      int32_t bits[kLaneBlocks];
      for (int block = 0; block < kLaneBlocks; ++block) bits[block] = static_cast<uint8_t>(kept[block] >> kSide * r);
      __builtin_memcpy(&row[r], bits, sizeof bits);
      for (int c = 0; c < m; ++c) {
        float weights[kLaneBlocks];
        for (int block = 0; block < kLaneBlocks; ++block) weights[block] = magnitude[(block * m + r) * m + c];
        __builtin_memcpy(&weight_[r][c], weights, sizeof weights);
      }
    }
    uint32_t changed = (1u << m) - 1;  // rows of any block, since they were compared with all others
    for (int round = 0; changed != 0 && round < 2 * m; ++round) {
      const uint32_t before = changed;
      changed = 0;
      for (int a = 0; a < m; ++a) {
        for (int b = a + 1; b < m; ++b) {
          if (((before | changed) & (1u << a | 1u << b)) != 0 && exchange_rows(a, b, row)) changed |= 1u << a | 1u << b;
        }
      }
    }
    for (int block = 0; block < kLaneBlocks; ++block) {
      kept[block] = 0;
      for (int r = 0; r < m; ++r) kept[block] |= static_cast<uint64_t>(row[r][block]) << kSide * r;
    }
  }

  // Exchanges a column each where that keeps more; returns whether any block does.
  bool exchange_rows(int a, int b, LaneBits (&row)[kSide]) const {
    const LaneNumbers none = LaneNumbers{} - __builtin_inff();
    const LaneBits only_a = row[a] & ~row[b], only_b = row[b] & ~row[a];
    LaneNumbers down = none, up = none;
    LaneBits down_bit = {}, up_bit = {};
    for (int c = 0; c < m; ++c) {
      const int32_t bit = 1 << c;
      const LaneNumbers gain = weight_[b][c] - weight_[a][c];
      const LaneNumbers from_a = (only_a & bit) != 0 ? gain : none, from_b = (only_b & bit) != 0 ? -gain : none;
      down_bit = from_a > down ? LaneBits{} + bit : down_bit;
      up_bit = from_b > up ? LaneBits{} + bit : up_bit;
      down = from_a > down ? from_a : down;
      up = from_b > up ? from_b : up;
    }
    const LaneBits both = (down + up > 0.0f) & (down_bit | up_bit);
    row[a] ^= both;
    row[b] ^= both;
    int32_t any = 0;
    for (int block = 0; block < kLaneBlocks; ++block) any |= both[block];
    return any != 0;
  }
};

inline void transposable_lanes(const float* magnitude, int n, int m, uint64_t* kept) {
  TransposableLanes(n, m).run(magnitude, kept);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_TRANSPOSABLE_LANES_INL_H_
