// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposable masks of M x M blocks, any N:M. Those of at most 8 x 8 are made many at a time, by the same steps
// (cpu/transposable_lanes-inl.h).
#ifndef NM4J_MASK_TRANSPOSABLE_BLOCK_H_
#define NM4J_MASK_TRANSPOSABLE_BLOCK_H_

#include <cstdint>
#include <vector>

#include "format/pattern.h"

namespace nm {

// Keeps the heaviest weight that its row and column still have room for, again and again (greedy-keep; the training
// code of Hubara et al., arXiv 2102.08124, does the same), completes rows and columns that then keep fewer than N, and
// exchanges weights between two rows while that keeps more.
class TransposableBlock {
 public:
  explicit TransposableBlock(Pattern pattern);

  // magnitude: M x M, row-major, finite, at least 0. The bits of row r's mask are then in row(r).
  void run(const float* magnitude);
  uint32_t row(int r) const { return kept_[r]; }

 private:
  void sort();
  void keep_heaviest();
  void complete();
  void exchange();

  float weight(int row, int col) const { return magnitude_[row * pattern_.m + col]; }
  bool keeps(int row, int col) const { return (kept_[row] >> col & 1) != 0; }
  void flip(int row, int col) { kept_[row] ^= 1u << col; }

  const Pattern pattern_;
  const float* magnitude_ = nullptr;
  struct Place {
    uint32_t key;  // ascending where magnitudes descend
    uint16_t row, col;
  };
  std::vector<Place> order_, scratch_;
  uint32_t kept_[kMaxGroup];
  int row_room_[kMaxGroup], col_room_[kMaxGroup];
};

}  // namespace nm

#endif  // NM4J_MASK_TRANSPOSABLE_BLOCK_H_
