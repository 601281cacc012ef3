// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/conv2d_weights.h"

#include <algorithm>

namespace nm {

Conv2dWeights::Conv2dWeights(const nm_conv2d_geometry& geometry, nm_dtype dtype, Pattern pattern)
    : pattern_(pattern),
      channels_(geometry.in_channels / geometry.groups),
      padded_((channels_ + pattern.m - 1) / pattern.m * pattern.m),
      positions_(geometry.kernel_h * geometry.kernel_w),
      rows_(geometry.out_channels / geometry.groups) {
  for (int64_t g = 0; g < geometry.groups; ++g) {
    groups_.emplace_back(dtype, pattern_, rows_, positions_ * padded_);
    views_.push_back(groups_.back().view());
  }
}

void Conv2dWeights::join(const std::vector<CompressedRow>& positions, CompressedRow* whole) const {
  int64_t i = 0;
  for (int64_t position = 0; position < positions_; ++position) {
    const CompressedRow& row = positions[position];
    for (int64_t k = 0; k < row.kept; ++k, ++i) {
      whole->index[i] = row.index[k];
      whole->values[i] = row.values[k];
    }
    // A short last group with fewer than N columns keeps them all; padding is kept for the rest.
    const int64_t padding = pattern_.kept(padded_) - row.kept;
    for (int64_t k = 0; k < padding; ++k, ++i) {
      whole->index[i] = static_cast<uint8_t>((channels_ + k) % pattern_.m);
      whole->values[i] = 0.0f;
    }
  }
  decode_mask(*whole, whole->mask.data());
}

void Conv2dWeights::get(int64_t o, float scale, float* dense) const {
  CompressedRow whole = blank_row();
  groups_[o / rows_].get(o % rows_, &whole);
  std::fill_n(dense, positions_ * channels_, 0.0f);
  const bool scaled = scale != 1.0f;  // else bit for bit, signalling NaN too
  for (int64_t i = 0; i < whole.kept; ++i) {
    const int64_t position = whole.col(i) / padded_, channel = whole.col(i) % padded_;
    if (channel < channels_) dense[position * channels_ + channel] = scaled ? scale * whole.values[i] : whole.values[i];
  }
}

int64_t Conv2dWeights::bytes() const {
  int64_t bytes = 0;
  for (const RowStream& group : groups_) bytes += group.bytes();
  return bytes;
}

}  // namespace nm
