// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of sparse copies that are not masked ones, and of masks without weights or from sparse ones.
#include "cuda/kernels/kernels.h"
#include "cuda/kernels/nonzero.h"
#include "cuda/kernels/random.h"
#include "cuda/kernels/sample.h"
#include "cuda/kernels/soft.h"

namespace nm {
namespace cuda {
namespace {

// Groups are numbered as those of the whole matrix, modulo 2^64.
uint64_t first_group(int64_t first_row, int64_t cols, int32_t m) {
  return static_cast<uint64_t>(first_row) * static_cast<uint64_t>(group_count(cols, m));
}

// Calls run with M if it is one of those for which there is a kernel, else with 0.
template <typename Run>
int with_length(int32_t m, const Run& run) {
  if (m == 2) return run(std::integral_constant<int, 2>{});
  if (m == 4) return run(std::integral_constant<int, 4>{});
  if (m == 8) return run(std::integral_constant<int, 8>{});
  if (m == 16) return run(std::integral_constant<int, 16>{});
  return run(std::integral_constant<int, 0>{});
}

}  // namespace

int launch_mask_random(Stream stream, int64_t rows, int64_t cols, int32_t n, int32_t m, int64_t seed, int64_t first_row,
                       uint8_t* mask) {
  return launch(chunk_grid(rows, cols, group_chunk(m)), stream,
                RandomMask{rows, cols, n, m, static_cast<uint64_t>(seed), first_group(first_row, cols, m), mask});
}

int launch_mask_nonzero(Stream stream, const DenseView& w, int32_t n, int32_t m, uint8_t* mask, Findings* breaches) {
  return visit_element(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    using Kernel = NonzeroMask<T>;
    return launch(chunk_grid(w.rows, w.cols, Kernel::chunk(m)), stream,
                  Kernel{static_cast<const T*>(w.data), w.rows, w.cols, w.ld, n, m, mask, breaches});
  });
}

int launch_soft_threshold(Stream stream, const DenseView& w, int32_t n, int32_t m, float scale, const DenseView& out,
                          Findings* not_finite) {
  return visit_float(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return with_length(m, [&](auto length) {
      using Kernel = SoftThreshold<T, decltype(length)::value>;
      return launch(chunk_grid(w.rows, w.cols, Kernel::chunk(m)), stream,
                    Kernel{static_cast<const T*>(w.data), w.rows, w.cols, w.ld, n, m, scale, static_cast<T*>(out.data),
                           out.ld, not_finite});
    });
  });
}

int launch_soft_threshold_scale(Stream stream, const DenseView& w, int32_t n, int32_t m, void* sums, double* scale,
                                Findings* not_finite) {
  static_assert(kScaleSumBytes >= kManyBlocks * static_cast<int64_t>(sizeof(ScaleSum)));
  auto* const partial = static_cast<ScaleSum*>(sums);
  const Grid grid = chunk_grid(w.rows, w.cols, m);
  const int error = visit_float(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return launch(grid, stream,
                  ScaleSums<T>{static_cast<const T*>(w.data), w.rows, w.cols, w.ld, n, m, partial, not_finite});
  });
  if (error != 0) return error;
  const int blocks = static_cast<int>(grid.blocks_x * grid.blocks_y);
  return launch({1, 1, FinishScale::kThreads, 1}, stream, FinishScale{partial, blocks, scale});
}

int launch_sample(Stream stream, const DenseView& g, int32_t n, int32_t m, int64_t seed, int64_t first_row, float* out,
                  int64_t ldo, Findings* not_finite) {
  const auto run = [&](auto length) {
    return launch(chunk_grid(g.rows, g.cols, m), stream,
                  Sample<decltype(length)::value>{static_cast<const float*>(g.data), g.rows, g.cols, g.ld, n, m,
                                                  static_cast<uint64_t>(seed), first_group(first_row, g.cols, m), out,
                                                  ldo, not_finite});
  };
  if (m <= 2) return run(std::integral_constant<int, 2>{});
  if (m <= 4) return run(std::integral_constant<int, 4>{});
  if (m <= 8) return run(std::integral_constant<int, 8>{});
  if (m <= 16) return run(std::integral_constant<int, 16>{});
  return run(std::integral_constant<int, 32>{});
}

}  // namespace cuda
}  // namespace nm
