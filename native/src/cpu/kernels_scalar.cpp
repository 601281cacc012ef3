// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernels for the portable reference.
#include "cpu/column_stream-inl.h"
#include "cpu/conv2d-inl.h"
#include "cpu/kernels.h"
#include "cpu/lane_panel-inl.h"
#include "cpu/row_stream-inl.h"
#include "cpu/simd_scalar.h"

namespace nm {

void lane_panel_f32_scalar(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                           int64_t tile_end) {
  lane_panel_run<Scalar>(weights, args, tile_begin, tile_end);
}

void row_stream_f32_scalar(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                           int64_t tile_end) {
  row_stream_run<Scalar>(weights, args, tile_begin, tile_end);
}

void column_stream_f32_scalar(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                              int64_t tile_end) {
  column_stream_run<Scalar>(weights, args, tile_begin, tile_end);
}

void conv2d_f32_scalar(const Conv2dArgs& args, int64_t tile_begin, int64_t tile_end) {
  conv2d_run<Scalar>(args, tile_begin, tile_end);
}

}  // namespace nm
