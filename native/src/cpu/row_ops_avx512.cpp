// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Work on rows for AVX-512.
#include <immintrin.h>

#include "cpu/chosen-inl.h"
#include "cpu/columns-inl.h"
#include "cpu/compress-inl.h"
#include "cpu/magnitude-inl.h"
#include "cpu/order-inl.h"
#include "cpu/random-inl.h"
#include "cpu/row_ops.h"
#include "cpu/sample-inl.h"
#include "cpu/simd_avx512.h"
#include "cpu/transposable-inl.h"
#include "cpu/transposable_lanes-inl.h"

namespace nm {
namespace {

// Magnitude masks: 16 groups at a time.
struct Groups {
  using Keys = __m512i;
  static constexpr int kLanes = 16;

  static Keys set1(int32_t value) { return _mm512_set1_epi32(value); }
  static Keys bit_and(Keys a, Keys b) { return _mm512_and_si512(a, b); }
  static Keys min(Keys a, Keys b) { return _mm512_min_epi32(a, b); }
  static Keys max(Keys a, Keys b) { return _mm512_max_epi32(a, b); }
  static __mmask16 greater(Keys a, Keys b) { return _mm512_cmpgt_epi32_mask(a, b); }
  static __mmask16 equal(Keys a, Keys b) { return _mm512_cmpeq_epi32_mask(a, b); }
  static Keys negate_if(__mmask16 which, Keys a) { return _mm512_mask_sub_epi32(a, which, set1(0), a); }
  static Keys increment_if(__mmask16 which, Keys a) { return _mm512_mask_add_epi32(a, which, a, set1(1)); }
  static Keys decrement_if(__mmask16 which, Keys a) { return _mm512_mask_sub_epi32(a, which, a, set1(1)); }
  static Keys or_if(__mmask16 which, Keys a, Keys b) { return _mm512_mask_or_epi32(a, which, a, b); }
  static Keys xor_if(__mmask16 which, Keys a, Keys b) { return _mm512_mask_xor_epi32(a, which, a, b); }
  static Keys select(__mmask16 which, Keys a, Keys b) { return _mm512_mask_mov_epi32(a, which, b); }
  static Keys bit_or(Keys a, Keys b) { return _mm512_or_si512(a, b); }
  static Keys shift_right(Keys a, int bits) { return _mm512_srli_epi32(a, bits); }
  // Of numbers.
  static Keys add(Keys a, Keys b) {
    return _mm512_castps_si512(_mm512_add_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b)));
  }
  static bool any(__mmask16 which) { return which != 0; }
  static void store(int32_t* p, Keys a) { _mm512_storeu_si512(p, a); }

  // `count` columns, at most 16, of 16 groups that start `m` weights apart.
  static void square(const float* w, int m, int count, Keys* key) {
    __m512 r[16];
    for (int i = 0; i < 16; ++i) r[i] = count == 16 ? _mm512_loadu_ps(w + m * i) : Avx512::load_n(w + m * i, count);
    Avx512::transpose(r);
    for (int i = 0; i < 16; ++i) key[i] = _mm512_castps_si512(r[i]);
  }

