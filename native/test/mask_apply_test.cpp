/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// nm_mask_apply_f32 and nm_kept_share_f32: what a mask does to weights, and what it leaves of them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nm4j/nm4j.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

// Any bits at all, the spare ones included.
BitMask AnyMask(int64_t rows, int64_t cols, Placement placement, Random& random) {
  BitMask mask(rows, cols, placement);
  for (uint8_t& byte : mask.buffer()) byte = static_cast<uint8_t>(random.Int(0, 255));
  return mask;
}

// Values whose every bit must survive.
float AnyBits(Random& random) {
  const uint32_t bits[] = {kQuietNanBits, kSignallingNanBits, Bits(-0.0f), Bits(kInfinity), Bits(-kTiniest)};
  float value = random.AnyFinite();
  if (random.Chance(0.5)) SetBits(&value, random.Pick(bits));
  return value;
}

TEST(ApplyTest, EachLength) {
  Random random;
  for (int64_t cols = 0; cols <= 140; ++cols) {
    const Placement placement = random.Pick(kPlacements);
    BitMask mask = AnyMask(3, cols, placement, random);
    mask.buffer().ForbidWrites();
    FloatMatrix w(3, cols, cols + random.Int(0, 3), placement);
    w.Fill([&](int64_t, int64_t) { return AnyBits(random); });
    const FloatMatrix expected = Masked(w, mask);

    FloatMatrix out(3, cols, cols + random.Int(0, 3), placement);
    ASSERT_TRUE(Succeeds(nm_mask_apply_f32(w.data(), 3, cols, w.ld(), mask.data(), out.data(), out.ld())));
    ASSERT_TRUE(SameBits(expected, out)) << cols << " columns";

    ASSERT_TRUE(Succeeds(nm_mask_apply_f32(w.data(), 3, cols, w.ld(), mask.data(), w.data(), w.ld())));
    ASSERT_TRUE(SameBits(expected, w)) << cols << " columns, in place";
  }
}

TEST(ApplyTest, OverlapIsRefusedAndHarmless) {
  GuardedBuffer<float> memory(2 * 3 * 8);
  std::fill(memory.begin(), memory.end(), 1.0f);
  const BitMask mask(3, 8);
  float* const w = memory.data() + 12;
  for (int64_t shift : {-12, -1, 1, 8, 12, 23}) {
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_apply_f32(w, 3, 8, 8, mask.data(), w + shift, 8), {"overlapping"}))
        << "out shifted by " << shift;
  }
  // The same start with another leading dimension is another matrix.
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_apply_f32(w, 3, 8, 8, mask.data(), w, 9), {}));
  for (float value : memory) ASSERT_EQ(value, 1.0f);
  // Side by side is no overlap.
  float* const begin = memory.data();
  EXPECT_TRUE(Succeeds(nm_mask_apply_f32(begin, 3, 8, 8, mask.data(), begin + 24, 8)));
}

TEST(ApplyTest, ColumnBlocksOfOneBufferAreNoOverlap) {
  FloatMatrix both(3, 16);
  both.Fill([](int64_t, int64_t) { return 1.0f; });
  const BitMask mask(3, 8);
  ASSERT_TRUE(Succeeds(nm_mask_apply_f32(both.data(), 3, 8, 16, mask.data(), both.data() + 8, 16)));
  for (int64_t r = 0; r < 3; ++r) {
    for (int64_t c = 0; c < 16; ++c) ASSERT_EQ(both(r, c), c < 8 ? 1.0f : 0.0f);
  }
}

TEST(ApplyTest, OutOverTheMaskIsRefused) {
  GuardedBuffer<float> memory(8);
  FloatMatrix w(1, 8);
  w.Fill([](int64_t, int64_t) { return 1.0f; });
  auto* mask = reinterpret_cast<uint8_t*>(memory.data()) + 9;
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_mask_apply_f32(w.data(), 1, 8, 8, mask, memory.data(), 8), {"overlapping"}));
}

struct Shares {
  double magnitude = -7;
  double square = -7;
};

Shares Kept(const FloatMatrix& w, const BitMask& mask) {
  Shares shares;
  Require(nm_kept_share_f32(w.data(), w.rows(), w.cols(), w.ld(), mask.data(), &shares.magnitude, &shares.square));
  return shares;
}

