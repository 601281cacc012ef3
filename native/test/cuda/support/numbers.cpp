/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cuda/support/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace nm4j_test {
namespace {

struct Format {
  int32_t dtype;
  const char* name;
  int64_t bytes;
  int exponent_bits, fraction_bits;  // of floats
};
constexpr Format kFormats[] = {{NM_F32, "f32", 4, 8, 23},       {NM_BF16, "bf16", 2, 8, 7},
                               {NM_CUDA_F16, "f16", 2, 5, 10},  {NM_CUDA_E4M3, "e4m3", 1, 4, 3},
                               {NM_CUDA_E5M2, "e5m2", 1, 5, 2}, {NM_S8, "s8", 1, 0, 0},
                               {NM_S32, "s32", 4, 0, 0}};

const Format& FormatOf(int32_t dtype) {
  for (const Format& format : kFormats) {
    if (format.dtype == dtype) return format;
  }
  std::abort();
}

uint64_t Bits(const unsigned char* at, int64_t bytes) {
  uint64_t bits = 0;
  std::memcpy(&bits, at, static_cast<size_t>(bytes));
  return bits;
}

}  // namespace

int64_t ElementBytes(int32_t dtype) { return FormatOf(dtype).bytes; }
const char* TypeName(int32_t dtype) { return FormatOf(dtype).name; }

double ReadElement(int32_t dtype, const unsigned char* at) {
  const Format& f = FormatOf(dtype);
  const uint64_t bits = Bits(at, f.bytes);
  if (f.exponent_bits == 0) return f.bytes == 1 ? static_cast<int8_t>(bits) : static_cast<int32_t>(bits);
  const int bias = (1 << (f.exponent_bits - 1)) - 1, ones = (1 << f.exponent_bits) - 1;
  const auto exponent = static_cast<int>(bits >> f.fraction_bits & static_cast<uint64_t>(ones));
  const uint64_t fraction = bits & ((uint64_t{1} << f.fraction_bits) - 1);
  const double sign = bits >> (f.exponent_bits + f.fraction_bits) & 1 ? -1 : 1;
  if (exponent == ones && dtype != NM_CUDA_E4M3) return fraction != 0 ? NAN : sign * INFINITY;
  if (exponent == ones && fraction == 7) return NAN;
  const double units = static_cast<double>(fraction) + (exponent == 0 ? 0 : std::ldexp(1.0, f.fraction_bits));
  return sign * std::ldexp(units, std::max(exponent, 1) - bias - f.fraction_bits);
}

void WriteElement(int32_t dtype, double value, unsigned char* at) {
  const Format& f = FormatOf(dtype);
  uint64_t bits;
  if (f.exponent_bits == 0) {
    bits = static_cast<uint64_t>(static_cast<int64_t>(value));
  } else {
    const int bias = (1 << (f.exponent_bits - 1)) - 1;
    const uint64_t sign = std::signbit(value) ? uint64_t{1} << (f.exponent_bits + f.fraction_bits) : 0;
    const double magnitude = std::fabs(value);
    const int exponent = magnitude == 0 ? 1 - bias : std::max(std::ilogb(magnitude), 1 - bias);
    const auto units = static_cast<uint64_t>(std::ldexp(magnitude, f.fraction_bits - exponent));
    bits = magnitude == 0 ? sign : sign | ((static_cast<uint64_t>(exponent + bias - 1) << f.fraction_bits) + units);
  }
  std::memcpy(at, &bits, static_cast<size_t>(f.bytes));
  if (ReadElement(dtype, at) != value) {
    std::fprintf(stderr, "a test writes %g, which is no %s\n", value, f.name);
    std::abort();
  }
}

double RoundingError(int32_t dtype, double value) {
  const Format& f = FormatOf(dtype);
  if (f.exponent_bits == 0) return 0.5;
  const int bias = (1 << (f.exponent_bits - 1)) - 1;
  const int exponent = value == 0 ? 1 - bias : std::max(std::ilogb(value), 1 - bias);
  return std::ldexp(0.5, exponent - f.fraction_bits);
}

}  // namespace nm4j_test
