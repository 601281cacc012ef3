// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of products on ordinary cores.
#include "cuda/kernels/kernels.h"
#include "cuda/kernels/product.h"

namespace nm {
namespace cuda {

int launch_pack_panel(Stream stream, const PanelShape& shape, const DenseView& w, const uint8_t* mask, void* values,
                      uint8_t* columns, Findings* breaches) {
  return visit_float(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return launch(
        chunk_grid(shape.padded_rows(), shape.blocks(), 1), stream,
        PackPanel<T>{shape, static_cast<const T*>(w.data), w.ld, mask, static_cast<T*>(values), columns, breaches});
  });
}

int launch_panel_product(Stream stream, const PanelShape& shape, int32_t dtype, const void* values,
                         const uint8_t* columns, const nm_cuda_product& p) {
  return visit_float(dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    using Kernel = PanelProduct<T>;
    const bool y_batch_major = p.y_layout == NM_BATCH_MAJOR;
    const Grid grid = {static_cast<uint32_t>(shape.padded_rows() / kTileRows),
                       static_cast<uint32_t>(ceil_div(p.batch, Kernel::kTileBatch)), Kernel::kThreads, 1};
    return launch(grid, stream,
                  Kernel{shape,
                         static_cast<const T*>(values),
                         columns,
                         p.batch,
                         {static_cast<const T*>(p.x), p.ldx, p.x_layout == NM_BATCH_MAJOR},
                         {static_cast<const T*>(p.c), p.ldc, y_batch_major},
                         {static_cast<T*>(p.y), p.ldy, y_batch_major},
                         static_cast<const T*>(p.bias),
                         p.feature_scale,
                         p.alpha,
                         p.beta,
                         p.activation});
  });
}

}  // namespace cuda
}  // namespace nm
