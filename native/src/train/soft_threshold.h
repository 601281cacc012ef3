// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// S-STE's continuous pruning (Hu et al., NeurIPS 2024, arXiv 2409.09099).
#ifndef NM4J_TRAIN_SOFT_THRESHOLD_H_
#define NM4J_TRAIN_SOFT_THRESHOLD_H_

#include <cstdint>
#include <vector>

#include "cpu/row_ops.h"
#include "format/pattern.h"
#include "train/update.h"

namespace nm {

class SoftThreshold {
 public:
  SoftThreshold(Pattern pattern, nm_isa isa);

  // out = scale * S(row). Returns false, having written some of it, unless all of the row is finite.
  bool run(const float* row, int64_t cols, float scale, float* out);

 private:
  const Pattern pattern_;
  const RowOps& rows_;
  const UpdateOps& ops_;
  std::vector<float> of_group_, of_weight_;  // thresholds in a strip
};

// The sums that S-STE's scale is made of: <w, s> and <s, s>.
struct ScaleSums {
  double dot = 0, square = 0;

  void add(const float* w, const float* s, int64_t count);
  double scale() const { return square == 0 ? 1.0 : dot / square; }
};

}  // namespace nm

#endif  // NM4J_TRAIN_SOFT_THRESHOLD_H_
