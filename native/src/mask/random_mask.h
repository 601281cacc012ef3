// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Random masks.
#ifndef NM4J_MASK_RANDOM_MASK_H_
#define NM4J_MASK_RANDOM_MASK_H_

#include <cstdint>

#include "format/pattern.h"

namespace nm {

// The mask (all bytes) of row `row`: each group keeps exactly min(N, length), each choice being equally likely.
void random_mask_row(uint64_t row, int64_t cols, Pattern pattern, uint64_t seed, uint8_t* mask);

}  // namespace nm

#endif  // NM4J_MASK_RANDOM_MASK_H_
