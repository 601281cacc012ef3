// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernel table. Adding a kernel is one line here. Dispatch reads it; tests and benchmarks reach every line through
// the instruction-set limit and the workload that select it.
#include "cpu/kernels.h"
#include "cpu/tiling.h"

namespace nm {
namespace {

int64_t lane_panel_tiles(const PackedWeights& weights, int64_t batch) {
  return tile_count(lane_panel_tiling(weights.lanes.rows, batch));
}

int64_t integer_tiles(const PackedWeights& weights, int64_t batch) {
  return tile_count(integer_tiling(weights.lanes.rows, batch));
}

int64_t lane_pairs_tiles(const PackedWeights& weights, int64_t batch) {
  return tile_count(lane_pairs_tiling(weights.lanes.rows, weights.lanes.cols, batch));
}

int64_t row_stream_tiles(const PackedWeights& weights, int64_t batch) {
  return tile_count(row_stream_tiling(weights.stream.rows, batch));
}

int64_t column_stream_tiles(const PackedWeights& weights, int64_t batch) {
  return tile_count(row_stream_tiling(weights.columns.rows, batch));
}

int64_t tile_stream_tiles(const PackedWeights& weights, int64_t batch) {
  return tile_count(tile_stream_tiling(weights.tiles.rows, batch));
}

// Best first.
constexpr Kernel kTable[] = {
// clang-format off
#ifdef NM4J_X86
    {"bf16_nxm_tilestream_32x32_amx", NM_BF16, NM_BF16, Packing::kTileStream, NM_ISA_AMX, tile_stream_tiles, tile_stream_bf16_amx},
    {"s8u8_nxm_tilestream_32x32_amx", NM_S8, NM_U8, Packing::kTileStream, NM_ISA_AMX, tile_stream_tiles, tile_stream_s8_integer_amx},
    {"s8_nxm_tilestream_32x32_amx", NM_S8, NM_S8, Packing::kTileStream, NM_ISA_AMX, tile_stream_tiles, tile_stream_s8_integer_amx},
    {"bf16_nxm_lanepanel_16x16_avx512bf16", NM_BF16, NM_BF16, Packing::kLanePanel, NM_ISA_AVX512_BF16, lane_panel_tiles, lane_panel_bf16_avx512bf16},
    {"bf16_2:4_lanepairs_8x48_avx512bf16", NM_BF16, NM_BF16, Packing::kLanePairs, NM_ISA_AVX512_BF16, lane_pairs_tiles, lane_pairs_bf16_avx512bf16},
    {"s8u8_nxm_lanepanel_32x12_avx512vnni", NM_S8, NM_U8, Packing::kLanePanel, NM_ISA_AVX512_VNNI, integer_tiles, lane_panel_s8_integer_avx512vnni, true},
    {"s8_nxm_lanepanel_32x12_avx512vnni", NM_S8, NM_S8, Packing::kLanePanel, NM_ISA_AVX512_VNNI, integer_tiles, lane_panel_s8_integer_avx512vnni, true},
    {"f32_nxm_lanepanel_16x16_avx512", NM_F32, NM_F32, Packing::kLanePanel, NM_ISA_AVX512, lane_panel_tiles, lane_panel_f32_avx512},
    {"f32_nxm_rowstream_4x64_avx512", NM_F32, NM_F32, Packing::kRowStream, NM_ISA_AVX512, row_stream_tiles, row_stream_f32_avx512},
    {"f32_any_columnstream_4x64_avx512", NM_F32, NM_F32, Packing::kColumnStream, NM_ISA_AVX512, column_stream_tiles, column_stream_f32_avx512},
    {"bf16f32_nxm_lanepanel_16x16_avx512", NM_BF16, NM_F32, Packing::kLanePanel, NM_ISA_AVX512, lane_panel_tiles, lane_panel_bf16_avx512},
    {"bf16_nxm_lanepanel_16x16_avx512", NM_BF16, NM_BF16, Packing::kLanePanel, NM_ISA_AVX512, lane_panel_tiles, lane_panel_bf16_avx512},
    {"bf16f32_nxm_rowstream_4x64_avx512", NM_BF16, NM_F32, Packing::kRowStream, NM_ISA_AVX512, row_stream_tiles, row_stream_bf16_avx512},
    {"bf16_nxm_rowstream_4x64_avx512", NM_BF16, NM_BF16, Packing::kRowStream, NM_ISA_AVX512, row_stream_tiles, row_stream_bf16_avx512},
    {"s8f32_nxm_lanepanel_16x16_avx512", NM_S8, NM_F32, Packing::kLanePanel, NM_ISA_AVX512, lane_panel_tiles, lane_panel_s8_avx512},
    {"s8f32_nxm_rowstream_4x64_avx512", NM_S8, NM_F32, Packing::kRowStream, NM_ISA_AVX512, row_stream_tiles, row_stream_s8_avx512},
    {"s8u8_nxm_lanepanel_16x16_avx512", NM_S8, NM_U8, Packing::kLanePanel, NM_ISA_AVX512, lane_panel_tiles, lane_panel_s8_integer_avx512},
    {"s8u8_nxm_rowstream_4x64_avx512", NM_S8, NM_U8, Packing::kRowStream, NM_ISA_AVX512, row_stream_tiles, row_stream_s8_integer_avx512},
    {"s8_nxm_lanepanel_16x16_avx512", NM_S8, NM_S8, Packing::kLanePanel, NM_ISA_AVX512, lane_panel_tiles, lane_panel_s8_integer_avx512},
    {"s8_nxm_rowstream_4x64_avx512", NM_S8, NM_S8, Packing::kRowStream, NM_ISA_AVX512, row_stream_tiles, row_stream_s8_integer_avx512},
    {"f32_nxm_lanepanel_16x16_avx2", NM_F32, NM_F32, Packing::kLanePanel, NM_ISA_AVX2, lane_panel_tiles, lane_panel_f32_avx2},
    {"f32_nxm_rowstream_2x32_avx2", NM_F32, NM_F32, Packing::kRowStream, NM_ISA_AVX2, row_stream_tiles, row_stream_f32_avx2},
    {"f32_any_columnstream_4x16_avx2", NM_F32, NM_F32, Packing::kColumnStream, NM_ISA_AVX2, column_stream_tiles, column_stream_f32_avx2},
    {"bf16f32_nxm_lanepanel_16x16_avx2", NM_BF16, NM_F32, Packing::kLanePanel, NM_ISA_AVX2, lane_panel_tiles, lane_panel_bf16_avx2},
    {"bf16_nxm_lanepanel_16x16_avx2", NM_BF16, NM_BF16, Packing::kLanePanel, NM_ISA_AVX2, lane_panel_tiles, lane_panel_bf16_avx2},
    {"bf16f32_nxm_rowstream_2x32_avx2", NM_BF16, NM_F32, Packing::kRowStream, NM_ISA_AVX2, row_stream_tiles, row_stream_bf16_avx2},
    {"bf16_nxm_rowstream_2x32_avx2", NM_BF16, NM_BF16, Packing::kRowStream, NM_ISA_AVX2, row_stream_tiles, row_stream_bf16_avx2},
    {"s8f32_nxm_lanepanel_16x16_avx2", NM_S8, NM_F32, Packing::kLanePanel, NM_ISA_AVX2, lane_panel_tiles, lane_panel_s8_avx2},
    {"s8f32_nxm_rowstream_2x32_avx2", NM_S8, NM_F32, Packing::kRowStream, NM_ISA_AVX2, row_stream_tiles, row_stream_s8_avx2},
    {"s8u8_nxm_lanepanel_16x16_avx2", NM_S8, NM_U8, Packing::kLanePanel, NM_ISA_AVX2, lane_panel_tiles, lane_panel_s8_integer_avx2},
    {"s8u8_nxm_rowstream_2x32_avx2", NM_S8, NM_U8, Packing::kRowStream, NM_ISA_AVX2, row_stream_tiles, row_stream_s8_integer_avx2},
    {"s8_nxm_lanepanel_16x16_avx2", NM_S8, NM_S8, Packing::kLanePanel, NM_ISA_AVX2, lane_panel_tiles, lane_panel_s8_integer_avx2},
    {"s8_nxm_rowstream_2x32_avx2", NM_S8, NM_S8, Packing::kRowStream, NM_ISA_AVX2, row_stream_tiles, row_stream_s8_integer_avx2},
#endif
    {"f32_nxm_lanepanel_16x16_scalar", NM_F32, NM_F32, Packing::kLanePanel, NM_ISA_SCALAR, lane_panel_tiles, lane_panel_f32_scalar},
    {"f32_nxm_rowstream_1x64_scalar", NM_F32, NM_F32, Packing::kRowStream, NM_ISA_SCALAR, row_stream_tiles, row_stream_f32_scalar},
    {"f32_any_columnstream_4x4_scalar", NM_F32, NM_F32, Packing::kColumnStream, NM_ISA_SCALAR, column_stream_tiles, column_stream_f32_scalar},
    {"bf16f32_nxm_lanepanel_16x16_scalar", NM_BF16, NM_F32, Packing::kLanePanel, NM_ISA_SCALAR, lane_panel_tiles, lane_panel_bf16_scalar},
    {"bf16_nxm_lanepanel_16x16_scalar", NM_BF16, NM_BF16, Packing::kLanePanel, NM_ISA_SCALAR, lane_panel_tiles, lane_panel_bf16_scalar},
    {"bf16f32_nxm_rowstream_1x64_scalar", NM_BF16, NM_F32, Packing::kRowStream, NM_ISA_SCALAR, row_stream_tiles, row_stream_bf16_scalar},
    {"bf16_nxm_rowstream_1x64_scalar", NM_BF16, NM_BF16, Packing::kRowStream, NM_ISA_SCALAR, row_stream_tiles, row_stream_bf16_scalar},
    {"s8f32_nxm_lanepanel_16x16_scalar", NM_S8, NM_F32, Packing::kLanePanel, NM_ISA_SCALAR, lane_panel_tiles, lane_panel_s8_scalar},
    {"s8f32_nxm_rowstream_1x64_scalar", NM_S8, NM_F32, Packing::kRowStream, NM_ISA_SCALAR, row_stream_tiles, row_stream_s8_scalar},
    {"s8u8_nxm_lanepanel_16x16_scalar", NM_S8, NM_U8, Packing::kLanePanel, NM_ISA_SCALAR, lane_panel_tiles, lane_panel_s8_integer_scalar},
    {"s8u8_nxm_rowstream_1x64_scalar", NM_S8, NM_U8, Packing::kRowStream, NM_ISA_SCALAR, row_stream_tiles, row_stream_s8_integer_scalar},
    {"s8_nxm_lanepanel_16x16_scalar", NM_S8, NM_S8, Packing::kLanePanel, NM_ISA_SCALAR, lane_panel_tiles, lane_panel_s8_integer_scalar},
    {"s8_nxm_rowstream_1x64_scalar", NM_S8, NM_S8, Packing::kRowStream, NM_ISA_SCALAR, row_stream_tiles, row_stream_s8_integer_scalar},
    // clang-format on
};

}  // namespace

const Kernel* find_kernel(nm_dtype weights, nm_dtype activations, Packing packing, nm_isa limit) {
  for (const Kernel& kernel : kTable) {
    if (kernel.weights == weights && kernel.activations == activations && kernel.packing == packing &&
        kernel.isa <= limit) {
      return &kernel;
    }
  }
  return nullptr;
}

void finish(const MultiplyArgs& args, int64_t features, nm_isa limit) {
#ifdef NM4J_X86
  if (limit >= NM_ISA_AVX512) return finish_avx512(args, features);
  if (limit >= NM_ISA_AVX2) return finish_avx2(args, features);
#endif
  static_cast<void>(limit);
  finish_scalar(args, features);
}

}  // namespace nm
