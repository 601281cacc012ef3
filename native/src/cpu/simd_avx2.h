// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// AVX2 + FMA traits: 8 lanes. Include inside a file compiled with -mavx2 -mfma only.
#ifndef NM4J_CPU_SIMD_AVX2_H_
#define NM4J_CPU_SIMD_AVX2_H_

#include <immintrin.h>

#include <cstdint>

#include "format/value_type.h"

namespace nm {
namespace {

struct Avx2 {
  using Reg = __m256;
  using Control = __m256i;
  static constexpr int kLanes = 8;
  static constexpr int kPanelVectors = 8;
  static constexpr int narrower(int vectors) { return vectors > 4 ? vectors - 2 : vectors / 2; }
  // Row stream: vectors at once, and rows at once for so many; 8 sums hide the latency of the multiply-add.
  static constexpr int stream_part(int vectors) { return vectors % 4 == 0 ? 4 : vectors % 2 == 0 ? 2 : 1; }
  static constexpr int stream_rows(int part, bool) { return 8 / part; }
  static constexpr int stream_chains(int, int) { return 1; }
  // Column stream: vectors at once, each with 4 sums.
  static constexpr int class_vectors(int vectors) { return vectors < 2 ? vectors : 2; }
  static constexpr int kAccumulators = 8;  // lane panels; the other 8 registers hold weights, controls, activations

  static Reg zero() { return _mm256_setzero_ps(); }
  static Reg set1(float value) { return _mm256_set1_ps(value); }
  static Reg load(const float* p) { return _mm256_loadu_ps(p); }
  // Keeps a value that several instructions use from being loaded by each of them.
  static void pin(Reg* value) { asm("" : "+x"(*value)); }
  static Reg load_n(const float* p, int n) { return _mm256_maskload_ps(p, mask(n)); }
  // Typed memory. Integers: whole numbers within the type's range.
  static Reg load_n(const Bf16* p, int n) { return eight_weights(copy_n(p, n).values); }
  static Reg load_n(const int8_t* p, int n) { return eight_weights(copy_n(p, n).values); }
  static Reg load_n(const uint8_t* p, int n) {
    const Part<uint8_t> part = copy_n(p, n);
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(part.values));
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
  }
  static void store_n(Bf16* p, Reg value, int n) {
    const __m256i bits = _mm256_castps_si256(value);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i even = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    const __m256 nan = _mm256_cmp_ps(value, value, _CMP_UNORD_Q);
    const __m256i rounded = _mm256_blendv_epi8(even, quiet, _mm256_castps_si256(nan));
    const __m256i upper = _mm256_srli_epi32(rounded, 16);
    const __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(upper), _mm256_extracti128_si256(upper, 1));
    __builtin_memcpy(p, &packed, n * sizeof *p);
  }
  static void store_n(int8_t* p, Reg value, int n) { store_bytes(p, value, n); }
  static void store_n(uint8_t* p, Reg value, int n) { store_bytes(p, value, n); }

