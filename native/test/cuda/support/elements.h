/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The element types of device memory as the tests know them: converted by the compiler, not by the library.
 */
#ifndef NM4J_TEST_CUDA_SUPPORT_ELEMENTS_H_
#define NM4J_TEST_CUDA_SUPPORT_ELEMENTS_H_

#include <cmath>
#include <cstdint>
#include <cstring>

#include "nm4j/nm4j_cuda.h"

namespace nm4j_test {

struct Half {
  uint16_t bits;
};
struct Brain {
  uint16_t bits;
};

inline float Value(float x) { return x; }
inline float Value(int8_t x) { return x; }
inline float Value(Half x) {
  _Float16 value;
  std::memcpy(&value, &x, sizeof value);
  return static_cast<float>(value);
}
inline float Value(Brain x) {
  const uint32_t bits = uint32_t{x.bits} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <typename T>
T Round(float x);
template <>
inline float Round<float>(float x) {
  return x;
}
template <>
inline int8_t Round<int8_t>(float x) {
  if (std::isnan(x)) return -128;
  return static_cast<int8_t>(std::nearbyint(std::fmin(127.0f, std::fmax(-128.0f, x))));
}
template <>
inline Half Round<Half>(float x) {
  const auto value = static_cast<_Float16>(x);
  Half out;
  std::memcpy(&out, &value, sizeof out);
  return out;
}
// The nearer one of the two bf16 around x, the even one if x lies in the middle.
template <>
inline Brain Round<Brain>(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if (std::isnan(x)) return {static_cast<uint16_t>(bits >> 16 | 0x40)};
  const uint32_t below = bits >> 16, rest = bits & 0xffff;
  return {static_cast<uint16_t>(rest > 0x8000 || (rest == 0x8000 && below % 2 != 0) ? below + 1 : below)};
}

template <typename T>
inline constexpr int32_t kDtype = 0;
template <>
inline constexpr int32_t kDtype<float> = NM_F32;
template <>
inline constexpr int32_t kDtype<int8_t> = NM_S8;
template <>
inline constexpr int32_t kDtype<Half> = NM_CUDA_F16;
template <>
inline constexpr int32_t kDtype<Brain> = NM_BF16;

// Equal bit for bit.
template <typename T>
bool Same(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace nm4j_test

#endif  // NM4J_TEST_CUDA_SUPPORT_ELEMENTS_H_
