/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// nm_mask_magnitude_f32: which weights pruning keeps.
#include <gtest/gtest.h>

#include <cmath>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

// Only equal to the reference when each byte is written: the mask is filled with ones before.
testing::AssertionResult PrunesLikeReference(const FloatMatrix& w, Pattern p, int32_t flags, Placement placement) {
  BitMask mask(w.rows(), w.cols(), placement);
  std::fill(mask.buffer().begin(), mask.buffer().end(), uint8_t{0xff});
  const testing::AssertionResult succeeded =
      Succeeds(nm_mask_magnitude_f32(w.data(), w.rows(), w.cols(), w.ld(), p.n, p.m, flags, mask.data()));
  if (!succeeded) return succeeded;
  return SameBits(MagnitudeMask(w, p), mask) << "\npattern " << p.n << ":" << p.m << ", " << w.cols() << " columns";
}

// All patterns and lengths, on three rows of weights drawn by generate(random).
template <typename Generate>
void Sweep(int32_t flags, Generate generate) {
  Random random;
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const Placement placement = random.Pick(kPlacements);
    FloatMatrix w(3, cols, cols + random.Int(0, 3), placement);
    w.Fill([&](int64_t, int64_t) { return generate(random); });
    w.buffer().ForbidWrites();
    ASSERT_TRUE(PrunesLikeReference(w, p, flags, placement));
  });
}

TEST(MagnitudeTest, Reals) {
  Sweep(0, [](Random& random) { return random.Uniform(); });
}

TEST(MagnitudeTest, AnyExponent) {
  Sweep(0, [](Random& random) { return random.AnyFinite(); });
}

TEST(MagnitudeTest, Ties) {
  Sweep(0, [](Random& random) { return static_cast<float>(random.Int(-2, 2)); });
}

TEST(MagnitudeTest, ZerosOnly) {
  Sweep(0, [](Random& random) { return random.Chance(0.5) ? 0.0f : -0.0f; });
}

TEST(MagnitudeTest, SpecialValues) {
  const float values[] = {0.0f,  -0.0f,     kTiniest,  -kTiniest,  0x1p-126f, std::nextafter(1.0f, 2.0f),
                          -1.0f, kInfinity, -kLargest, -kInfinity, 1.0f,      kLargest};
  Sweep(0, [&](Random& random) { return random.Pick(values); });
}

TEST(MagnitudeTest, NanIsTheLargestWhenAllowed) {
  float values[] = {kNan, -kNan, 0.0f, 0.0f, kInfinity, -kInfinity, 1.0f, 2.0f, 0.0f};
  SetBits(&values[2], kQuietNanBits);  // NaN tie whatever their payloads
  SetBits(&values[3], kSignallingNanBits);
  Sweep(NM_ALLOW_NAN, [&](Random& random) { return random.Pick(values); });
}

TEST(MagnitudeTest, SignallingNanIsNanToo) {
  FloatMatrix w(1, 4);
  w.Fill([](int64_t, int64_t) { return kInfinity; });
  SetBits(w.Row(0) + 3, kSignallingNanBits);
  EXPECT_TRUE(PrunesLikeReference(w, {1, 4}, NM_ALLOW_NAN, Placement::kBeforeGuard));
  BitMask mask(1, 4);
  EXPECT_TRUE(Refuses(NM_NAN, nm_mask_magnitude_f32(w.data(), 1, 4, 4, 1, 4, 0, mask.data()), {}));
}

TEST(MagnitudeTest, EachLength) {
  Random random;
  for (Pattern p : {Pattern{2, 4}, {1, 4}, {4, 8}, {8, 16}, {3, 5}, {16, 32}}) {
    for (int64_t cols = 0; cols <= 300; ++cols) {
      FloatMatrix w(2, cols);
      w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
      ASSERT_TRUE(PrunesLikeReference(w, p, 0, random.Pick(kPlacements)));
    }
  }
}

TEST(MagnitudeTest, ManyRows) {
  Random random;
  FloatMatrix w(1031, 523, 530);
  w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
  EXPECT_TRUE(PrunesLikeReference(w, {2, 4}, 0, Placement::kBeforeGuard));
  EXPECT_TRUE(PrunesLikeReference(w, {5, 7}, 0, Placement::kBeforeGuard));
}

TEST(MagnitudeTest, NanIsFoundAnywhere) {
  for (Pattern p : {Pattern{2, 4}, {3, 5}, {1, 32}}) {
    for (int64_t cols : {4, 37, 64}) {
      FloatMatrix w(2, cols);
      BitMask mask(2, cols);
      for (int64_t r = 0; r < 2; ++r) {
        for (int64_t c = 0; c < cols; ++c) {
          w.Fill([](int64_t, int64_t) { return 1.0f; });
          w(r, c) = kNan;
          ASSERT_TRUE(Refuses(NM_NAN, nm_mask_magnitude_f32(w.data(), 2, cols, cols, p.n, p.m, 0, mask.data()), {}))
              << "NaN at (" << r << ", " << c << ")";
        }
      }
    }
  }
}

// The canaries between the rows are NaN.
TEST(MagnitudeTest, NanInPaddingIsNotSeen) {
  FloatMatrix w(3, 5, 8);
  w.Fill([](int64_t r, int64_t c) { return static_cast<float>(r + c); });
  EXPECT_TRUE(PrunesLikeReference(w, {2, 4}, 0, Placement::kBeforeGuard));
}

}  // namespace
}  // namespace nm4j_test
