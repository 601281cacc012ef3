// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 (F, BW, DQ, VL) traits: 16 lanes. Include inside a file compiled with these flags only.
#ifndef NM4J_CPU_SIMD_AVX512_H_
#define NM4J_CPU_SIMD_AVX512_H_

#include <immintrin.h>

#include <cstdint>
#include <type_traits>

#include "format/value_type.h"

namespace nm {
namespace {

struct Avx512 {
  using Reg = __m512;
  using Control = __m512i;
  static constexpr int kLanes = 16;
  static constexpr int kPanelVectors = 4;
  static constexpr int narrower(int vectors) { return vectors - 1; }
  // Row stream: vectors at once, and rows at once for so many. 16 sums of two pairs of rows reach the peak where pairs
  // share their columns; 8 sums, bound by latency, reach 0.88 of it.
  static constexpr int stream_part(int vectors) { return vectors; }
  // Of one vector, 8 rows with one sum each are as fast as 4 rows with four; of two vectors they exceed the registers.
  static constexpr int stream_rows(int part, bool one_chain) { return one_chain && part == 1 ? 8 : 4; }
  // Sums for each result. One vector, GFLOP/s at 3072 x 768: 8 rows with one sum each 296, with two (weights and sums
  // exceed the registers) 266; 4 rows with four sums each 306. Two vectors: 4 rows with one sum 364, with two 377.
  static constexpr int stream_chains(int rows, int part) { return rows == 4 && part <= 2 ? 4 / part : 1; }
  // Column stream: vectors at once, each with 4 sums.
  static constexpr int class_vectors(int vectors) { return vectors; }
  static constexpr int kAccumulators = 16;  // lane panels; the other 16 registers hold weights, controls, activations

  static Reg zero() { return _mm512_setzero_ps(); }
  static Reg set1(float value) { return _mm512_set1_ps(value); }
  static Reg load(const float* p) { return _mm512_loadu_ps(p); }
  // Keeps a value that several instructions use from being loaded by each of them.
  static void pin(Reg* value) { asm("" : "+v"(*value)); }
  static Reg load_n(const float* p, int n) { return _mm512_maskz_loadu_ps(mask(n), p); }
  // Typed memory. Integers: whole numbers within the type's range.
  static Reg load_n(const Bf16* p, int n) { return load_bits(p, mask(n)); }
  static Reg load_n(const int8_t* p, int n) { return load_bits(p, mask(n)); }
  static Reg load_n(const uint8_t* p, int n) { return load_bits(p, mask(n)); }
  static void store_n(Bf16* p, Reg value, int n) {
    const __m512i bits = _mm512_castps_si512(value);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i even = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    const __m512i rounded = _mm512_mask_mov_epi32(even, _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q), quiet);
    _mm256_mask_storeu_epi16(p, mask(n), _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
  }
  static void store_n(int8_t* p, Reg value, int n) { store_bytes(p, value, n); }
  static void store_n(uint8_t* p, Reg value, int n) { store_bytes(p, value, n); }

