// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Work on rows for AVX2.
#include <immintrin.h>

#include "cpu/chosen-inl.h"
#include "cpu/columns-inl.h"
#include "cpu/compress-inl.h"
#include "cpu/magnitude-inl.h"
#include "cpu/order-inl.h"
#include "cpu/random-inl.h"
#include "cpu/row_ops.h"
#include "cpu/sample-inl.h"
#include "cpu/simd_avx2.h"
#include "cpu/transposable-inl.h"
#include "cpu/transposable_lanes-inl.h"

namespace nm {
namespace {

// Magnitude masks: 8 groups at a time.
struct Groups {
  using Keys = __m256i;
  static constexpr int kLanes = 8;

  static Keys set1(int32_t value) { return _mm256_set1_epi32(value); }
  static Keys bit_and(Keys a, Keys b) { return _mm256_and_si256(a, b); }
  static Keys min(Keys a, Keys b) { return _mm256_min_epi32(a, b); }
  static Keys max(Keys a, Keys b) { return _mm256_max_epi32(a, b); }
  // -1 where true.
  static Keys greater(Keys a, Keys b) { return _mm256_cmpgt_epi32(a, b); }
  static Keys equal(Keys a, Keys b) { return _mm256_cmpeq_epi32(a, b); }
  static Keys negate_if(Keys which, Keys a) { return _mm256_sub_epi32(_mm256_xor_si256(a, which), which); }
  static Keys increment_if(Keys which, Keys a) { return _mm256_sub_epi32(a, which); }
  static Keys decrement_if(Keys which, Keys a) { return _mm256_add_epi32(a, which); }
  static Keys or_if(Keys which, Keys a, Keys b) { return _mm256_or_si256(a, _mm256_and_si256(which, b)); }
  static Keys xor_if(Keys which, Keys a, Keys b) { return _mm256_xor_si256(a, _mm256_and_si256(which, b)); }
  static Keys select(Keys which, Keys a, Keys b) { return _mm256_blendv_epi8(a, b, which); }
  static Keys bit_or(Keys a, Keys b) { return _mm256_or_si256(a, b); }
  static Keys shift_right(Keys a, int bits) { return _mm256_srli_epi32(a, bits); }
  // Of numbers.
  static Keys add(Keys a, Keys b) {
    return _mm256_castps_si256(_mm256_add_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b)));
  }
  static bool any(Keys which) { return _mm256_movemask_epi8(which) != 0; }
  static void store(int32_t* p, Keys a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }

  // `count` columns, at most 8, of 8 groups that start `m` weights apart.
  static void square(const float* w, int m, int count, Keys* key) {
    __m256 r[8];
    for (int i = 0; i < 8; ++i) r[i] = count == 8 ? _mm256_loadu_ps(w + m * i) : Avx2::load_n(w + m * i, count);
    Avx2::transpose(r);
    for (int i = 0; i < 8; ++i) key[i] = _mm256_castps_si256(r[i]);
  }

  // The columns of 8 groups of M weights.
  template <int kM>
  static void columns(const float* w, Keys (&key)[kM]) {
    if constexpr (kM == 2) {
      const __m256 a = halves(w, w + 8), b = halves(w + 4, w + 12);
      key[0] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
      key[1] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd));
    } else {
      static_assert(kM == 4, "the largest power of 2 below the lanes");
      __m256 r[4], a[4];
      for (int i = 0; i < 4; ++i) r[i] = halves(w + 4 * i, w + 4 * i + 16);
      for (int i = 0; i < 4; i += 2) {
        a[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        a[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
      }
      key[0] = _mm256_castps_si256(_mm256_shuffle_ps(a[0], a[2], 0x44));
      key[1] = _mm256_castps_si256(_mm256_shuffle_ps(a[0], a[2], 0xee));
      key[2] = _mm256_castps_si256(_mm256_shuffle_ps(a[1], a[3], 0x44));
      key[3] = _mm256_castps_si256(_mm256_shuffle_ps(a[1], a[3], 0xee));
    }
  }

  // Writes the masks of 8 groups of M, and returns the end.
  template <int kM>
  static uint8_t* store_bits(uint8_t* p, Keys bits) {
    const __m128i low = _mm256_castsi256_si128(bits), high = _mm256_extracti128_si256(bits, 1);
    if constexpr (kM >= 8) {
      const __m128i words = _mm_packus_epi32(low, high);
      const __m128i packed = kM == 16 ? words : _mm_packus_epi16(words, words);
      __builtin_memcpy(p, &packed, kM);
    } else {
      const Keys place = _mm256_mullo_epi32(set1(kM), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
      const Keys placed = _mm256_sllv_epi32(bits, place);
      const __m128i four = _mm_or_si128(_mm256_castsi256_si128(placed), _mm256_extracti128_si256(placed, 1));
      const __m128i two = _mm_or_si128(four, _mm_srli_si128(four, 8));
      const int all = _mm_cvtsi128_si32(_mm_or_si128(two, _mm_srli_si128(two, 4)));
      __builtin_memcpy(p, &all, kM);
    }
    return p + kM;
  }

 private:
  static __m256 halves(const float* low, const float* high) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
  }
};

