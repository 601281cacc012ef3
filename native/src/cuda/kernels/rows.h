// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// How threads share out a matrix: its rows are cut into chunks of columns, and a thread takes chunks in strides of the
// grid, so that neighbouring threads have neighbouring chunks.
#ifndef NM4J_CUDA_KERNELS_ROWS_H_
#define NM4J_CUDA_KERNELS_ROWS_H_

#include <algorithm>
#include <cstdint>

#include "cuda/kernels/launch.h"

namespace nm {
namespace cuda {

constexpr int kBlockThreads = 256;

// Calls body(row, column) for each chunk of this thread.
template <typename Body>
NM_HD void for_chunks(const Thread& t, int64_t rows, int64_t cols, int chunk, const Body& body) {
  for (int64_t row = t.global_y(); row < rows; row += t.stride_y()) {
    for (int64_t col = t.global_x() * chunk; col < cols; col += t.stride_x() * chunk) body(row, col);
  }
}

// Rows and columns of work. A matrix without gaps, whose rows are whole units, is one long row: no thread idles at the
// ends of short rows.
struct Extent {
  int64_t rows, cols;
  bool one_row;
};
inline Extent extent(int64_t rows, int64_t cols, bool without_gaps, int64_t unit) {
  if (without_gaps && cols % unit == 0) return {1, rows * cols, true};
  return {rows, cols, false};
}

// Enough blocks to fill the largest cards several times over; strides do the rest.
constexpr int64_t kManyBlocks = 2048;

inline int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }

// Blocks as wide as the rows are long, at most 256 threads, and as many rows high as makes 256 threads.
inline Grid chunk_grid(int64_t rows, int64_t cols, int chunk) {
  const int64_t chunks = std::max<int64_t>(1, ceil_div(cols, chunk));
  int64_t width = 1;
  while (width < chunks && width < kBlockThreads) width *= 2;
  const int64_t height = kBlockThreads / width;
  const int64_t across = std::min(ceil_div(chunks, width), kManyBlocks);
  const int64_t down =
      std::min(std::max<int64_t>(1, ceil_div(rows, height)), std::max<int64_t>(1, kManyBlocks / across));
  return {static_cast<uint32_t>(across), static_cast<uint32_t>(down), static_cast<uint32_t>(width),
          static_cast<uint32_t>(height)};
}

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_ROWS_H_
