// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Where lane panels hand over to row streams.
#ifndef NM4J_CPU_CROSSOVER_H_
#define NM4J_CPU_CROSSOVER_H_

#include <cstdint>

#include "format/lane_panel.h"
#include "nm4j/nm4j.h"

namespace nm {

// The largest batch for which a matrix that has both packings multiplies with its lane panels.
int64_t max_lane_batch(nm_isa isa, const LanePanelView& lanes);

// The largest batch for which a matrix that also has kernels for pairs does; measured on Zen 5.
constexpr int64_t kMaxLaneBatchBesidePairs = 12;

// The same of one that has kernels for matrix tiles, to which lane panels of integers or of bf16 hand over.
int64_t max_lane_batch_beside_tiles(nm_dtype dtype, const LanePanelView& lanes);

}  // namespace nm

#endif  // NM4J_CPU_CROSSOVER_H_
