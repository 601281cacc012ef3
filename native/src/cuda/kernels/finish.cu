// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of what stands around cuSPARSELt's products.
#include "cuda/kernels/finish.h"
#include "cuda/kernels/kernels.h"

namespace nm {
namespace cuda {

int launch_factors(Stream stream, const float* in, float factor, int64_t count, float* out) {
  return launch(chunk_grid(1, count, 1), stream, Factors{in, factor, count, out});
}

int launch_activation(Stream stream, const DenseView& y, int32_t activation) {
  return visit_element(y.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    using Kernel = Activate<T>;
    const Extent e = extent(y.rows, y.cols, y.ld == y.cols, Kernel::kChunk);
    return launch(chunk_grid(e.rows, e.cols, Kernel::kChunk), stream,
                  Kernel{static_cast<T*>(y.data), e.rows, e.cols, e.one_row ? e.cols : y.ld, activation});
  });
}

}  // namespace cuda
}  // namespace nm
