// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernels for the portable reference.
#include "cpu/column_stream-inl.h"
#include "cpu/conv2d-inl.h"
#include "cpu/finish-inl.h"
#include "cpu/integer_exact-inl.h"
#include "cpu/kernels.h"
#include "cpu/lane_panel-inl.h"
#include "cpu/row_stream-inl.h"
#include "cpu/simd_scalar.h"
#include "train/soft_threshold-inl.h"
#include "train/update-inl.h"

#define NM4J_RUN(name, ...)                                                                                 \
  void name(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) { \
    __VA_ARGS__(weights, args, tile_begin, tile_end);                                                       \
  }

#define NM4J_CONV2D(name, ...) \
  void name(const Conv2dArgs& args, int64_t tile_begin, int64_t tile_end) { __VA_ARGS__(args, tile_begin, tile_end); }

namespace nm {

NM4J_RUN(lane_panel_f32_scalar, lane_panel_run<Scalar, float>)
NM4J_RUN(lane_panel_bf16_scalar, lane_panel_run<Scalar, Bf16>)
NM4J_RUN(lane_panel_s8_scalar, lane_panel_run<Scalar, int8_t>)
NM4J_RUN(row_stream_f32_scalar, row_stream_run<Scalar, float>)
NM4J_RUN(row_stream_bf16_scalar, row_stream_run<Scalar, Bf16>)
NM4J_RUN(row_stream_s8_scalar, row_stream_run<Scalar, int8_t>)
NM4J_RUN(lane_panel_s8_integer_scalar, integer_exact_run<Scalar, ExactLanePanel<Scalar>>)
NM4J_RUN(row_stream_s8_integer_scalar, integer_exact_run<Scalar, ExactRowStream<Scalar>>)
NM4J_RUN(column_stream_f32_scalar, column_stream_run<Scalar>)

void finish_scalar(const MultiplyArgs& args, int64_t features) { finish_product<Scalar>(args, features); }

NM4J_CONV2D(conv2d_f32_scalar, conv2d_run<Scalar, float>)
NM4J_CONV2D(conv2d_bf16_scalar, conv2d_run<Scalar, Bf16>)
NM4J_CONV2D(conv2d_s8_scalar, conv2d_run<Scalar, int8_t>)
NM4J_CONV2D(conv2d_s8_integer_scalar, conv2d_integer_run<Scalar>)

void update_strip_scalar(const UpdateRule& rule, const UpdateStrip& strip) { update_strip<Scalar>(rule, strip); }

void masked_strip_scalar(const float* w, const uint8_t* mask, int64_t count, float factor, float* masked,
                         uint16_t* masked_bf16) {
  masked_strip<Scalar>(w, mask, count, factor, masked, masked_bf16);
}

void soft_strip_scalar(const float* w, const float* threshold, int64_t count, float scale, float* out) {
  soft_strip<Scalar>(w, threshold, count, scale, out);
}

void regularize_strip_scalar(const float* w, const uint8_t* mask, int64_t count, float lambda, float* grad) {
  regularize_strip<Scalar>(w, mask, count, lambda, grad);
}

}  // namespace nm
