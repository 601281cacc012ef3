/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_FLOAT_BITS_H_
#define NM4J_TEST_SUPPORT_FLOAT_BITS_H_

#include <cstdint>
#include <cstring>
#include <limits>

namespace nm4j_test {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kTiniest = std::numeric_limits<float>::denorm_min();
inline constexpr float kLargest = std::numeric_limits<float>::max();

// A quiet NaN nobody computes by accident: it fills padding and slack, so that reading it spoils a result and writing
// over it is noticed.
inline constexpr uint32_t kCanaryBits = 0x7fc0dead;

// NaN with payloads that must survive copies bit for bit; the second one is signalling.
inline constexpr uint32_t kQuietNanBits = 0xffc12345;
inline constexpr uint32_t kSignallingNanBits = 0x7f812345;

inline uint32_t Bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Reads through memory, never through a float register, so that signalling NaN stay what they are.
inline uint32_t BitsAt(const float* p) {
  uint32_t bits;
  std::memcpy(&bits, p, sizeof bits);
  return bits;
}

inline void SetBits(float* p, uint32_t bits) { std::memcpy(p, &bits, sizeof bits); }

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_FLOAT_BITS_H_
