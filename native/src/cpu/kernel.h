// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// What a kernel is: one line of the table, from which dispatch, tests and benchmarks are fed.
#ifndef NM4J_CPU_KERNEL_H_
#define NM4J_CPU_KERNEL_H_

#include <cstdint>

#include "format/column_stream.h"
#include "format/lane_panel.h"
#include "format/row_stream.h"
#include "format/tile_stream.h"
#include "nm4j/nm4j.h"

namespace nm {

// Y = act(factor * (W X) + beta * C + bias), see nm4j.h; the factor of an output feature is alpha times the scales that
// are not NULL. Checked before it gets here.
struct MultiplyArgs {
  nm_layout layout;
  int64_t batch;
  const void* x;
  nm_dtype x_dtype;
  int64_t ldx;
  int32_t x_zero;  // of integers
  float alpha;     // with the scale of integer activations
  const float* weight_scale;
  const int32_t* weight_sum;  // of the kept integers of each row; NULL if weights are no integers
  const float* feature_scale;
  const void* c;  // of Y's type; NULL if beta is 0
  int64_t ldc;
  float beta;
  const float* bias;  // or NULL
  nm_activation activation;
  void* y;
  nm_dtype y_dtype;
  int64_t ldy;
  float y_scale, y_inverse;  // of integers; the inverse is what results are multiplied by
  int32_t y_zero;
};

// The packings of a matrix, as far as it has them.
struct PackedWeights {
  LanePanelView lanes;
  RowStreamView stream;
  ColumnStreamView columns;
  TileStreamView tiles;
};

// How a kernel reads the weights. kLanePairs: lane panels that keep two of each 4 columns, for large batches.
enum class Packing { kLanePanel, kLanePairs, kRowStream, kColumnStream, kTileStream };
constexpr int kPackings = 5;
constexpr int kDtypes = 5;

struct Kernel {
  const char* name;  // dtype_pattern_packing_tile_isa; dtype: of the weights, then of the activations if another
  nm_dtype weights, activations;
  Packing packing;
  nm_isa isa;
  int64_t (*tiles)(const PackedWeights& weights, int64_t batch);
  void (*run)(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end);
  bool any_batch = false;  // lane panels: faster than row streams for large batches too
};

// The kernel for these types and packing under an instruction-set limit: the widest there is, or NULL.
const Kernel* find_kernel(nm_dtype weights, nm_dtype activations, Packing packing, nm_isa limit);

// The epilogue of a product of fp32 that args.y holds already.
void finish(const MultiplyArgs& args, int64_t features, nm_isa limit);

}  // namespace nm

#endif  // NM4J_CPU_KERNEL_H_
