// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/types.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

constexpr Types kTypes[] = {
    // a          d             c             bias          compute            gelu
    {NM_F32, NM_F32, NM_F32, NM_F32, ComputeType::k32F, false},
    {NM_BF16, NM_BF16, NM_BF16, NM_BF16, ComputeType::k32F, false},
    {NM_CUDA_F16, NM_CUDA_F16, NM_CUDA_F16, NM_CUDA_F16, ComputeType::k32F, false},
    {NM_S8, NM_S8, NM_S8, NM_F32, ComputeType::k32I, true},
    {NM_S8, NM_S32, NM_S32, NM_F32, ComputeType::k32I, false},
    {NM_S8, NM_CUDA_F16, NM_CUDA_F16, NM_F32, ComputeType::k32I, false},
    {NM_S8, NM_BF16, NM_BF16, NM_F32, ComputeType::k32I, false},
    {NM_CUDA_E4M3, NM_CUDA_E4M3, NM_CUDA_F16, NM_CUDA_F16, ComputeType::k32F, false},
    {NM_CUDA_E4M3, NM_CUDA_F16, NM_CUDA_F16, NM_CUDA_F16, ComputeType::k32F, false},
    {NM_CUDA_E4M3, NM_BF16, NM_BF16, NM_BF16, ComputeType::k32F, true},
    {NM_CUDA_E4M3, NM_F32, NM_F32, NM_F32, ComputeType::k32F, false},
    {NM_CUDA_E5M2, NM_CUDA_E5M2, NM_CUDA_F16, NM_CUDA_F16, ComputeType::k32F, false},
    {NM_CUDA_E5M2, NM_CUDA_F16, NM_CUDA_F16, NM_CUDA_F16, ComputeType::k32F, false},
    {NM_CUDA_E5M2, NM_BF16, NM_BF16, NM_BF16, ComputeType::k32F, true},
    {NM_CUDA_E5M2, NM_F32, NM_F32, NM_F32, ComputeType::k32F, false},
};

struct Element {
  int32_t dtype;
  DataType type;
  int64_t bytes;
  const char* name;
};
constexpr Element kElements[] = {{NM_F32, DataType::kF32, 4, "NM_F32"},
                                 {NM_BF16, DataType::kBf16, 2, "NM_BF16"},
                                 {NM_S8, DataType::kS8, 1, "NM_S8"},
                                 {NM_S32, DataType::kS32, 4, "NM_S32"},
                                 {NM_CUDA_F16, DataType::kF16, 2, "NM_CUDA_F16"},
                                 {NM_CUDA_E4M3, DataType::kE4m3, 1, "NM_CUDA_E4M3"},
                                 {NM_CUDA_E5M2, DataType::kE5m2, 1, "NM_CUDA_E5M2"}};

const Element* find_element(int32_t dtype) {
  for (const Element& element : kElements) {
    if (element.dtype == dtype) return &element;
  }
  return nullptr;
}

}  // namespace

const Types* find_types(int32_t a, int32_t d) {
  for (const Types& types : kTypes) {
    if (types.a == a && types.d == d) return &types;
  }
  return nullptr;
}

bool is_weight_type(int32_t dtype) {
  for (const Types& types : kTypes) {
    if (types.a == dtype) return true;
  }
  return false;
}

DataType data_type(int32_t dtype) { return find_element(dtype)->type; }

int64_t element_bytes(int32_t dtype) { return find_element(dtype)->bytes; }

const char* type_name(int32_t dtype) {
  const Element* element = find_element(dtype);
  return element != nullptr ? element->name : "an unknown type";
}

int64_t element_limit(int32_t dtype) { return (int64_t{1} << 32) / element_bytes(dtype) - 1; }

}  // namespace lt
}  // namespace cuda
}  // namespace nm
