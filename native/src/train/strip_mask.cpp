// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "train/strip_mask.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "format/mask_rows.h"

namespace nm {
namespace {

constexpr int64_t kStripWeights = 1024;     // 4 KiB of each tensor
constexpr int64_t kRowsWeights = 8 * 1024;  // 32 KiB of each tensor

int64_t whole_units(int64_t weights, Pattern pattern, int64_t stride) {
  const int64_t unit = std::lcm(pattern.m * stride, int64_t{64});
  return std::max<int64_t>(1, weights / unit) * unit;
}

}  // namespace

int64_t strip_length(Pattern pattern, int64_t stride) { return whole_units(kStripWeights, pattern, stride); }

int64_t MaskPlan::height() const {
  if (dense()) return 1;
  return kind == NM_MASK_TRANSPOSABLE ? pattern.m : kind == NM_MASK_VNM ? std::clamp<int64_t>(rows, 1, v) : 1;
}

int64_t MaskPlan::length() const {
  const int64_t weights = height() == 1 ? kStripWeights : kRowsWeights / height();
  return std::min(cols, whole_units(weights, pattern, stride));
}

StripMasker::StripMasker(const MaskPlan& plan, const RowOps& ops) : plan_(plan), ops_(ops) {
  if (plan.dense()) return;
  if (plan.kind == NM_MASK_TRANSPOSABLE) transposable_ = std::make_unique<TransposableMasker>(plan.pattern, ops);
  if (plan.kind == NM_MASK_VNM) vnm_ = std::make_unique<VnmMasker>(plan.pattern, plan.v, ops);
  if (plan.kind == NM_MASK_SCALED) products_.resize(plan.length());
  if (plan.stride == 1) return;
  gathered_.resize(plan.height() * block_length());
  bits_.resize(plan.height() * mask_row_bytes(block_length()));
}

bool StripMasker::run(const float* w, int64_t row, int64_t rows, int64_t col, int64_t count, uint8_t* mask) {
  const int64_t mask_stride = mask_row_bytes(count), m = plan_.pattern.m;
  if (plan_.dense()) {
    std::memset(mask, 0xff, mask_stride);
    if (count % 8 != 0) mask[count / 8] = static_cast<uint8_t>((1 << count % 8) - 1);
    return false;
  }
  const bool random = plan_.kind == NM_MASK_RANDOM;
  if (random && plan_.stride == 1) {
    ops_.random(group_number(row, 0, col / m), count, plan_.pattern.n, plan_.pattern.m, plan_.seed, mask);
    return false;
  }
  const float* const from = deciding(w, row * plan_.cols + col, col, count);
  if (plan_.stride == 1) return neighbours(from, plan_.cols, rows, count, mask);
  std::memset(mask, 0, rows * mask_stride);
  bool nan = false;
  for (int64_t first = 0; first < count; first += block_length()) {
    const int64_t length = std::min(block_length(), count - first);
    if (random) {
      draw(row, (col + first) / block_length(), length / plan_.stride);
    } else {
      gather(from + first, rows, length);
      nan |= neighbours(gathered_.data(), block_length(), rows, block_length(), bits_.data());
    }
    scatter(rows, length, mask, mask_stride, first);
  }
  return nan;
}

const float* StripMasker::deciding(const float* w, int64_t at, int64_t col, int64_t count) {
  if (plan_.kind == NM_MASK_SCORES) return plan_.scores + at;
  if (plan_.kind != NM_MASK_SCALED) return w + at;
  for (int64_t i = 0; i < count; ++i) products_[i] = w[at + i] * plan_.scores[col + i];
  return products_.data();
}

bool StripMasker::neighbours(const float* w, int64_t ld, int64_t rows, int64_t cols, uint8_t* mask) {
  if (transposable_ != nullptr) return transposable_->run(w, ld, rows, cols, mask);
  if (vnm_ != nullptr) return vnm_->run(w, ld, rows, cols, mask);
  const auto make = plan_.kind == NM_MASK_SCORES ? ops_.scores : ops_.magnitude;
  return make(w, cols, plan_.pattern.n, plan_.pattern.m, mask);
}

// M * stride weights hold `stride` groups of each row. The last ones may be short, but all are of the same length: they
// are filled up with what comes after every weight of a group.
void StripMasker::gather(const float* w, int64_t rows, int64_t length) {
  const float last = plan_.kind == NM_MASK_SCORES ? -std::numeric_limits<float>::infinity() : 0.0f;
  const int64_t members = length / plan_.stride;
  float* group = gathered_.data();
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t position = 0; position < plan_.stride; ++position, group += plan_.pattern.m) {
      const float* from = w + r * plan_.cols + position;
      for (int64_t i = 0; i < members; ++i, from += plan_.stride) group[i] = *from;
      for (int64_t i = members; i < plan_.pattern.m; ++i) group[i] = last;
    }
  }
}

void StripMasker::draw(int64_t row, int64_t group, int64_t members) {
  std::fill(bits_.begin(), bits_.end(), uint8_t{0});
  for (int64_t position = 0; position < plan_.stride; ++position) {
    uint8_t drawn[mask_row_bytes(kMaxGroup)];
    ops_.random(group_number(row, position, group), members, plan_.pattern.n, plan_.pattern.m, plan_.seed, drawn);
    for (int64_t i = 0; i < members; ++i) {
      const int64_t to = position * plan_.pattern.m + i;
      bits_[to / 8] |= static_cast<uint8_t>(mask_bit(drawn, i) << to % 8);
    }
  }
}

void StripMasker::scatter(int64_t rows, int64_t length, uint8_t* mask, int64_t mask_stride, int64_t first) const {
  const int64_t members = length / plan_.stride;
  for (int64_t r = 0; r < rows; ++r) {
    const uint8_t* const bits = bits_.data() + r * mask_row_bytes(block_length());
    uint8_t* const mask_row = mask + r * mask_stride;
    for (int64_t position = 0; position < plan_.stride; ++position) {
      for (int64_t i = 0; i < members; ++i) {
        const int64_t col = first + i * plan_.stride + position;
        mask_row[col / 8] |= static_cast<uint8_t>(mask_bit(bits, position * plan_.pattern.m + i) << col % 8);
      }
    }
  }
}

uint64_t StripMasker::group_number(int64_t row, int64_t position, int64_t group) const {
  const auto groups = static_cast<uint64_t>(group_count(plan_.cols / plan_.stride, plan_.pattern.m));
  const auto line = static_cast<uint64_t>(row) * static_cast<uint64_t>(plan_.stride) + static_cast<uint64_t>(position);
  return line * groups + static_cast<uint64_t>(group);
}

}  // namespace nm
