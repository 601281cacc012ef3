// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Which types cuSPARSELt multiplies, and what it wants of their shapes.
#ifndef NM4J_CUDA_LT_TYPES_H_
#define NM4J_CUDA_LT_TYPES_H_

#include <cstdint>

#include "cuda/lt/declarations.h"
#include "nm4j/nm4j_cuda.h"

namespace nm {
namespace cuda {
namespace lt {

// Extents and addresses are multiples of this many bytes, those of the sparse operand of twice as many.
constexpr int64_t kAlignment = 16;

// One line of the table of types: weights and X, Y, C, bias.
struct Types {
  int32_t a, d, c, bias;
  ComputeType compute;
  bool gelu;  // whether cuSPARSELt applies its GELU to it
};

// The line for weights of type `a` and results of type `d`, or NULL.
const Types* find_types(int32_t a, int32_t d);

// Whether weights may have this type.
bool is_weight_type(int32_t dtype);

DataType data_type(int32_t dtype);
int64_t element_bytes(int32_t dtype);
const char* type_name(int32_t dtype);

inline int64_t dense_multiple(int32_t dtype) { return kAlignment / element_bytes(dtype); }
inline int64_t sparse_multiple(int32_t dtype) { return 2 * kAlignment / element_bytes(dtype); }

// 2:4, for fp32 1:2: what the hardware keeps.
inline int32_t kept_of_group(int32_t dtype) { return dtype == NM_F32 ? 1 : 2; }
inline int32_t group_length(int32_t dtype) { return dtype == NM_F32 ? 2 : 4; }

// Elements of an operand at most.
int64_t element_limit(int32_t dtype);

constexpr int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_TYPES_H_
