// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of masks by score.
#include "cuda/kernels/largest_launch.h"

namespace nm {
namespace cuda {

int launch_mask_scores(Stream stream, const DenseView& scores, int32_t n, int32_t m, uint8_t* mask, Findings* nan) {
  return visit_float(scores.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return launch_largest<ByScore, T>(stream, scores, n, m, 1, mask, nan);
  });
}

}  // namespace cuda
}  // namespace nm
