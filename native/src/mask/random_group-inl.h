// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// One group of a random mask, for CPU and GPU.
#ifndef NM4J_MASK_RANDOM_GROUP_INL_H_
#define NM4J_MASK_RANDOM_GROUP_INL_H_

#include <cstdint>

#include "mask/philox-inl.h"

namespace nm {
namespace {

// The bits of group number `group`, of which exactly n are set (n at most `length`, at most 32), each choice being
// equally likely: column i is one of the `missing` that are still to be kept of length - i.
NM_HD uint32_t random_group(uint64_t group, int n, int length, uint64_t seed) {
  uint32_t bits = 0, missing = static_cast<uint32_t>(n);
  for (int first = 0; missing > 0; first += 4) {
    Philox<uint32_t> philox = {{static_cast<uint32_t>(group), static_cast<uint32_t>(group >> 32),
                                static_cast<uint32_t>(first / 4), kRandomMask}};
    philox.run(seed);
    NM_UNROLL
    for (int i = 0; i < 4; ++i) {
      uint32_t low, below;
      WideProduct<uint32_t>::run(philox.x[i], first + i < length ? static_cast<uint32_t>(length - first - i) : 0, &low,
                                 &below);
      const bool keep = first + i < length && below < missing;
      bits |= static_cast<uint32_t>(keep) << ((first + i) & 31);
      missing -= keep;
    }
  }
  return bits;
}

}  // namespace
}  // namespace nm

#endif  // NM4J_MASK_RANDOM_GROUP_INL_H_
