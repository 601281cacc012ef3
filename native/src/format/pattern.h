// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// An N:M pattern and the walk over the groups of a row.
#ifndef NM4J_FORMAT_PATTERN_H_
#define NM4J_FORMAT_PATTERN_H_

#include <algorithm>
#include <cstdint>

namespace nm {

constexpr int kMaxGroup = 32;

struct Pattern {
  int32_t n;  // kept
  int32_t m;  // group length

  // Kept weights in the first `cols` columns of a row; the last group may be short.
  int64_t kept(int64_t cols) const { return n * (cols / m) + std::min<int64_t>(n, cols % m); }
};

// Calls visit(first_column, length) for each group of a row of `cols` columns.
template <typename Visit>
void for_each_group(Pattern pattern, int64_t cols, Visit&& visit) {
  for (int64_t first = 0; first < cols; first += pattern.m) {
    visit(first, static_cast<int>(std::min<int64_t>(pattern.m, cols - first)));
  }
}

}  // namespace nm

#endif  // NM4J_FORMAT_PATTERN_H_
