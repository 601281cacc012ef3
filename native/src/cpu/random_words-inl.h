// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Philox (mask/philox-inl.h) with a group in each lane of the compiler's own vectors.
//
// Include inside an ISA's own file only.
#ifndef NM4J_CPU_RANDOM_WORDS_INL_H_
#define NM4J_CPU_RANDOM_WORDS_INL_H_

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <cstdint>

#include "mask/philox-inl.h"

namespace nm {
namespace {

// Those of the instruction set's vectors.
#if defined(__AVX512F__)
constexpr int kRandomLanes = 16;
#elif defined(__AVX2__)
constexpr int kRandomLanes = 8;
#else
constexpr int kRandomLanes = 4;
#endif
typedef uint32_t RandomWords __attribute__((vector_size(4 * kRandomLanes)));
typedef uint64_t RandomPairs __attribute__((vector_size(4 * kRandomLanes)));

// Low and high half of each a * b. Said by name where GCC 12 makes products of whole pairs, and shifts that wait for
// the multiplier's port.
template <>
struct WideProduct<RandomWords> {
  static void run(RandomWords a, uint32_t b, RandomWords* low, RandomWords* high) {
#if defined(__AVX512F__)
    const auto pairs = reinterpret_cast<__m512i>(a), factor = _mm512_set1_epi32(static_cast<int32_t>(b));
    const __m512i even = _mm512_mul_epu32(pairs, factor);
    const __m512i odd = _mm512_mul_epu32(_mm512_shuffle_epi32(pairs, _MM_PERM_DDBB), factor);
    *low = reinterpret_cast<RandomWords>(_mm512_mask_shuffle_epi32(even, 0xaaaa, odd, _MM_PERM_CCAA));
    *high = reinterpret_cast<RandomWords>(_mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB));
#elif defined(__AVX2__)
    const auto pairs = reinterpret_cast<__m256i>(a), factor = _mm256_set1_epi32(static_cast<int32_t>(b));
    const __m256i even = _mm256_mul_epu32(pairs, factor);
    const __m256i odd = _mm256_mul_epu32(_mm256_shuffle_epi32(pairs, 0xf5), factor);
    *low = reinterpret_cast<RandomWords>(_mm256_blend_epi32(even, _mm256_shuffle_epi32(odd, 0xa0), 0xaa));
    *high = reinterpret_cast<RandomWords>(_mm256_blend_epi32(odd, _mm256_shuffle_epi32(even, 0xf5), 0x55));
#else
    const RandomPairs pairs = reinterpret_cast<RandomPairs>(a);
    const RandomPairs even = (pairs & 0xffffffffu) * b, odd = (pairs >> 32) * b;
    *low = reinterpret_cast<RandomWords>((even & 0xffffffffu) | odd << 32);
    *high = reinterpret_cast<RandomWords>(even >> 32 | (odd >> 32 << 32));
#endif
  }
};

// The counters of group `first` and those after it.
inline Philox<RandomWords> counters(uint64_t first, RandomUse use) {
  uint32_t low[kRandomLanes], high[kRandomLanes];
  for (int lane = 0; lane < kRandomLanes; ++lane) {
    const uint64_t number = first + static_cast<uint64_t>(lane);
    low[lane] = static_cast<uint32_t>(number);
    high[lane] = static_cast<uint32_t>(number >> 32);
  }
  Philox<RandomWords> counter = {
      {RandomWords{}, RandomWords{}, RandomWords{}, RandomWords{} + static_cast<uint32_t>(use)}};
  __builtin_memcpy(&counter.x[0], low, sizeof low);
  __builtin_memcpy(&counter.x[1], high, sizeof high);
  return counter;
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_RANDOM_WORDS_INL_H_
