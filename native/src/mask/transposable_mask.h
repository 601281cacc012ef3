// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposable masks by rows of blocks.
#ifndef NM4J_MASK_TRANSPOSABLE_MASK_H_
#define NM4J_MASK_TRANSPOSABLE_MASK_H_

#include <cstdint>
#include <vector>

#include "cpu/row_ops.h"
#include "mask/transposable_block.h"

namespace nm {

class TransposableMasker {
 public:
  TransposableMasker(Pattern pattern, const RowOps& ops);

  // The masks (all bytes) of `rows` rows, M or what is left at the end. Returns whether there is a NaN.
  bool run(const float* w, int64_t ld, int64_t rows, int64_t cols, uint8_t* mask);

 private:
  // The magnitudes of what is there of a block. Returns whether there is a NaN.
  bool gather(const float* w, int64_t ld, int64_t rows, int64_t cols, float* magnitude) const;

  // The bits of a row of one of the blocks at hand.
  uint32_t kept_row(int64_t block, int r) const;

  const Pattern pattern_;
  const RowOps& ops_;
  const int64_t blocks_;  // at a time
  TransposableBlock block_;
  std::vector<float> magnitude_;  // of blocks_ blocks, completed by zeros
  std::vector<uint64_t> kept_;
};

// Whether the first `rows` mask rows, a row of blocks, keep at most N in each row and column of block `block`.
bool obeys_transposable(const uint8_t* mask, int64_t rows, int64_t cols, Pattern pattern, int64_t block);

}  // namespace nm

#endif  // NM4J_MASK_TRANSPOSABLE_MASK_H_
