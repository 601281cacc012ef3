// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// One lane: the traits that turn the kernel templates into the portable reference. Include inside a kernel file only.
#ifndef NM4J_CPU_SIMD_SCALAR_H_
#define NM4J_CPU_SIMD_SCALAR_H_

#include <cstdint>

#include "format/value_type.h"

namespace nm {
namespace {

struct Scalar {
  using Reg = float;
  using Control = uint32_t;
  static constexpr int kLanes = 1;
  static constexpr int kPanelVectors = 64;  // row stream: a panel of 64 columns
  static constexpr int narrower(int vectors) { return vectors / 2; }
  static constexpr int stream_part(int vectors) { return vectors; }
  static constexpr int stream_rows(int, bool) { return 1; }
  static constexpr int stream_chains(int, int) { return 1; }
  // Column stream: vectors at once, each with 4 sums.
  static constexpr int class_vectors(int vectors) { return vectors < 4 ? vectors : 4; }
  static constexpr int kAccumulators = 16;  // lane panels

  static Reg zero() { return 0.0f; }
  static Reg set1(float value) { return value; }
  static Reg load(const float* p) { return *p; }
  static void pin(Reg*) {}
  static Reg load_n(const float* p, int) { return *p; }
  // Typed memory. Integers: whole numbers within the type's range.
  static Reg load_n(const Bf16* p, int) { return widen(*p); }
  static Reg load_n(const int8_t* p, int) { return *p; }
  static Reg load_n(const uint8_t* p, int) { return *p; }
  static void store_n(Bf16* p, Reg value, int) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    bits = value != value ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
    p->bits = static_cast<uint16_t>(bits >> 16);
  }
  static void store_n(int8_t* p, Reg value, int) { *p = static_cast<int8_t>(value); }
  static void store_n(uint8_t* p, Reg value, int) { *p = static_cast<uint8_t>(value); }
  static void store(float* p, Reg value) { *p = value; }
  static void store_n(float* p, Reg value, int) { *p = value; }
  static Reg add(Reg a, Reg b) { return a + b; }
  static Reg mul(Reg a, Reg b) { return a * b; }
  static Reg sqrt(Reg a) { return __builtin_sqrtf(a); }
  // The lane if its bit is set, else +0.0; and the union of two such.
  static Reg keep(uint32_t bits, Reg a) { return (bits & 1) != 0 ? a : 0.0f; }
  static Reg either(Reg a, Reg b) { return a != 0.0f || a != a ? a : b; }
  static Reg div(Reg a, Reg b) { return a / b; }
  static Reg fma(Reg a, Reg b, Reg c) { return a * b + c; }  // two roundings: no baseline x86-64 CPU has a fused one
  // The second operand when either is NaN, as in the x86 instructions.
  static Reg max(Reg a, Reg b) { return a > b ? a : b; }
  static Reg min(Reg a, Reg b) { return a < b ? a : b; }
  static void transpose(Reg (&)[1]) {}

  // Lane panels: slot t of the values at `words`, 16 lanes to a word.
  template <typename Weight>
  static Reg weight(const uint32_t* words, int t) {
    constexpr int kWordSlots = 4 / sizeof(Weight);
    Weight value;
    const char* word = reinterpret_cast<const char*>(words + t / kWordSlots * 16);
    __builtin_memcpy(&value, word + t % kWordSlots * sizeof value, sizeof value);
    return widen(value);
  }

  static Control load_control(const uint32_t* p) { return *p; }
  template <int kBits>
  static Control next_control(Control control) {
    return control >> kBits;
  }
  template <int kBits>
  struct Columns {
    static constexpr int kCols = 4;
    const float* source;
    explicit Columns(const float* p) : source(p) {}
    static Control control(Control control, int) { return control; }
    Reg select(Control control) const { return source[control & ((1u << kBits) - 1)]; }
  };
  template <int kBits, int kSlots, int kItems>
  using Window = Columns<kBits>;
  template <int kBits, int kSlots, int kItems>
  using WindowByUnpacking = Columns<kBits>;

  template <typename Weight>
  static const Weight* eight_weights(const Weight* p) {
    return p;
  }
  template <int kIndex, typename Weight>
  static Reg broadcast(const Weight* weights) {
    return widen(weights[kIndex]);
  }

 private:
  static Reg widen(float value) { return value; }
  static Reg widen(int8_t value) { return value; }
  static Reg widen(Bf16 value) {
    const uint32_t bits = uint32_t{value.bits} << 16;
    float out;
    __builtin_memcpy(&out, &bits, sizeof out);
    return out;
  }
};

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_SIMD_SCALAR_H_
