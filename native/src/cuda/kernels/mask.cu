// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of masks and of checks.
#include "cuda/kernels/check.h"
#include "cuda/kernels/kernels.h"
#include "cuda/kernels/largest_launch.h"
#include "cuda/kernels/transposable.h"

namespace nm {
namespace cuda {

int launch_clear(Stream stream, Findings* findings) {
  return launch({1, 1, ClearFindings::kThreads, 1}, stream, ClearFindings{findings});
}

int launch_mask_magnitude(Stream stream, const DenseView& w, int32_t n, int32_t m, int64_t group_stride, uint8_t* mask,
                          Findings* nan) {
  return visit_element(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return launch_largest<ByMagnitude, T>(stream, w, n, m, group_stride, mask, nan);
  });
}

int launch_mask_transposable(Stream stream, const DenseView& w, uint8_t* mask, Findings* nan) {
  return visit_element(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return launch(chunk_grid(ceil_div(w.rows, 4), w.cols, 8), stream,
                  TransposableMask<T>{static_cast<const T*>(w.data), w.rows, w.cols, w.ld, mask, nan});
  });
}

int launch_check(Stream stream, const DenseView& w, int32_t n, int32_t m, Findings* breaches) {
  return visit_element(w.dtype, [&](auto* type) {
    using Kernel = CheckPattern<std::remove_pointer_t<decltype(type)>>;
    const Extent e = extent(w.rows, w.cols, w.ld == w.cols, m);
    return launch(chunk_grid(e.rows, e.cols, Kernel::chunk(m)), stream,
                  Kernel{w.data, e.rows, e.cols, e.one_row ? e.cols : w.ld, n, m, breaches});
  });
}

int launch_check_mask(Stream stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m,
                      Findings* breaches) {
  using Kernel = CheckPattern<void>;
  const Extent e = extent(rows, cols, cols % 8 == 0, m);
  return launch(chunk_grid(e.rows, e.cols, Kernel::chunk(m)), stream,
                Kernel{mask, e.rows, e.cols, e.cols, n, m, breaches});
}

int launch_check_finite(Stream stream, const DenseView& x, Findings* findings) {
  return visit_element(x.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const Extent e = extent(x.rows, x.cols, x.ld == x.cols, 1);
    return launch(chunk_grid(e.rows, e.cols, CheckFinite<T>::kChunk), stream,
                  CheckFinite<T>{static_cast<const T*>(x.data), e.rows, e.cols, e.one_row ? e.cols : x.ld, findings});
  });
}

int launch_mask_distance(Stream stream, const uint8_t* a, const uint8_t* b, int64_t rows, int64_t cols,
                         uint64_t* bits) {
  const Extent e = extent(rows, cols, true, 8);
  return launch(chunk_grid(e.rows, e.cols, MaskDistance::kChunk), stream, MaskDistance{a, b, e.rows, e.cols, bits});
}

}  // namespace cuda
}  // namespace nm
