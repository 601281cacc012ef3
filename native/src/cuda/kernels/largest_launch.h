// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of LargestMask, by either order. Include in the order's own .cu: 20 kernels each.
#ifndef NM4J_CUDA_KERNELS_LARGEST_LAUNCH_H_
#define NM4J_CUDA_KERNELS_LARGEST_LAUNCH_H_

#include <algorithm>

#include "cuda/kernels/kernels.h"
#include "cuda/kernels/magnitude.h"

namespace nm {
namespace cuda {

template <typename Order, typename T>
int launch_largest(Stream stream, const DenseView& w, int32_t n, int32_t m, int64_t group_stride, uint8_t* mask,
                   Findings* nan) {
  const bool in_registers = group_stride == 1 && (m == 2 || m == 4 || m == 8 || m == 16 || m == 32);
  const Extent e = extent(w.rows, w.cols, in_registers && w.ld == w.cols, std::max(8, m));
  const auto run = [&](auto length) {
    using Kernel = LargestMask<T, decltype(length)::value, Order>;
    const int64_t ld = e.one_row ? e.cols : w.ld;
    return launch(chunk_grid(e.rows, e.cols, Kernel::kChunk), stream,
                  Kernel{static_cast<const T*>(w.data), e.rows, e.cols, ld, n, m, group_stride, mask, nan});
  };
  if (!in_registers) return run(std::integral_constant<int, 0>{});
  if (m == 2) return run(std::integral_constant<int, 2>{});
  if (m == 4) return run(std::integral_constant<int, 4>{});
  if (m == 8) return run(std::integral_constant<int, 8>{});
  if (m == 16) return run(std::integral_constant<int, 16>{});
  return run(std::integral_constant<int, 32>{});
}

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_LARGEST_LAUNCH_H_
