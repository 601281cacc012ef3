// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Weights of a convolution as row streams, one per group of channels. Their columns are (kernel row, kernel column,
// input channel), with the channels of each kernel position padded to whole groups of the pattern: no group spans two
// positions, and blocks of columns are what they are in any row stream. Kept weights of padding are 0.0.
#ifndef NM4J_FORMAT_CONV2D_WEIGHTS_H_
#define NM4J_FORMAT_CONV2D_WEIGHTS_H_

#include <cstdint>
#include <vector>

#include "format/row_stream.h"
#include "nm4j/nm4j.h"

namespace nm {

class Conv2dWeights {
 public:
  Conv2dWeights(const nm_conv2d_geometry& geometry, nm_dtype dtype, Pattern pattern);

  // The row of a group's matrix that an output channel becomes, from what it keeps at each kernel position: rows of
  // in_channels / groups columns.
  CompressedRow blank_row() const { return CompressedRow(pattern_, positions_ * padded_); }
  void join(const std::vector<CompressedRow>& positions, CompressedRow* whole) const;

  std::vector<RowStream>& groups() { return groups_; }

  // Kept weights of an output channel, padding aside.
  int64_t kept() const { return positions_ * pattern_.kept(channels_); }

  // The dense weights of output channel `o`, times its scale: positions x (in_channels / groups).
  void get(int64_t o, float scale, float* dense) const;

  const std::vector<RowStreamView>& views() const { return views_; }
  int64_t bytes() const;

 private:
  Pattern pattern_;
  int64_t channels_;  // input channels of a group
  int64_t padded_;    // the same in whole groups of the pattern
  int64_t positions_;
  int64_t rows_;  // output channels of a group
  std::vector<RowStream> groups_;
  std::vector<RowStreamView> views_;
};

}  // namespace nm

#endif  // NM4J_FORMAT_CONV2D_WEIGHTS_H_
