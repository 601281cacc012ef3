// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/row_quantizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace nm {
namespace {

float round_to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = std::isnan(value) ? bits | 0x400000u : bits + 0x7fff + (bits >> 16 & 1);
  bits &= 0xffff0000u;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

}  // namespace

float quantize_row(nm_dtype dtype, CompressedRow* row) {
  if (dtype == NM_BF16) {
    for (float& value : row->values) value = round_to_bf16(value);
  }
  if (dtype != NM_S8) return 1.0f;
  float largest = 0.0f;
  for (const float value : row->values) largest = std::max(largest, std::fabs(value));
  if (largest == 0.0f) return 1.0f;
  const float scale = std::max(largest / 127.0f, std::numeric_limits<float>::min());
  // Rounding may carry the largest one past 127.
  for (float& value : row->values) value = std::min(127.0f, std::max(-127.0f, std::nearbyint(value / scale)));
  return scale;
}

}  // namespace nm
