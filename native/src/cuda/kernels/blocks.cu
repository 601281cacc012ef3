// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of masks and checks of blocks.
#include "cuda/kernels/blocks.h"
#include "cuda/kernels/kernels.h"

namespace nm {
namespace cuda {

int launch_mask_vnm(Stream stream, const DenseView& w, int32_t v, int32_t n, int32_t m, uint8_t* mask, Findings* nan) {
  return visit_element(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    using Kernel = VnmMask<T>;
    const int64_t blocks = ceil_div(w.rows, v) * Kernel::across(w.cols, m);
    return launch({static_cast<uint32_t>(blocks), 1, Kernel::kThreads, 1}, stream,
                  Kernel{static_cast<const T*>(w.data), w.rows, w.cols, w.ld, v, n, m, mask, nan});
  });
}

int launch_check_transposable(Stream stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m,
                              Findings* breaches) {
  return launch(chunk_grid(ceil_div(rows, m), cols, m), stream, CheckBlocks<true>{mask, rows, cols, m, n, m, breaches});
}

int launch_check_vnm(Stream stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t v, int32_t n, int32_t m,
                     Findings* breaches) {
  return launch(chunk_grid(ceil_div(rows, v), cols, m), stream,
                CheckBlocks<false>{mask, rows, cols, v, n, m, breaches});
}

}  // namespace cuda
}  // namespace nm
