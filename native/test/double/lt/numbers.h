// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Elements of device memory as numbers, and back as the hardware rounds them.
#ifndef NM4J_DOUBLE_LT_NUMBERS_H_
#define NM4J_DOUBLE_LT_NUMBERS_H_

#include <cstdint>

namespace nm4j_double {

// Bytes of an element; 0 for a type that cuSPARSELt does not have.
int64_t type_bytes(int type);

float read_number(int type, const void* from);

// To nearest, ties to even; integers and 8-bit floats are limited to their range.
void write_number(int type, float value, void* to);

// To nearest, ties away from zero: what becomes of fp32 operands.
float to_tf32(float value);

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_LT_NUMBERS_H_
