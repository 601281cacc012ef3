// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Random masks, one group per lane of the compiler's own vectors. A group's numbers are those of its own counter
// (mask/philox-inl.h), so that every instruction set draws the same masks.
//
// Include inside an ISA's own file only.
#ifndef NM4J_CPU_RANDOM_INL_H_
#define NM4J_CPU_RANDOM_INL_H_

#include <cstdint>

#include "cpu/magnitude-inl.h"
#include "cpu/random_words-inl.h"
#include "mask/random_group-inl.h"

namespace nm {
namespace {

// The masks of groups of M from number `group` on, one per lane: random_group of each.
inline RandomWords random_groups(uint64_t group, int n, int m, uint64_t seed) {
  Philox<RandomWords> counter = counters(group, kRandomMask);
  RandomWords missing = RandomWords{} + static_cast<uint32_t>(n), bits = {};
  for (int first = 0; first < m; first += 4, counter.x[2] += 1) {
    Philox<RandomWords> numbers = counter;
    numbers.run(seed);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      if (first + i >= m) break;
      RandomWords low, below;
      WideProduct<RandomWords>::run(numbers.x[i], static_cast<uint32_t>(m - first - i), &low, &below);
      const auto kept = reinterpret_cast<RandomWords>(below < missing);  // all bits or none
      bits |= kept & (1u << (first + i));
      missing += kept;
    }
  }
  return bits;
}

// The mask of a row whose first group is number `group` of all.
inline void random_row(uint64_t group, int64_t cols, int n, int m, uint64_t seed, uint8_t* mask) {
  GroupBits out{mask};
  int64_t col = 0;
  for (; col + int64_t{kRandomLanes} * m <= cols; col += int64_t{kRandomLanes} * m, group += kRandomLanes) {
    const RandomWords bits = random_groups(group, n, m, seed);
    for (int lane = 0; lane < kRandomLanes; ++lane) out.append(bits[lane], m);
  }
  for (; col < cols; col += m, ++group) {
    const int length = cols - col < m ? static_cast<int>(cols - col) : m;
    out.append(random_group(group, n < length ? n : length, length, seed), length);
  }
  out.finish();
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_RANDOM_INL_H_