  // The lanes whose bits are set, from p[lane] and, with bits at even places, from p[2 * lane]; zeros elsewhere, of
  // which the memory is not touched.
  static Reg load_bits(const float* p, uint32_t bits) { return _mm512_maskz_loadu_ps(static_cast<__mmask16>(bits), p); }
  static Reg load_even_bits(const float* p, uint32_t bits) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_ps(load_bits(p, bits), even, load_bits(p + 16, bits >> 16));
  }
  static Reg load_bits(const Bf16* p, uint32_t bits) {
    return widen(_mm256_maskz_loadu_epi16(static_cast<__mmask16>(bits), p));
  }
  static Reg load_bits(const int8_t* p, uint32_t bits) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(static_cast<__mmask16>(bits), p)));
  }
  static Reg load_bits(const uint8_t* p, uint32_t bits) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(static_cast<__mmask16>(bits), p)));
  }
  static Reg load_even_bits(const Bf16* p, uint32_t bits) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_maskz_loadu_epi16(bits, p), 16));
  }
  static Reg load_even_bits(const int8_t* p, uint32_t bits) {
    const __m256i pairs = _mm256_slli_epi16(_mm256_maskz_loadu_epi8(bits, p), 8);
    return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_srai_epi16(pairs, 8)));
  }
  static Reg load_even_bits(const uint8_t* p, uint32_t bits) {
    const __m256i even = _mm256_and_si256(_mm256_maskz_loadu_epi8(bits, p), _mm256_set1_epi16(0xff));
    return _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(even));
  }
  static Reg bit_or(Reg a, Reg b) { return _mm512_or_ps(a, b); }
  static void store(float* p, Reg value) { _mm512_storeu_ps(p, value); }
  static void store_n(float* p, Reg value, int n) { _mm512_mask_storeu_ps(p, mask(n), value); }
  static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg sqrt(Reg a) { return _mm512_sqrt_ps(a); }
  // The lanes whose bits are set, +0.0 elsewhere; and the union of two such.
  static Reg keep(uint32_t bits, Reg a) { return _mm512_maskz_mov_ps(static_cast<__mmask16>(bits), a); }
  static Reg either(Reg a, Reg b) { return _mm512_or_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm512_min_ps(a, b); }

  static void transpose(Reg (&r)[16]) {
    Reg a[16], b[16];
    for (int i = 0; i < 16; i += 2) {
      a[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
      a[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
      b[i] = _mm512_shuffle_ps(a[i], a[i + 2], 0x44);
      b[i + 1] = _mm512_shuffle_ps(a[i], a[i + 2], 0xee);
      b[i + 2] = _mm512_shuffle_ps(a[i + 1], a[i + 3], 0x44);
      b[i + 3] = _mm512_shuffle_ps(a[i + 1], a[i + 3], 0xee);
    }
    // b[4q + j] holds, in its 128-bit quarter p, rows 4q .. 4q + 3 of column 4p + j.
    for (int j = 0; j < 4; ++j) {
      const Reg lo01 = _mm512_shuffle_f32x4(b[j], b[4 + j], 0x88);  // p = 0, 2 of q = 0, 1
      const Reg hi01 = _mm512_shuffle_f32x4(b[j], b[4 + j], 0xdd);  // p = 1, 3
      const Reg lo23 = _mm512_shuffle_f32x4(b[8 + j], b[12 + j], 0x88);
      const Reg hi23 = _mm512_shuffle_f32x4(b[8 + j], b[12 + j], 0xdd);
      r[j] = _mm512_shuffle_f32x4(lo01, lo23, 0x88);
      r[4 + j] = _mm512_shuffle_f32x4(hi01, hi23, 0x88);
      r[8 + j] = _mm512_shuffle_f32x4(lo01, lo23, 0xdd);
      r[12 + j] = _mm512_shuffle_f32x4(hi01, hi23, 0xdd);
    }
  }

  // Lane panels: slot t of the values at `words`, 16 lanes to a word.
  template <typename Weight>
  static Reg weight(const uint32_t* words, int t) {
    constexpr int kWordSlots = 4 / sizeof(Weight);
    const __m512i word = _mm512_loadu_si512(words + t / kWordSlots * kLanes);
    if constexpr (kWordSlots == 1) {
      return _mm512_castsi512_ps(word);
    } else if constexpr (kWordSlots == 2) {
      return _mm512_castsi512_ps(t % 2 == 0 ? _mm512_slli_epi32(word, 16)
                                            : _mm512_and_si512(word, _mm512_set1_epi32(-65536)));
    } else {
      return _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(word, 24 - 8 * (t % 4)), 24));
    }
  }

  static Control load_control(const uint32_t* p) { return _mm512_loadu_si512(p); }
  template <int kBits>
  static Control next_control(Control control) {
    return _mm512_srli_epi32(control, kBits);
  }
  // The source of permutes: kCols columns, among which each lane chooses by the low bits of its control. Columns of one
  // window of 4, in each 128 bits: broadcast, or unpacked from two broadcasts of 64 bits. On Zen 5 a broadcast of 128
  // bits occupies a pipe of the permutes, which bind this kernel unless there are few items; those of 64 bits are loads
  // and nothing else, and any of four pipes unpacks them. On Intel's cores it is the other way round. 2:4, Zen 5, 3072
  // x 768, GFLOP/s with one and with the other: batch 1: 101, 99; 2: 193, 185; 4: 229, 280; 8: 240, 318; 16: 239, 319.
  template <bool kUnpack>
  struct FourColumns {
    static constexpr int kCols = 4;
    Reg source;
    explicit FourColumns(const float* p) : source(kUnpack ? unpacked(p) : _mm512_broadcast_f32x4(_mm_loadu_ps(p))) {}
    static Control control(Control control, int) { return control; }
    Reg select(Control control) const { return _mm512_permutevar_ps(source, control); }

   private:
    static Reg unpacked(const float* p) { return _mm512_castpd_ps(_mm512_unpacklo_pd(pair(p), pair(p + 2))); }
    static __m512d pair(const float* p) {
      double two;
      __builtin_memcpy(&two, p, sizeof two);
      return _mm512_set1_pd(two);
    }
  };
  // A vector of columns: one window of up to 16, or four of 4, of which this control's begins at column `first`. One
  // load and nothing else, but controls of 2 bits need an instruction. 1:4, batch 8: 297 GFLOP/s with broadcasts of 128
  // bits, 249 unpacked, 585 with vectors; 2:4: 240, 318, 305.
  template <int kBits>
  struct VectorOfColumns {
    static constexpr int kCols = 16;
    Reg source;
    explicit VectorOfColumns(const float* p) : source(load(p)) {}
    static Control control(Control control, int first) {
      if constexpr (kBits == 4) return control;
      constexpr int kFirstAndSecondOrThird = 0xea;
      return _mm512_ternarylogic_epi32(control, _mm512_set1_epi32(3), _mm512_set1_epi32(first), kFirstAndSecondOrThird);
    }
    Reg select(Control control) const { return _mm512_permutexvar_ps(control, source); }
  };
  template <int kBits, int kSlots, int kItems>
  using Window =
      std::conditional_t<kBits == 2 && kSlots == 2 && kItems <= 2, FourColumns<false>, VectorOfColumns<kBits>>;
  // The same, where unpacking costs less than a permute.
  template <int kBits, int kSlots, int kItems>
  using WindowByUnpacking =
      std::conditional_t<kBits == 2 && kSlots == 2 && kItems >= 8, FourColumns<true>, Window<kBits, kSlots, kItems>>;

  // Broadcasts are register permutes: they spare the load ports, which the panel keeps busy (5-12 % faster than memory
  // broadcasts).
  struct Quads {
    Reg low, high;  // four weights in each 128 bits
  };
  static Quads eight_weights(const float* p) { return {quad(p), quad(p + 4)}; }
  static __m256 eight_weights(const Bf16* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static __m256 eight_weights(const int8_t* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  template <int kIndex>
  static Reg broadcast(const Quads& weights) {
    return _mm512_permute_ps(kIndex < 4 ? weights.low : weights.high, kIndex % 4 * 0x55);
  }
  template <int kIndex>
  static Reg broadcast(__m256 weights) {
    return _mm512_permutexvar_ps(_mm512_set1_epi32(kIndex), _mm512_castps256_ps512(weights));
  }

 private:
  static Reg quad(const float* p) {
    Reg four = _mm512_broadcast_f32x4(_mm_loadu_ps(p));
    pin(&four);
    return four;
  }
  static Reg widen(__m256i bf16) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bf16), 16)); }
  static void store_bytes(void* p, Reg value, int n) {
    _mm_mask_storeu_epi8(p, mask(n), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(value)));
  }
  static __mmask16 mask(int n) { return static_cast<__mmask16>((1u << n) - 1); }
};

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_SIMD_AVX512_H_