TEST(KeptShareTest, ByHand) {
  FloatMatrix w(1, 3);
  w.Fill([](int64_t, int64_t c) { return static_cast<float>(c == 0 ? -1 : c + 1); });  // -1 2 3
  BitMask mask(1, 3);
  mask.Set(0, 0);
  mask.Set(0, 2);
  const Shares shares = Kept(w, mask);
  EXPECT_DOUBLE_EQ(shares.magnitude, 4.0 / 6);
  EXPECT_DOUBLE_EQ(shares.square, 10.0 / 14);
}

TEST(KeptShareTest, MatchesTheReference) {
  Random random;
  for (int64_t cols : {1, 5, 8, 63, 64, 65, 1000}) {
    const Placement placement = random.Pick(kPlacements);
    const BitMask mask = AnyMask(17, cols, placement, random);
    FloatMatrix w(17, cols, cols + 3, placement);
    w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
    long double all = 0, kept = 0, all_squares = 0, kept_squares = 0;
    for (int64_t r = 0; r < 17; ++r) {
      for (int64_t c = 0; c < cols; ++c) {
        const long double value = std::fabs(w(r, c));
        all += value;
        all_squares += value * value;
        if (mask.Get(r, c)) {
          kept += value;
          kept_squares += value * value;
        }
      }
    }
    const Shares shares = Kept(w, mask);
    // 17000 positive terms summed in double.
    EXPECT_NEAR(shares.magnitude, static_cast<double>(kept / all), 1e-11);
    EXPECT_NEAR(shares.square, static_cast<double>(kept_squares / all_squares), 1e-11);
  }
}

TEST(KeptShareTest, ExtremesDoNotOverflowOrVanish) {
  BitMask mask(1, 4);
  mask.Set(0, 1);
  for (float value : {kLargest, kTiniest, -0x1p-126f}) {
    FloatMatrix w(1, 4);
    w.Fill([&](int64_t, int64_t) { return value; });
    const Shares shares = Kept(w, mask);
    EXPECT_DOUBLE_EQ(shares.magnitude, 0.25) << value;
    EXPECT_DOUBLE_EQ(shares.square, 0.25) << value;
  }
}

TEST(KeptShareTest, ZerosKeepAll) {
  FloatMatrix w(2, 5);
  w.Fill([](int64_t, int64_t c) { return c % 2 == 0 ? 0.0f : -0.0f; });
  const Shares shares = Kept(w, BitMask(2, 5));
  EXPECT_EQ(shares.magnitude, 1.0);
  EXPECT_EQ(shares.square, 1.0);
}

TEST(KeptShareTest, NothingKeepsAll) {
  Shares shares;
  ASSERT_TRUE(Succeeds(nm_kept_share_f32(nullptr, 0, 5, 5, nullptr, &shares.magnitude, &shares.square)));
  EXPECT_EQ(shares.magnitude, 1.0);
  EXPECT_EQ(shares.square, 1.0);
}

TEST(KeptShareTest, NanAndInfinityGiveNanWhereverTheyAre) {
  for (float value : {kNan, kInfinity, -kInfinity}) {
    for (int64_t c = 0; c < 4; ++c) {
      FloatMatrix w(1, 4);
      w.Fill([](int64_t, int64_t) { return 1.0f; });
      w(0, c) = value;
      BitMask mask(1, 4);
      mask.Set(0, 1);
      const Shares shares = Kept(w, mask);
      EXPECT_TRUE(std::isnan(shares.magnitude)) << value << " at " << c;
      EXPECT_TRUE(std::isnan(shares.square)) << value << " at " << c;
    }
  }
}

TEST(KeptShareTest, Refusals) {
  FloatMatrix w(2, 5);
  w.Fill([](int64_t, int64_t) { return 1.0f; });
  const BitMask mask(2, 5);
  Shares s;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_kept_share_f32(w.data(), 2, 5, 5, mask.data(), nullptr, &s.square),
                      {"abs_share", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_kept_share_f32(w.data(), 2, 5, 5, mask.data(), &s.magnitude, nullptr),
                      {"square_share", "null"}));
}

}  // namespace
}  // namespace nm4j_test
