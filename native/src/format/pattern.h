// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// An N:M pattern.
#ifndef NM4J_FORMAT_PATTERN_H_
#define NM4J_FORMAT_PATTERN_H_

#include <algorithm>
#include <cstdint>

#include "format/host_device.h"

namespace nm {

constexpr int kMaxGroup = 32;
constexpr int kBlockColumns = 4;  // of a V x M block that keep weights, in V:N:M

struct Pattern {
  int32_t n;  // kept
  int32_t m;  // group length

  // Kept weights in the first `cols` columns of a row; the last group may be short.
  int64_t kept(int64_t cols) const { return n * (cols / m) + std::min<int64_t>(n, cols % m); }
};

// Groups of m in the first `cols` columns of a row. Those of a whole matrix are numbered by rows, modulo 2^64.
NM_HD int64_t group_count(int64_t cols, int32_t m) { return cols / m + (cols % m != 0); }

}  // namespace nm

#endif  // NM4J_FORMAT_PATTERN_H_
