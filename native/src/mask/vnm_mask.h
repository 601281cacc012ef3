// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// V:N:M masks (VENOM: Castro et al., SC 2023, arXiv 2310.02065): of each V x M block the 4 columns of largest L1 norm,
// and in each row N of these.
#ifndef NM4J_MASK_VNM_MASK_H_
#define NM4J_MASK_VNM_MASK_H_

#include <cstdint>
#include <vector>

#include "cpu/row_ops.h"
#include "format/pattern.h"

namespace nm {

class VnmMasker {
 public:
  VnmMasker(Pattern pattern, int64_t v, const RowOps& ops);

  // The masks (all bytes) of `rows` rows, V or what is left at the end. Returns whether there is a NaN.
  bool run(const float* w, int64_t ld, int64_t rows, int64_t cols, uint8_t* mask);

 private:
  // The sums of |w| in `count` columns. Returns whether there is a NaN.
  bool add_norms(const float* w, int64_t ld, int64_t rows, int64_t count);

  // The bits of the columns with the largest sums.
  void choose_columns(int64_t count);

  const Pattern pattern_;
  const RowOps& ops_;
  const int64_t strip_;  // columns at a time: of whole blocks and bytes, so that their rows stay in the L2 cache
  std::vector<double> norms_;
  std::vector<uint8_t> chosen_;
};

// Whether the first `rows` mask rows, a block of them, keep weights of at most 4 columns in block `block` of M columns,
// and at most N in each row.
bool obeys_vnm(const uint8_t* mask, int64_t rows, int64_t cols, Pattern pattern, int64_t block);

}  // namespace nm

#endif  // NM4J_MASK_VNM_MASK_H_
