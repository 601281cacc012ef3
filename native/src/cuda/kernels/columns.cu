// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of the matrix of columns and of its opposite.
#include "cuda/kernels/columns.h"
#include "cuda/kernels/kernels.h"

namespace nm {
namespace cuda {
namespace {

template <typename T>
int make(Stream stream, const Conv2dColumns& c, const void* x, int64_t first, const DenseView& columns) {
  const auto* from = static_cast<const T*>(x);
  auto* to = static_cast<T*>(columns.data);
  if (c.x.stride_c != 1) {
    const Turn turn = Turn::of(columns.rows, c.row);
    return launch(turn.grid(), stream, MakeColumnsOfPlanes<T>{c, from, first, to, columns.ld, turn});
  }
  using Kernel = MakeColumns<T>;
  return launch(chunk_grid(columns.rows, c.row, Kernel::kChunk), stream,
                Kernel{c, from, first, columns.rows, to, columns.ld});
}

}  // namespace

int launch_columns(Stream stream, const Conv2dColumns& c, const void* x, int64_t first, const DenseView& columns) {
  // They are moved, not computed with.
  if (columns.dtype == NM_F32) return make<uint32_t>(stream, c, x, first, columns);
  if (columns.dtype == NM_S8) return make<uint8_t>(stream, c, x, first, columns);
  return make<uint16_t>(stream, c, x, first, columns);
}

int launch_sum_columns(Stream stream, const Conv2dColumns& c, const DenseView& columns, void* x) {
  return visit_float(columns.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const auto* from = static_cast<const T*>(columns.data);
    auto* to = static_cast<T*>(x);
    const int64_t pixels = c.x.n * c.x.h * c.x.w;
    if (c.x.stride_c != 1) {
      const Turn turn = Turn::of(pixels, c.x.c);
      return launch(turn.grid(), stream, SumColumnsOfPlanes<T>{c, from, columns.ld, to, turn});
    }
    using Kernel = SumColumns<T>;
    return launch(chunk_grid(pixels, c.x.c, Kernel::kChunk), stream, Kernel{c, from, columns.ld, to});
  });
}

}  // namespace cuda
}  // namespace nm
