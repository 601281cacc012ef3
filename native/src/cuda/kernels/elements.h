// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The element types of device memory: to fp32 and back, rounded to nearest, ties to even; and the order of magnitudes.
#ifndef NM4J_CUDA_KERNELS_ELEMENTS_H_
#define NM4J_CUDA_KERNELS_ELEMENTS_H_

#include <cmath>
#include <cstdint>

#include "format/host_device.h"
#include "format/value_type.h"

namespace nm {
namespace cuda {

// IEEE 754 binary16.
struct F16 {
  uint16_t bits;
};

NM_HD uint32_t float_bits(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}
NM_HD float float_of(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

NM_HD float widen(float value) { return value; }
NM_HD float widen(int8_t value) { return value; }
NM_HD float widen(Bf16 value) { return float_of(uint32_t{value.bits} << 16); }
NM_HD float widen(F16 value) {
#ifdef __CUDA_ARCH__
  float out;
  asm("cvt.f32.f16 %0, %1;" : "=f"(out) : "h"(value.bits));
  return out;
#else
  const uint32_t sign = uint32_t{value.bits} << 16 & 0x80000000u, magnitude = value.bits & 0x7fffu;
  // Exponents differ by 112; infinities and NaN, whose exponent is all ones, by 112 more. A product makes normal
  // numbers of denormals.
  if (magnitude >= 0x7c00) return float_of(sign | 0x7f800000u | (magnitude & 0x3ff) << 13);
  const float scaled = float_of(magnitude << 13) * 0x1p112f;
  return float_of(sign | float_bits(scaled));
#endif
}

template <typename T>
NM_HD T narrow(float value);

template <>
NM_HD float narrow<float>(float value) {
  return value;
}

template <>
NM_HD Bf16 narrow<Bf16>(float value) {
  const uint32_t bits = float_bits(value);
  const uint32_t rounded = (bits & 0x7fffffffu) > 0x7f800000u ? bits | 0x400000u : bits + 0x7fff + (bits >> 16 & 1);
  return {static_cast<uint16_t>(rounded >> 16)};
}

template <>
NM_HD F16 narrow<F16>(float value) {
#ifdef __CUDA_ARCH__
  F16 out;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(out.bits) : "f"(value));
  return out;
#else
  const uint32_t bits = float_bits(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  uint32_t out;
  if (magnitude > 0x7f800000u) {
    return {0x7fff};                      // what the device makes of any NaN
  } else if (magnitude >= 0x477ff000u) {  // rounds to 2^16
    out = 0x7c00;
  } else if (magnitude <
             0x38800000u) {  // below 2^-14: an integer times 2^-24, rounded by adding to 2^-1, whose ulp that is
    out = float_bits(float_of(magnitude) + 0.5f) - float_bits(0.5f);
  } else {
    const uint32_t rebased = magnitude - (112u << 23);
    out = (rebased + 0xfff + (rebased >> 13 & 1)) >> 13;
  }
  return {static_cast<uint16_t>(sign | out)};
#endif
}

// Whole numbers -128 .. 127, ties to even; NaN becomes -128, as everywhere in nm4j.
template <>
NM_HD int8_t narrow<int8_t>(float value) {
  const float whole = rintf(value);
  return static_cast<int8_t>(!(whole > -128.0f) ? -128.0f : whole < 127.0f ? whole : 127.0f);
}

// Keys order as |w| does: 0 for zeros, one key above infinity's for all NaN.
NM_HD uint32_t magnitude_key(float value) {
  const uint32_t key = float_bits(value) & 0x7fffffffu;
  return key > 0x7f800000u ? 0x7f800001u : key;
}
NM_HD uint32_t magnitude_key(Bf16 value) {
  const uint32_t key = value.bits & 0x7fffu;
  return key > 0x7f80u ? 0x7f81u : key;
}
NM_HD uint32_t magnitude_key(F16 value) {
  const uint32_t key = value.bits & 0x7fffu;
  return key > 0x7c00u ? 0x7c01u : key;
}
NM_HD uint32_t magnitude_key(int8_t value) { return static_cast<uint32_t>(value < 0 ? -value : value); }

// The keys of NaN, and of the first value that is not finite.
template <typename T>
struct KeysOf;
template <>
struct KeysOf<float> {
  static constexpr uint32_t kNan = 0x7f800001u, kInfinity = 0x7f800000u;
};
template <>
struct KeysOf<Bf16> {
  static constexpr uint32_t kNan = 0x7f81u, kInfinity = 0x7f80u;
};
template <>
struct KeysOf<F16> {
  static constexpr uint32_t kNan = 0x7c01u, kInfinity = 0x7c00u;
};
template <>
struct KeysOf<int8_t> {
  static constexpr uint32_t kNan = ~0u, kInfinity = ~0u;  // none
};

template <typename T>
NM_HD T zero() {
  return T{};
}

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_ELEMENTS_H_
