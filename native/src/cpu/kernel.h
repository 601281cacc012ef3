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
#include "nm4j/nm4j.h"

namespace nm {

// Y = act(alpha * (W X) + beta * C + bias), see nm4j.h. Checked before it gets here.
struct MultiplyArgs {
  nm_layout layout;
  int64_t batch;
  const float* x;
  int64_t ldx;
  float alpha;
  const float* c;  // NULL if beta is 0
  int64_t ldc;
  float beta;
  const float* bias;  // or NULL
  nm_activation activation;
  float* y;
  int64_t ldy;
};

// The packings of a matrix, as far as it has them.
struct PackedWeights {
  LanePanelView lanes;
  RowStreamView stream;
  ColumnStreamView columns;
};

enum class Packing { kLanePanel, kRowStream, kColumnStream };

struct Kernel {
  const char* name;  // dtype_pattern_packing_tile_isa
  nm_dtype dtype;
  Packing packing;
  nm_isa isa;
  int64_t (*tiles)(const PackedWeights& weights, int64_t batch);
  void (*run)(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end);
};

// The kernel for a dtype and packing under an instruction-set limit: the widest there is. Never NULL for NM_F32.
const Kernel* find_kernel(nm_dtype dtype, Packing packing, nm_isa limit);

}  // namespace nm

#endif  // NM4J_CPU_KERNEL_H_