  // The columns of 16 groups of M weights.
  template <int kM>
  static void columns(const float* w, Keys (&key)[kM]) {
    if constexpr (kM == 2) {
      const Keys even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
      const Keys a = load(w), b = load(w + 16);
      key[0] = _mm512_permutex2var_epi32(a, even, b);
      key[1] = _mm512_permutex2var_epi32(a, _mm512_add_epi32(even, set1(1)), b);
    } else if constexpr (kM == 4) {
      const Keys low = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
      const Keys high = _mm512_add_epi32(low, set1(2));
      const Keys a = load(w), b = load(w + 16), c = load(w + 32), d = load(w + 48);
      const Keys a01 = _mm512_permutex2var_epi32(a, low, b), a23 = _mm512_permutex2var_epi32(a, high, b);
      const Keys c01 = _mm512_permutex2var_epi32(c, low, d), c23 = _mm512_permutex2var_epi32(c, high, d);
      key[0] = _mm512_shuffle_i64x2(a01, c01, 0x44);
      key[1] = _mm512_shuffle_i64x2(a01, c01, 0xee);
      key[2] = _mm512_shuffle_i64x2(a23, c23, 0x44);
      key[3] = _mm512_shuffle_i64x2(a23, c23, 0xee);
    } else {
      static_assert(kM == 8, "the largest power of 2 below the lanes");
      // Register i holds the groups i and i + 4, register 4 + i the groups i + 8 and i + 12.
      __m512 r[8], a[8], b[8];
      for (int i = 0; i < 8; ++i) {
        const float* group = w + (i < 4 ? i : i + 4) * 8;
        r[i] = _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(_mm256_loadu_ps(group))),
                                                   _mm256_castps_pd(_mm256_loadu_ps(group + 32)), 1));
      }
      for (int i = 0; i < 8; i += 2) {
        a[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        a[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
      }
      for (int i = 0; i < 8; i += 4) {
        b[i] = _mm512_shuffle_ps(a[i], a[i + 2], 0x44);
        b[i + 1] = _mm512_shuffle_ps(a[i], a[i + 2], 0xee);
        b[i + 2] = _mm512_shuffle_ps(a[i + 1], a[i + 3], 0x44);
        b[i + 3] = _mm512_shuffle_ps(a[i + 1], a[i + 3], 0xee);
      }
      for (int i = 0; i < 4; ++i) {
        key[i] = _mm512_castps_si512(_mm512_shuffle_f32x4(b[i], b[4 + i], 0x88));
        key[4 + i] = _mm512_castps_si512(_mm512_shuffle_f32x4(b[i], b[4 + i], 0xdd));
      }
    }
  }

  // Writes the masks of 16 groups of M, and returns the end.
  template <int kM>
  static uint8_t* store_bits(uint8_t* p, Keys bits) {
    if constexpr (kM == 16) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(bits));
    } else if constexpr (kM == 8) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(bits));
    } else {
      const __m128i nibbles = _mm512_cvtepi32_epi8(bits);  // or pairs of bits
      __m128i bytes = _mm_cvtepi16_epi8(_mm_maddubs_epi16(nibbles, _mm_set1_epi16(0x0001 | 0x100 << kM)));
      if (kM == 2) bytes = _mm_cvtepi16_epi8(_mm_maddubs_epi16(bytes, _mm_set1_epi16(0x1001)));
      __builtin_memcpy(p, &bytes, 2 * kM);
    }
    return p + 2 * kM;
  }

 private:
  static Keys load(const float* p) { return _mm512_loadu_si512(p); }
};

struct Columns {
  static constexpr int kLanes = 16;

