// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The entry points that each ISA's file defines.
#ifndef NM4J_CPU_KERNELS_H_
#define NM4J_CPU_KERNELS_H_

#include "cpu/kernel.h"
#include "cpu/tiling.h"

namespace nm {

using RunTiles = void(const PackedWeights&, const MultiplyArgs&, int64_t tile_begin, int64_t tile_end);

// KIND_WEIGHTS_ISA, for fp32 activations.
RunTiles lane_panel_f32_scalar, lane_panel_f32_avx2, lane_panel_f32_avx512;
RunTiles lane_panel_bf16_scalar, lane_panel_bf16_avx2, lane_panel_bf16_avx512, lane_panel_bf16_avx512bf16;
RunTiles lane_pairs_bf16_avx512bf16;
RunTiles lane_panel_s8_scalar, lane_panel_s8_avx2, lane_panel_s8_avx512;
RunTiles row_stream_f32_scalar, row_stream_f32_avx2, row_stream_f32_avx512;
RunTiles row_stream_bf16_scalar, row_stream_bf16_avx2, row_stream_bf16_avx512;
RunTiles row_stream_s8_scalar, row_stream_s8_avx2, row_stream_s8_avx512;
// Integer activations.
RunTiles lane_panel_s8_integer_scalar, lane_panel_s8_integer_avx2, lane_panel_s8_integer_avx512;
RunTiles lane_panel_s8_integer_avx512vnni;
RunTiles row_stream_s8_integer_scalar, row_stream_s8_integer_avx2, row_stream_s8_integer_avx512;
RunTiles tile_stream_bf16_amx, tile_stream_s8_integer_amx;
RunTiles column_stream_f32_scalar, column_stream_f32_avx2, column_stream_f32_avx512;

// Any rows, from a multiple of 4 on, times any items of bf16.
void row_stream_bf16_part_avx512(const PackedWeights& weights, const MultiplyArgs& args, const Tile& part);

using FinishProduct = void(const MultiplyArgs&, int64_t features);

FinishProduct finish_scalar, finish_avx2, finish_avx512;

}  // namespace nm

#endif  // NM4J_CPU_KERNELS_H_
