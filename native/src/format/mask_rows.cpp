// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/mask_rows.h"

#include <cstring>

namespace nm {

uint32_t group_bits(const uint8_t* row, int64_t first, int length) {
  const int64_t byte = first / 8;
  const int shift = static_cast<int>(first % 8);
  const int bytes = (shift + length + 7) / 8;  // at most 5
  uint64_t bits = 0;
  for (int i = 0; i < bytes; ++i) bits |= static_cast<uint64_t>(row[byte + i]) << (8 * i);
  return static_cast<uint32_t>(bits >> shift & ((uint64_t{1} << length) - 1));
}

void set_group_bits(uint8_t* row, int64_t first, int length, uint32_t bits) {
  const int64_t byte = first / 8;
  const int shift = static_cast<int>(first % 8);
  const int bytes = (shift + length + 7) / 8;
  const uint64_t shifted = static_cast<uint64_t>(bits) << shift;
  for (int i = 0; i < bytes; ++i) row[byte + i] |= static_cast<uint8_t>(shifted >> (8 * i));
}

uint32_t complete_group(uint32_t bits, int n, int length) {
  const int want = std::min(n, length);
  for (uint32_t candidate = 1; __builtin_popcount(bits) < want; candidate <<= 1) bits |= candidate;
  return bits;
}

int64_t find_nan(const float* row, int64_t cols, const uint8_t* mask) {
  for (int64_t col = 0; col < cols; ++col) {
    if (row[col] != row[col] && (mask == nullptr || mask_bit(mask, col))) return col;
  }
  return -1;
}

uint32_t nonzero_bits(const float* group, int length) {
  uint32_t bits = 0;
  for (int i = 0; i < length; ++i) bits |= static_cast<uint32_t>(group[i] != 0.0f) << i;
  return bits;
}

uint32_t magnitude_bits(const float* group, int length, int n) {
  // The bits of |w| order like |w| itself, with NaN above infinity. Different NaN payloads must tie.
  uint32_t key[kMaxGroup];
  constexpr uint32_t kNan = 0x7f800001u;
  for (int i = 0; i < length; ++i) {
    uint32_t bits;
    std::memcpy(&bits, &group[i], sizeof bits);
    key[i] = std::min(bits & 0x7fffffffu, kNan);
  }
  uint32_t kept = 0;
  for (int i = 0; i < length; ++i) {
    int before = 0;  // how many come before i in the order (magnitude descending, column ascending)
    for (int j = 0; j < length; ++j) before += key[j] > key[i] || (key[j] == key[i] && j < i);
    kept |= static_cast<uint32_t>(before < n) << i;
  }
  return kept;
}

}  // namespace nm
