// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL.
#include "lt/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "lt/names.h"

namespace nm4j_double {
namespace {

// A floating-point format of up to 16 bits: sign, exponent, fraction.
struct Format {
  int exponent_bits, fraction_bits;
  bool infinities;
  double largest;
};

const Format* format_of(int type) {
  static const Format kF16 = {5, 10, true, 65504}, kBf16 = {8, 7, true, 0x1.fep127}, kE4m3 = {4, 3, false, 448},
                      kE5m2 = {5, 2, true, 57344};
  switch (type) {
    case R_16F:
      return &kF16;
    case R_16BF:
      return &kBf16;
    case R_8F_E4M3:
      return &kE4m3;
    case R_8F_E5M2:
      return &kE5m2;
    default:
      return nullptr;
  }
}

float decode(const Format& f, uint32_t bits) {
  const int bias = (1 << (f.exponent_bits - 1)) - 1;
  const uint32_t fraction = bits & ((1u << f.fraction_bits) - 1);
  const uint32_t exponent = bits >> f.fraction_bits & ((1u << f.exponent_bits) - 1);
  const float sign = bits >> (f.exponent_bits + f.fraction_bits) & 1 ? -1.0f : 1.0f;
  const uint32_t ones = (1u << f.exponent_bits) - 1;
  if (f.infinities && exponent == ones) {
    return fraction != 0 ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  }
  if (!f.infinities && exponent == ones && fraction == (1u << f.fraction_bits) - 1) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), 1 - bias - f.fraction_bits);
  return sign * std::ldexp(static_cast<float>(fraction + (1u << f.fraction_bits)),
                           static_cast<int>(exponent) - bias - f.fraction_bits);
}

uint32_t encode(const Format& f, float value, bool saturate) {
  const int bias = (1 << (f.exponent_bits - 1)) - 1;
  const uint32_t sign = std::signbit(value) ? 1u << (f.exponent_bits + f.fraction_bits) : 0;
  const uint32_t ones = ((1u << f.exponent_bits) - 1) << f.fraction_bits;
  if (std::isnan(value)) return sign | ones | ((1u << f.fraction_bits) - 1);
  const double magnitude = std::fabs(static_cast<double>(value));
  if (magnitude == 0) return sign;
  const int exponent = std::max(std::ilogb(magnitude), 1 - bias);
  const double ulp = std::ldexp(1.0, exponent - f.fraction_bits);
  double rounded = std::nearbyint(magnitude / ulp) * ulp;
  if (rounded > f.largest) {
    if (!saturate) return sign | ones;
    rounded = f.largest;
  }
  if (rounded == 0) return sign;
  const int final_exponent = std::max(std::ilogb(rounded), 1 - bias);
  const auto units = static_cast<uint32_t>(std::ldexp(rounded, f.fraction_bits - final_exponent));
  // The leading one adds 1 to the exponent field, which is 0 for denormals.
  return sign | ((static_cast<uint32_t>(final_exponent + bias - 1) << f.fraction_bits) + units);
}

template <typename T>
T load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void store(float value, void* to) {
  const double whole = std::nearbyint(static_cast<double>(value));
  const double low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  const T out = static_cast<T>(std::isnan(whole) ? low : std::min(std::max(whole, low), high));
  std::memcpy(to, &out, sizeof out);
}

}  // namespace

int64_t type_bytes(int type) {
  switch (type) {
    case R_32F:
    case R_32I:
      return 4;
    case R_16F:
    case R_16BF:
      return 2;
    case R_8I:
    case R_8F_E4M3:
    case R_8F_E5M2:
      return 1;
    default:
      return 0;
  }
}

float read_number(int type, const void* from) {
  if (type == R_32F) return load<float>(from);
  if (type == R_32I) return static_cast<float>(load<int32_t>(from));
  if (type == R_8I) return load<int8_t>(from);
  const uint32_t bits = type_bytes(type) == 2 ? load<uint16_t>(from) : load<uint8_t>(from);
  return decode(*format_of(type), bits);
}

void write_number(int type, float value, void* to) {
  if (type == R_32F) return void(std::memcpy(to, &value, sizeof value));
  if (type == R_32I) return store<int32_t>(value, to);
  if (type == R_8I) return store<int8_t>(value, to);
  const bool eight = type_bytes(type) == 1;
  const uint32_t bits = encode(*format_of(type), value, eight);
  std::memcpy(to, &bits, eight ? 1 : 2);
}

float to_tf32(float value) {
  if (!std::isfinite(value)) return value;
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0x1000) & ~0x1fffu;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

}  // namespace nm4j_double