  // The lanes whose bits are set, from p[lane] and, with bits at even places, from p[2 * lane]; zeros elsewhere, of
  // which the memory is not touched.
  static Reg load_bits(const float* p, uint32_t bits) {
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), bit);
    return _mm256_maskload_ps(p, _mm256_cmpeq_epi32(set, bit));
  }
  static Reg load_even_bits(const float* p, uint32_t bits) {
    const Reg even = _mm256_shuffle_ps(load_bits(p, bits), load_bits(p + 8, bits >> 8), 0x88);  // 0 1 4 5 2 3 6 7
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(even), 0xd8));
  }
  // Of other types there are no masked loads: lane by lane, but for whole vectors.
  template <typename T>
  static Reg load_bits(const T* p, uint32_t bits) {
    return bits == (1u << kLanes) - 1 ? load_n(p, kLanes) : load_places<1>(p, bits);
  }
  template <typename T>
  static Reg load_even_bits(const T* p, uint32_t bits) {
    return load_places<2>(p, bits);
  }
  static Reg bit_or(Reg a, Reg b) { return _mm256_or_ps(a, b); }
  static void store(float* p, Reg value) { _mm256_storeu_ps(p, value); }
  static void store_n(float* p, Reg value, int n) { _mm256_maskstore_ps(p, mask(n), value); }
  static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  static Reg sqrt(Reg a) { return _mm256_sqrt_ps(a); }
  // The lanes whose bits are set, +0.0 elsewhere; and the union of two such.
  static Reg keep(uint32_t bits, Reg a) {
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), bit);
    return _mm256_and_ps(a, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, bit)));
  }
  static Reg either(Reg a, Reg b) { return _mm256_or_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
  static Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm256_min_ps(a, b); }

  static void transpose(Reg (&r)[8]) {
    Reg a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
      a[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
      a[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
      b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
      b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xee);
      b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
      b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xee);
    }
    for (int i = 0; i < 4; ++i) {
      r[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
      r[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
    }
  }

  // Lane panels: slot t of the values at `words`, 16 lanes to a word.
  template <typename Weight>
  static Reg weight(const uint32_t* words, int t) {
    constexpr int kWordSlots = 4 / sizeof(Weight);
    const __m256i word = load_control(words + t / kWordSlots * (2 * kLanes));
    if constexpr (kWordSlots == 1) {
      return _mm256_castsi256_ps(word);
    } else if constexpr (kWordSlots == 2) {
      return _mm256_castsi256_ps(t % 2 == 0 ? _mm256_slli_epi32(word, 16)
                                            : _mm256_and_si256(word, _mm256_set1_epi32(-65536)));
    } else {
      return _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(word, 24 - 8 * (t % 4)), 24));
    }
  }

  static Control load_control(const uint32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
  template <int kBits>
  static Control next_control(Control control) {
    return _mm256_srli_epi32(control, kBits);
  }
  // The columns of a window as the source of permutes: one per lane, chosen by the low kBits of its control.
  template <int kBits>
  struct Columns;
  template <int kBits, int kSlots, int kItems>
  using Window = Columns<kBits>;
  template <int kBits, int kSlots, int kItems>
  using WindowByUnpacking = Columns<kBits>;

  // Broadcasts come from memory: two loads a cycle leave room for them, and AVX2 cores have one port for permutes that
  // cross lanes.
  static const float* eight_weights(const float* p) { return p; }
  template <int kIndex>
  static Reg broadcast(const float* weights) {
    return _mm256_broadcast_ss(weights + kIndex);
  }
  // Other types are widened first.
  static Reg eight_weights(const Bf16* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static Reg eight_weights(const int8_t* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  template <int kIndex>
  static Reg broadcast(Reg weights) {
    return _mm256_permutevar8x32_ps(weights, _mm256_set1_epi32(kIndex));
  }

 private:
  template <typename T>
  struct Part {
    T values[kLanes];
  };
  template <typename T>
  static Part<T> copy_n(const T* p, int n) {
    Part<T> part = {};
    __builtin_memcpy(part.values, p, n * sizeof(T));
    return part;
  }
  // To every lane whose place, kStep times its number, has a bit.
  template <int kStep, typename T>
  static Reg load_places(const T* p, uint32_t bits) {
    Part<T> part = {};
    for (; bits != 0; bits &= bits - 1) {
      const int place = __builtin_ctz(bits);
      part.values[place / kStep] = p[place];
    }
    return load_n(part.values, kLanes);
  }
  static void store_bytes(void* p, Reg value, int n) {
    const __m256i whole = _mm256_cvtps_epi32(value);
    // The low byte of each number, four in either half.
    const __m256i pick = _mm256_set1_epi32(0x0c080400);
    const __m256i bytes = _mm256_shuffle_epi8(whole, pick);
    const int32_t halves[2] = {_mm256_extract_epi32(bytes, 0), _mm256_extract_epi32(bytes, 4)};
    __builtin_memcpy(p, halves, n);
  }
  static __m256i mask(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};

template <>
struct Avx2::Columns<2> {
  static constexpr int kCols = 4;
  Reg source;
  explicit Columns(const float* p) : source(_mm256_broadcast_ps(reinterpret_cast<const __m128*>(p))) {}
  static Control control(Control control, int) { return control; }
  Reg select(Control control) const { return _mm256_permutevar_ps(source, control); }
};

template <>
struct Avx2::Columns<4> {
  static constexpr int kCols = 16;
  Reg low, high;
  explicit Columns(const float* p) : low(load(p)), high(load(p + 8)) {}
  static Control control(Control control, int) { return control; }
  Reg select(Control control) const {
    const Reg upper = _mm256_castsi256_ps(_mm256_slli_epi32(control, 28));  // bit 3 as the sign
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, control), _mm256_permutevar8x32_ps(high, control), upper);
  }
};

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_SIMD_AVX2_H_
