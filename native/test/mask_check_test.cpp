/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// nm_check_f32 and nm_check_mask: does a matrix or mask obey a pattern, and if not, where.
#include <gtest/gtest.h>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/random.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

struct Findings {
  int64_t breaches = -7;
  int64_t row = -7;
  int64_t column = -7;

  bool operator==(const Findings& other) const {
    return breaches == other.breaches && row == other.row && column == other.column;
  }
  friend std::ostream& operator<<(std::ostream& out, const Findings& f) {
    return out << f.breaches << " breaches, the first in row " << f.row << " from column " << f.column;
  }
};

Findings CheckWeights(const FloatMatrix& w, Pattern p) {
  Findings f;
  Require(nm_check_f32(w.data(), w.rows(), w.cols(), w.ld(), p.n, p.m, &f.breaches, &f.row, &f.column));
  return f;
}

Findings CheckMask(const BitMask& mask, Pattern p) {
  Findings f;
  Require(nm_check_mask(mask.data(), mask.rows(), mask.cols(), p.n, p.m, &f.breaches, &f.row, &f.column));
  return f;
}

Findings ReferenceFindings(const BitMask& mask, Pattern p) {
  Findings f{0, -1, -1};
  for (int64_t r = 0; r < mask.rows(); ++r) {
    for (int64_t first = 0; first < mask.cols(); first += p.m) {
      if (mask.CountInGroup(r, first, p.m) <= p.n) continue;
      if (f.breaches++ == 0) {
        f.row = r;
        f.column = first;
      }
    }
  }
  return f;
}

TEST(CheckTest, AllPatterns) {
  Random random;
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const Placement placement = random.Pick(kPlacements);
    // Around N per group, so that groups of every outcome appear.
    const double density = static_cast<double>(p.n) / p.m;
    BitMask mask(3, cols, placement);
    FloatMatrix w(3, cols, cols + random.Int(0, 3), placement);
    w.Fill([&](int64_t r, int64_t c) {
      const bool kept = random.Chance(density);
      mask.Set(r, c, kept);
      const float zero = random.Chance(0.5) ? 0.0f : -0.0f;
      return kept ? random.SmallInteger() : zero;
    });
    w.buffer().ForbidWrites();
    mask.buffer().ForbidWrites();
    const Findings expected = ReferenceFindings(mask, p);
    ASSERT_EQ(CheckWeights(w, p), expected) << p.n << ":" << p.m << ", " << cols << " columns";
    ASSERT_EQ(CheckMask(mask, p), expected) << p.n << ":" << p.m << ", " << cols << " columns";
  });
}

TEST(CheckTest, NothingIsNoBreach) {
  Findings f;
  ASSERT_TRUE(Succeeds(nm_check_f32(nullptr, 0, 5, 5, 2, 4, &f.breaches, &f.row, &f.column)));
  EXPECT_EQ(f, (Findings{0, -1, -1}));
  f = {};
  ASSERT_TRUE(Succeeds(nm_check_mask(nullptr, 5, 0, 2, 4, &f.breaches, &f.row, &f.column)));
  EXPECT_EQ(f, (Findings{0, -1, -1}));
}

TEST(CheckTest, NanAndTiniestAreNonZero) {
  FloatMatrix w(2, 4);
  w.Fill([](int64_t r, int64_t c) { return c == 3 ? 0.0f : r == 0 ? kNan : kTiniest; });
  EXPECT_EQ(CheckWeights(w, {2, 4}), (Findings{2, 0, 0}));
  EXPECT_EQ(CheckWeights(w, {3, 4}), (Findings{0, -1, -1}));
}

// A mask as another tool may write it: what stands in the spare bits is no weight.
TEST(CheckTest, SpareBitsAreNoWeights) {
  BitMask mask(2, 5);
  mask.data()[0] = 0b11100101;
  mask.data()[1] = 0b11100000;
  EXPECT_EQ(CheckMask(mask, {2, 4}), (Findings{0, -1, -1}));
}

TEST(CheckTest, Refusals) {
  FloatMatrix w(3, 8);
  w.Fill([](int64_t, int64_t) { return 0.0f; });
  const BitMask mask(3, 8);
  Findings f;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_check_f32(w.data(), 3, 8, 8, 2, 4, nullptr, &f.row, &f.column),
                      {"breaches", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_check_f32(w.data(), 3, 8, 8, 2, 4, &f.breaches, nullptr, &f.column),
                      {"first_row", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_check_f32(w.data(), 3, 8, 8, 2, 4, &f.breaches, &f.row, nullptr),
                      {"first_col", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_check_mask(mask.data(), 3, 8, 2, 4, nullptr, &f.row, &f.column),
                      {"breaches", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_check_mask(mask.data(), 3, 8, 2, 4, &f.breaches, nullptr, &f.column),
                      {"first_row", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_check_mask(mask.data(), 3, 8, 2, 4, &f.breaches, &f.row, nullptr),
                      {"first_col", "null"}));
}

}  // namespace
}  // namespace nm4j_test