// For each byte and bit, the number of set bits below it.
struct BitsBelow {
  uint8_t of[256][8] = {};

  constexpr BitsBelow() {
    for (int byte = 0; byte < 256; ++byte) {
      uint8_t count = 0;
      for (uint8_t bit = 0; bit < 8; ++bit) {
        of[byte][bit] = count;
        if ((byte >> bit & 1) != 0) ++count;
      }
    }
  }
};
constexpr BitsBelow kBitsBelow;

struct Columns {
  static constexpr int kLanes = 8;

  static __m256 load_if(uint32_t bits, const float* p) { return _mm256_maskload_ps(p, lanes(bits)); }
  static __m256 load_n(const float* p, int count) {
    return count == kLanes ? _mm256_loadu_ps(p) : load_if((1u << count) - 1, p);
  }
  static void store_n(float* p, __m256 w, int count) {
    if (count == kLanes) return _mm256_storeu_ps(p, w);
    _mm256_maskstore_ps(p, lanes((1u << count) - 1), w);
  }
  static uint32_t nan_bits(__m256 w) {
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(w, w, _CMP_UNORD_Q)));
  }
  // By its bits, so that a subnormal is no zero whatever the control register says.
  static uint32_t nonzero_bits(__m256 w) {
    const __m256i magnitude = _mm256_and_si256(_mm256_castps_si256(w), _mm256_set1_epi32(kMagnitudeBits));
    return static_cast<uint32_t>(
        _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(magnitude, _mm256_setzero_si256()))));
  }

  static void compress(uint32_t bits, __m256 w, float* values) {
    _mm256_storeu_ps(values, _mm256_permutevar8x32_ps(w, _mm256_cvtepu8_epi32(load8(kSetBits.of[bits]))));
  }
  static void compress_bytes(uint32_t bits, const uint8_t* bytes, uint8_t* to) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(load8(bytes), load8(kSetBits.of[bits])));
  }
  static __m256 expand(uint32_t bits, const float* values) {
    const __m256 kept = load_if((1u << __builtin_popcount(bits)) - 1, values);
    const __m256 spread = _mm256_permutevar8x32_ps(kept, _mm256_cvtepu8_epi32(load8(kBitsBelow.of[bits])));
    return _mm256_and_ps(spread, _mm256_castsi256_ps(lanes(bits)));
  }

  static void pick_values(const float* values, const uint8_t* order, int kept, float* eights, float* rest) {
    pick_words<uint32_t>(values, order, kept, eights, rest);
  }
  static void pick_bytes(const uint8_t* bytes, const uint8_t* order, int kept, uint8_t* eights, uint8_t* rest) {
    pick_words<uint8_t>(bytes, order, kept, eights, rest);
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
    const __m256i each = _mm256_set1_epi8(static_cast<char>(value));
    bits[0] = bits[1] = 0;
    for (int i = 0; i < 128; i += 32) {
      const __m256i equal = _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + i)), each);
      bits[i / 64] |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(equal))) << i % 64;
    }
  }

 private:
  static __m128i load8(const uint8_t* p) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)); }
  static __m256i lanes(uint32_t bits) {
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), bit), bit);
  }
};

struct Words : Avx2 {
  static void fence() { _mm_sfence(); }
  static void stream(float* p, Reg words) { _mm256_stream_ps(p, words); }
  static void store_lanes(float* p, Reg words, int begin, int end) {
    if (begin <= 0 && end >= kLanes) return _mm256_store_ps(p, words);
    const Control lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const Control from = _mm256_cmpgt_epi32(lane, _mm256_set1_epi32(begin - 1));
    _mm256_maskstore_ps(p, _mm256_and_si256(from, _mm256_cmpgt_epi32(_mm256_set1_epi32(end), lane)), words);
  }
};

}  // namespace

const RowOps row_ops_avx2 = {largest_row<Groups>,
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
