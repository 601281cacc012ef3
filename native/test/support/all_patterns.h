/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_ALL_PATTERNS_H_
#define NM4J_TEST_SUPPORT_ALL_PATTERNS_H_

#include <cstdint>

#include "support/matrix.h"

namespace nm4j_test {

// Calls visit(pattern) for each of the 496 legal patterns.
template <typename Visit>
void ForAllPatterns(Visit visit) {
  for (int32_t m = 2; m <= 32; ++m) {
    for (int32_t n = 1; n < m; ++n) visit(Pattern{n, m});
  }
}

// Calls visit(pattern, columns) with row lengths around the groups' edges: shorter than a group, whole groups, a short
// last group of each kind, and some longer than a vector register.
template <typename Visit>
void ForAllPatternsAndLengths(Visit visit) {
  ForAllPatterns([&](Pattern p) {
    for (int64_t cols : {1, p.m - 1, p.m, p.m + 1, 2 * p.m - 1, 3 * p.m + p.n, 67, 4 * p.m}) visit(p, cols);
  });
}

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_ALL_PATTERNS_H_
