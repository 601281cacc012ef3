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
  float* const values = row->values.data();
  if (dtype == NM_BF16) {
    for (int64_t i = 0; i < row->kept; ++i) values[i] = round_to_bf16(values[i]);
  }
  if (dtype != NM_S8) return 1.0f;
  float largest = 0.0f;
  for (int64_t i = 0; i < row->kept; ++i) largest = std::max(largest, std::fabs(values[i]));
  if (largest == 0.0f) return 1.0f;
  const float scale = std::max(largest / 127.0f, std::numeric_limits<float>::min());
  for (int64_t i = 0; i < row->kept; ++i) {
    // Rounding may carry the largest one past 127.
    values[i] = std::min(127.0f, std::max(-127.0f, std::nearbyint(values[i] / scale)));
  }
  return scale;
}

}  // namespace nm
