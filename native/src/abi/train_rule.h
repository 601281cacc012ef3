// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The arguments of a training step, checked and turned into numbers: for the CPU and for the GPU.
#ifndef NM4J_ABI_TRAIN_RULE_H_
#define NM4J_ABI_TRAIN_RULE_H_

#include <vector>

#include "abi/check.h"
#include "train/update.h"

namespace nm {

// 1 <= N <= M: training may keep everything.
int32_t check_training_pattern(int32_t n, int32_t m);
int32_t check_stride(int64_t cols, int64_t stride);
int32_t check_finite_number(const char* name, float value);

// Whether the step makes a mask of a pattern; without one every mask is the same.
bool makes_mask(const nm_update& update);

// All but the rows. Fills *spans with the memory that the step needs, the mask first.
int32_t check_update(const nm_update& update, std::vector<Span>* spans);

UpdateRule make_rule(const nm_update& update);

}  // namespace nm

#endif  // NM4J_ABI_TRAIN_RULE_H_
