// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Stored weights to fp32 and back. A compressed row holds, as fp32, values that its matrix's type represents exactly
// (row_quantizer.h makes them so): storing them here is exact.
#ifndef NM4J_FORMAT_VALUE_CODEC_H_
#define NM4J_FORMAT_VALUE_CODEC_H_

#include <cstdint>
#include <cstring>

#include "format/value_type.h"
#include "nm4j/nm4j.h"

namespace nm {

inline float widen(float value) { return value; }
inline float widen(int8_t value) { return value; }
inline float widen(Bf16 value) {
  const uint32_t bits = uint32_t{value.bits} << 16;
  float out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}

inline void narrow(float value, float* out) { *out = value; }
inline void narrow(float value, int8_t* out) { *out = static_cast<int8_t>(value); }
inline void narrow(float value, Bf16* out) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  out->bits = static_cast<uint16_t>(bits >> 16);
}

// Calls visit with a null pointer of the C++ type in which weights of `dtype` are stored.
template <typename Visit>
auto visit_weights(nm_dtype dtype, Visit&& visit) {
  switch (dtype) {
    case NM_BF16:
      return visit(static_cast<Bf16*>(nullptr));
    case NM_S8:
      return visit(static_cast<int8_t*>(nullptr));
    default:
      return visit(static_cast<float*>(nullptr));
  }
}

inline int64_t weight_bytes(nm_dtype dtype) { return dtype == NM_S8 ? 1 : dtype == NM_BF16 ? 2 : 4; }

}  // namespace nm

#endif  // NM4J_FORMAT_VALUE_CODEC_H_
