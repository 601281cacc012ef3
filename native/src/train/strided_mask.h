// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Magnitude masks of groups whose elements lie a stride apart, and the strips into which rows are cut.
#ifndef NM4J_TRAIN_STRIDED_MASK_H_
#define NM4J_TRAIN_STRIDED_MASK_H_

#include <cstdint>
#include <vector>

#include "cpu/row_ops.h"
#include "format/pattern.h"

namespace nm {

// Weights per strip: whole groups and whole mask bytes, and few enough for the L1 cache.
int64_t strip_length(Pattern pattern, int64_t stride);

// Masks of strips of at most one strip's length that begin with whole groups.
class StripMasker {
 public:
  StripMasker(Pattern pattern, int64_t stride, const RowOps& ops);

  // Writes all bytes of the strip's mask. Returns whether there is a NaN.
  bool run(const float* w, int64_t count, uint8_t* mask);

 private:
  Pattern pattern_;
  int64_t stride_;
  const RowOps& ops_;
  std::vector<float> gathered_;
  std::vector<uint8_t> bits_;
};

}  // namespace nm

#endif  // NM4J_TRAIN_STRIDED_MASK_H_