  static __m512 load_if(uint32_t bits, const float* p) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>(bits), p);
  }
  static __m512 load_n(const float* p, int count) {
    return count == kLanes ? _mm512_loadu_ps(p) : load_if((1u << count) - 1, p);
  }
  static void store_n(float* p, __m512 w, int count) {
    if (count == kLanes) return _mm512_storeu_ps(p, w);
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), w);
  }
  static uint32_t nan_bits(__m512 w) { return _mm512_cmp_ps_mask(w, w, _CMP_UNORD_Q); }
  // By its bits, so that a subnormal is no zero whatever the control register says.
  static uint32_t nonzero_bits(__m512 w) {
    return _mm512_test_epi32_mask(_mm512_castps_si512(w), _mm512_set1_epi32(kMagnitudeBits));
  }

  // From registers: to memory the instruction is slow on several CPUs.
  static void compress(uint32_t bits, __m512 w, float* values) {
    _mm512_storeu_ps(values, _mm512_maskz_compress_ps(static_cast<__mmask16>(bits), w));
  }
  static void compress_bytes(uint32_t bits, const uint8_t* bytes, uint8_t* to) {
    const __m512i wide = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
    const __m512i kept = _mm512_maskz_compress_epi32(static_cast<__mmask16>(bits), wide);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(kept));
  }
  static __m512 expand(uint32_t bits, const float* values) {
    return _mm512_maskz_expandloadu_ps(static_cast<__mmask16>(bits), values);
  }

  __attribute__((always_inline)) static void pick_values(const float* values, const uint8_t* order, int kept,
                                                         float* eights, float* rest) {
    if (kept <= 32) return pick_from<1>(values, order, kept, eights, rest);
    if (kept <= 64) return pick_from<2>(values, order, kept, eights, rest);
    pick_from<4>(values, order, kept, eights, rest);
  }
  __attribute__((always_inline)) static void pick_bytes(const uint8_t* bytes, const uint8_t* order, int kept,
                                                        uint8_t* eights, uint8_t* rest) {
    alignas(64) uint8_t picked[kMaxKept];
    for (int k = 0; k < kept; k += 64) {
      const __m512i at = _mm512_loadu_si512(order + k);
      __m512i out = _mm512_setzero_si512();
      for (int from = 0; from < kept; from += 16) {
        const __m128i table = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + from));
        const __mmask64 there = _mm512_cmpge_epu8_mask(at, _mm512_set1_epi8(static_cast<char>(from)));
        out = _mm512_mask_shuffle_epi8(out, there, _mm512_broadcast_i32x4(table), at);
      }
      _mm512_store_si512(picked + k, out);
    }
    int k = 0;
    for (; k + kEight <= kept; k += kEight) __builtin_memcpy(eights + k * kStripRows, picked + k, kEight);
    for (; k < kept; ++k) *rest++ = picked[k];
  }

  static uint64_t extract(uint64_t bits, uint64_t mask) { return _pext_u64(bits, mask); }
  static uint64_t deposit(uint64_t bits, uint64_t mask) { return _pdep_u64(bits, mask); }

  using Nan = __m128;
  using Four = __m128i;
  static Four four(const int32_t* order) { return _mm_load_si128(reinterpret_cast<const __m128i*>(order)); }
  static void take_four(const float* w, Four order, float* to, Nan* nan) {
    const __m128 taken = _mm_permutevar_ps(_mm_loadu_ps(w), order);
    *nan = _mm_or_ps(*nan, _mm_cmpunord_ps(taken, taken));
    _mm_storeu_ps(to, taken);
  }
  static bool any(Nan nan) { return _mm_movemask_ps(nan) != 0; }
  static void equal_bits(const uint8_t* bytes, uint8_t value, uint64_t (&bits)[2]) {
    const __m512i each = _mm512_set1_epi8(static_cast<char>(value));
    for (int i = 0; i < 2; ++i) bits[i] = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(bytes + 64 * i), each);
  }

 private:
  // From kTables tables of 32 values.
  template <int kTables>
  __attribute__((always_inline)) static void pick_from(const float* values, const uint8_t* order, int kept,
                                                       float* eights, float* rest) {
    __m512 table[2 * kTables];
    for (int i = 0; i < 2 * kTables; ++i) {
      const int there = kept - i * kLanes;
      table[i] = load_if(there >= kLanes ? 0xffff : there <= 0 ? 0 : (1u << there) - 1, values + i * kLanes);
    }
    for (int k = 0; k < kept; k += kLanes) {
      const __m512i at = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(order + k)));
      __m512 out = _mm512_permutex2var_ps(table[0], at, table[1]);
      for (int i = 1; i < kTables; ++i) {
        const __mmask16 there = _mm512_cmpge_epu32_mask(at, _mm512_set1_epi32(32 * i));
        out = _mm512_mask_mov_ps(out, there, _mm512_permutex2var_ps(table[2 * i], at, table[2 * i + 1]));
      }
      store_eight(_mm512_castps512_ps256(out), kept - k, eights + k * kStripRows, rest);
      store_eight(_mm512_extractf32x8_ps(out, 1), kept - k - kEight, eights + (k + kEight) * kStripRows, rest);
    }
  }
  static void store_eight(__m256 w, int count, float* eight, float* rest) {
    if (count >= kEight) return _mm256_storeu_ps(eight, w);
    if (count > 0) _mm256_mask_storeu_ps(rest, static_cast<__mmask8>((1u << count) - 1), w);
  }
};

struct Words : Avx512 {
  static void fence() { _mm_sfence(); }
  static void stream(float* p, Reg words) { _mm512_stream_ps(p, words); }
  static void store_lanes(float* p, Reg words, int begin, int end) {
    if (begin <= 0 && end >= kLanes) return _mm512_store_ps(p, words);
    _mm512_mask_store_ps(p, static_cast<__mmask16>((1u << end) - (1u << begin)), words);
  }
};

}  // namespace

const RowOps row_ops_avx512 = {largest_row<Groups>,
                               nonzero_row<Columns>,
                               apply_row<Columns>,
                               compress_row<Columns>,
                               position_row<Columns>,
                               expand_row<Columns>,
                               interleave_rows<Words>,
                               copy_bytes<Words>,
                               order_strip<Columns>,
                               Words::fence,
                               sort_columns<Columns>,
                               transposable_rows<Groups>,
                               largest_row<Groups, ByScore>,
                               threshold_row<Groups>,
                               sample_row,
                               random_row,
                               add_magnitudes,
                               largest_chosen<Columns, Groups>,
                               transposable_lanes,
                               kLaneBlocks};

}  // namespace nm
