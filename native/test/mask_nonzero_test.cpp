/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// nm_mask_nonzero_f32: the mask of weights that obey the pattern already.
#include <gtest/gtest.h>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

testing::AssertionResult MasksLikeReference(const FloatMatrix& w, Pattern p, int32_t flags, Placement placement) {
  BitMask mask(w.rows(), w.cols(), placement);
  std::fill(mask.buffer().begin(), mask.buffer().end(), uint8_t{0xff});
  const testing::AssertionResult succeeded =
      Succeeds(nm_mask_nonzero_f32(w.data(), w.rows(), w.cols(), w.ld(), p.n, p.m, flags, mask.data()));
  if (!succeeded) return succeeded;
  return SameBits(NonZeroMask(w, p), mask) << "\npattern " << p.n << ":" << p.m << ", " << w.cols() << " columns";
}

// Rows that keep what a random mask keeps, some of it zero too.
FloatMatrix ObeyingWeights(int64_t cols, Pattern p, Placement placement, Random& random) {
  const BitMask mask = RandomMask(3, cols, p, random);
  FloatMatrix w(3, cols, cols + random.Int(0, 3), placement);
  w.Fill([&](int64_t r, int64_t c) {
    if (!mask.Get(r, c) || random.Chance(0.3)) return random.Chance(0.5) ? 0.0f : -0.0f;
    return random.Chance(0.2) ? kTiniest : random.AnyFinite();
  });
  return w;
}

TEST(NonZeroTest, AllPatterns) {
  Random random;
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const Placement placement = random.Pick(kPlacements);
    FloatMatrix w = ObeyingWeights(cols, p, placement, random);
    w.buffer().ForbidWrites();
    ASSERT_TRUE(MasksLikeReference(w, p, 0, placement));
  });
}

TEST(NonZeroTest, AllowedNanIsNonZero) {
  FloatMatrix w(1, 8);
  w.Fill([](int64_t, int64_t c) { return c == 6 ? kNan : 0.0f; });
  EXPECT_TRUE(MasksLikeReference(w, {2, 4}, NM_ALLOW_NAN, Placement::kBeforeGuard));
}

TEST(NonZeroTest, NanIsFoundAnywhere) {
  FloatMatrix w(2, 37);
  BitMask mask(2, 37);
  for (int64_t r = 0; r < 2; ++r) {
    for (int64_t c = 0; c < 37; ++c) {
      w.Fill([](int64_t, int64_t) { return 0.0f; });
      w(r, c) = kNan;
      ASSERT_TRUE(Refuses(NM_NAN, nm_mask_nonzero_f32(w.data(), 2, 37, 37, 2, 4, 0, mask.data()), {}))
          << "NaN at (" << r << ", " << c << ")";
    }
  }
}

TEST(NonZeroTest, BreachNamesTheFirstGroup) {
  FloatMatrix w(120, 87, 90);
  w.Fill([](int64_t, int64_t) { return 0.0f; });
  BitMask mask(120, 87);
  // Groups of 5 that hold four non-zeros: row 103 from column 65 and, later, row 110 from column 0.
  for (int64_t c = 65; c < 69; ++c) w(103, c) = 1.0f;
  for (int64_t c = 0; c < 4; ++c) w(110, c) = 1.0f;
  EXPECT_TRUE(Refuses(NM_PATTERN_BREACH, nm_mask_nonzero_f32(w.data(), 120, 87, 90, 3, 5, 0, mask.data()),
                      {"103", "65", "3", "5", "4"}));
}

// Each group in turn holds one too many, the short last one included.
TEST(NonZeroTest, BreachIsFoundAnywhere) {
  ForAllPatterns([](Pattern p) {
    const int64_t cols = 3 * p.m + p.n + 1;
    for (int64_t first = 0; first < cols; first += p.m) {
      FloatMatrix w(2, cols);
      w.Fill([&](int64_t r, int64_t c) { return r == 1 && c >= first && c <= first + p.n ? 1.0f : 0.0f; });
      if (cols - first <= p.n) continue;  // too short for a breach
      BitMask mask(2, cols);
      ASSERT_TRUE(Refuses(NM_PATTERN_BREACH, nm_mask_nonzero_f32(w.data(), 2, cols, cols, p.n, p.m, 0, mask.data()),
                          {"1", std::to_string(first)}))
          << p.n << ":" << p.m;
    }
  });
}

}  // namespace
}  // namespace nm4j_test
