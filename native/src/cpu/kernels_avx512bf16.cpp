// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernels for AVX-512 with BF16: products of pairs of bf16, summed in fp32.
#include "cpu/kernels.h"
#include "cpu/lane_pairs-inl.h"
#include "cpu/lane_panel_bf16-inl.h"

namespace nm {

void lane_panel_bf16_avx512bf16(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                                int64_t tile_end) {
  const LanePanelView& w = weights.lanes;
  if (w.index_bits == 2 && w.slots == 2) return lane_panel_bf16_run<2>(weights, args, tile_begin, tile_end);
  if (w.index_bits == 2 && w.slots == 1) return lane_panel_bf16_run<1>(weights, args, tile_begin, tile_end);
  lane_panel_bf16_avx512(weights, args, tile_begin, tile_end);  // wider windows are multiplied as fp32
}

void lane_pairs_bf16_avx512bf16(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                                int64_t tile_end) {
  lane_pairs_run(weights, args, tile_begin, tile_end);
}

}  // namespace nm
