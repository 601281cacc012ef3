// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// V:N:M masks (VENOM: Castro et al., SC 2023, arXiv 2310.02065): of each V x M block the 4 columns of largest L1 norm,
// and in each row N of these.
#ifndef NM4J_MASK_VNM_BLOCK_H_
#define NM4J_MASK_VNM_BLOCK_H_

#include <cstdint>
#include <vector>

#include "cpu/row_ops.h"
#include "format/pattern.h"

namespace nm {

class VnmMasker {
 public:
  VnmMasker(Pattern pattern, int64_t cols, const RowOps& ops);

  // The masks (all bytes) of `rows` rows, a whole block of them or what is left at the end. Returns whether there is a
  // NaN.
  bool run(const float* w, int64_t ld, int64_t rows, uint8_t* mask);

 private:
  // Returns whether there is a NaN.
  bool add_norms(const float* w, int64_t ld, int64_t rows);
  void choose_columns();

  const Pattern pattern_;
  const int64_t cols_;
  const RowOps& ops_;
  std::vector<double> norms_;     // of each column
  std::vector<int64_t> columns_;  // the chosen ones, ascending, 4 to a block (-1: the block is shorter)
  std::vector<float> gathered_;   // those of a row
  std::vector<uint8_t> bits_;
};

// Whether the first `rows` mask rows, a block of them, keep weights of at most 4 columns in block `block` of M columns,
// and at most N in each row.
bool obeys_vnm(const uint8_t* mask, int64_t rows, int64_t cols, Pattern pattern, int64_t block);

}  // namespace nm

#endif  // NM4J_MASK_VNM_BLOCK_H_
