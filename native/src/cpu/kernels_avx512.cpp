// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernels for AVX-512.
#include "cpu/column_stream-inl.h"
#include "cpu/conv2d-inl.h"
#include "cpu/finish-inl.h"
#include "cpu/integer_exact-inl.h"
#include "cpu/kernels.h"
#include "cpu/lane_panel-inl.h"
#include "cpu/row_stream-inl.h"
#include "cpu/simd_avx512.h"
#include "train/soft_threshold-inl.h"
#include "train/update-inl.h"

#define NM4J_RUN(name, ...)                                                                                 \
  void name(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) { \
    __VA_ARGS__(weights, args, tile_begin, tile_end);                                                       \
  }

#define NM4J_CONV2D(name, ...) \
  void name(const Conv2dArgs& args, int64_t tile_begin, int64_t tile_end) { __VA_ARGS__(args, tile_begin, tile_end); }

namespace nm {

NM4J_RUN(lane_panel_f32_avx512, lane_panel_run<Avx512, float>)
NM4J_RUN(lane_panel_bf16_avx512, lane_panel_run<Avx512, Bf16>)
NM4J_RUN(lane_panel_s8_avx512, lane_panel_run<Avx512, int8_t>)
NM4J_RUN(row_stream_f32_avx512, row_stream_run<Avx512, float>)
NM4J_RUN(row_stream_bf16_avx512, row_stream_run<Avx512, Bf16>)
NM4J_RUN(row_stream_s8_avx512, row_stream_run<Avx512, int8_t>)
NM4J_RUN(lane_panel_s8_integer_avx512, integer_exact_run<Avx512, ExactLanePanel<Avx512>>)
NM4J_RUN(row_stream_s8_integer_avx512, integer_exact_run<Avx512, ExactRowStream<Avx512>>)
NM4J_RUN(column_stream_f32_avx512, column_stream_run<Avx512>)

void row_stream_bf16_part_avx512(const PackedWeights& weights, const MultiplyArgs& args, const Tile& part) {
  row_stream_part<Avx512, Bf16>(weights, args, part);
}

void finish_avx512(const MultiplyArgs& args, int64_t features) { finish_product<Avx512>(args, features); }

NM4J_CONV2D(conv2d_f32_avx512, conv2d_run<Avx512, float>)
NM4J_CONV2D(conv2d_bf16_avx512, conv2d_run<Avx512, Bf16>)
NM4J_CONV2D(conv2d_s8_avx512, conv2d_run<Avx512, int8_t>)
NM4J_CONV2D(conv2d_s8_integer_avx512, conv2d_integer_run<Avx512>)

void update_strip_avx512(const UpdateRule& rule, const UpdateStrip& strip) { update_strip<Avx512>(rule, strip); }

void masked_strip_avx512(const float* w, const uint8_t* mask, int64_t count, float factor, float* masked,
                         uint16_t* masked_bf16) {
  masked_strip<Avx512>(w, mask, count, factor, masked, masked_bf16);
}

void soft_strip_avx512(const float* w, const float* threshold, int64_t count, float scale, float* out) {
  soft_strip<Avx512>(w, threshold, count, scale, out);
}

void regularize_strip_avx512(const float* w, const uint8_t* mask, int64_t count, float lambda, float* grad) {
  regularize_strip<Avx512>(w, mask, count, lambda, grad);
}

}  // namespace nm
