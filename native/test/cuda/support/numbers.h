/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Elements of the backend's types as numbers.
 */
#ifndef NM4J_TEST_CUDA_SUPPORT_NUMBERS_H_
#define NM4J_TEST_CUDA_SUPPORT_NUMBERS_H_

#include <cstdint>
#include <vector>

#include "nm4j/nm4j_cuda.h"

namespace nm4j_test {

int64_t ElementBytes(int32_t dtype);
const char* TypeName(int32_t dtype);

// The number that an element stands for.
double ReadElement(int32_t dtype, const unsigned char* at);

// The element for a number that the type represents exactly; a test that passes another one is wrong and dies.
void WriteElement(int32_t dtype, double value, unsigned char* at);

// The largest error of rounding `value` to the type, to nearest.
double RoundingError(int32_t dtype, double value);

}  // namespace nm4j_test

#endif  // NM4J_TEST_CUDA_SUPPORT_NUMBERS_H_
