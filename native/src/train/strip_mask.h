// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masks of any kind for groups whose elements lie a stride apart, and the strips into which rows are cut.
#ifndef NM4J_TRAIN_STRIP_MASK_H_
#define NM4J_TRAIN_STRIP_MASK_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "cpu/row_ops.h"
#include "mask/transposable_mask.h"
#include "mask/vnm_mask.h"

namespace nm {

// Weights per strip: whole groups and whole mask bytes, and few enough for the L1 cache.
int64_t strip_length(Pattern pattern, int64_t stride);

// How the masks of a matrix are made.
struct MaskPlan {
  Pattern pattern;
  int64_t stride;  // of the elements of a group
  int64_t rows, cols;
  nm_mask_kind kind = NM_MASK_MAGNITUDE;
  int64_t v = 0;                  // of V:N:M
  uint64_t seed = 0;              // of random masks
  const float* scores = nullptr;  // of the matrix, or of its columns

  bool dense() const { return pattern.n == pattern.m; }

  // Rows whose masks depend on each other, at least 1.
  int64_t height() const;

  // Columns of a strip. One of several rows has room in the L2 cache.
  int64_t length() const;
};

// Masks of strips: of at most plan.height() rows from a multiple of that on, and of at most plan.length() columns from
// a multiple of that on.
class StripMasker {
 public:
  StripMasker(const MaskPlan& plan, const RowOps& ops);

  // Writes all bytes of the strip's mask, mask_row_bytes(count) for each row. w is the whole matrix, without gaps.
  // Returns whether there is a NaN.
  bool run(const float* w, int64_t row, int64_t rows, int64_t col, int64_t count, uint8_t* mask);

 private:
  // The first element of a strip of what decides: weights, scores or products of both.
  const float* deciding(const float* w, int64_t at, int64_t col, int64_t count);

  // Groups of neighbours; not for random masks.
  bool neighbours(const float* w, int64_t ld, int64_t rows, int64_t cols, uint8_t* mask);

  // Copies `length` columns, with the elements of each group side by side, to gathered_.
  void gather(const float* w, int64_t rows, int64_t length);

  // The random masks of such a block of a row, of which the first group of each position is number `group` of its row.
  void draw(int64_t row, int64_t group, int64_t members);

  // The bits that belong to what gather() has copied, to `mask` from column `first` on.
  void scatter(int64_t rows, int64_t length, uint8_t* mask, int64_t mask_stride, int64_t first) const;

  // Groups of a row, numbered as those of a matrix whose rows have their elements side by side.
  uint64_t group_number(int64_t row, int64_t position, int64_t group) const;

  int64_t block_length() const { return plan_.pattern.m * plan_.stride; }

  const MaskPlan plan_;
  const RowOps& ops_;
  std::unique_ptr<TransposableMasker> transposable_;
  std::unique_ptr<VnmMasker> vnm_;
  std::vector<float> products_, gathered_;
  std::vector<uint8_t> bits_;
};

}  // namespace nm

#endif  // NM4J_TRAIN_STRIP_MASK_H_
