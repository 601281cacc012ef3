// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The types in which weights and activations are stored. Types only: the files of the ISAs include this.
#ifndef NM4J_FORMAT_VALUE_TYPE_H_
#define NM4J_FORMAT_VALUE_TYPE_H_

#include <cstdint>

namespace nm {

// bfloat16: the upper half of an fp32.
struct Bf16 {
  uint16_t bits;
};

}  // namespace nm

#endif  // NM4J_FORMAT_VALUE_TYPE_H_
