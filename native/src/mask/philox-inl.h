// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Philox4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011): 128 random bits for each counter
// and key. So a number belongs to a place, not to the order in which places are visited.
//
// For CPU and GPU. Internal linkage: each instruction set has its own.
#ifndef NM4J_MASK_PHILOX_INL_H_
#define NM4J_MASK_PHILOX_INL_H_

#include <cstdint>

#include "format/host_device.h"

namespace nm {
namespace {

// Low and high half of the products of words, of type Word (cpu/random_words-inl.h has vectors).
template <typename Word>
struct WideProduct;

template <>
struct WideProduct<uint32_t> {
  NM_HD static void run(uint32_t a, uint32_t b, uint32_t* low, uint32_t* high) {
    const uint64_t product = uint64_t{a} * b;
    *low = static_cast<uint32_t>(product);
    *high = static_cast<uint32_t>(product >> 32);
  }
};

// One counter, Word being uint32_t, or as many as a vector has lanes. The bits replace it.
template <typename Word>
struct Philox {
  Word x[4];

  NM_HD void run(uint64_t seed) {
    auto key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
    NM_UNROLL
    for (int round = 0; round < 10; ++round, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u) {
      Word low0, high0, low1, high1;
      WideProduct<Word>::run(x[0], 0xd2511f53u, &low0, &high0);
      WideProduct<Word>::run(x[2], 0xcd9e8d57u, &low1, &high1);
      x[0] = high1 ^ x[1] ^ key0;
      x[1] = low1;
      x[2] = high0 ^ x[3] ^ key1;
      x[3] = low0;
    }
  }
};

// What numbers are for: the last word of the counter, so that no two uses share any.
enum RandomUse : uint32_t { kRandomMask = 1, kSampling = 2 };

}  // namespace
}  // namespace nm

#endif  // NM4J_MASK_PHILOX_INL_H_
