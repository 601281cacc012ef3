/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// nm_compress_f32 and nm_decompress_f32: the portable format.
#include <gtest/gtest.h>

#include <string>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

// Keeps N or fewer in each group.
BitMask IncompleteMask(int64_t rows, int64_t cols, Pattern p, Placement placement, Random& random) {
  const BitMask full = RandomMask(rows, cols, p, random);
  BitMask mask(rows, cols, placement);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) mask.Set(r, c, full.Get(r, c) && random.Chance(0.7));
  }
  return mask;
}

TEST(CompressTest, AllPatternsRoundTrip) {
  Random random;
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    SCOPED_TRACE(testing::Message() << p.n << ":" << p.m << ", " << cols << " columns");
    const Placement placement = random.Pick(kPlacements);
    BitMask mask = IncompleteMask(3, cols, p, placement, random);
    mask.buffer().ForbidWrites();
    FloatMatrix w(3, cols, cols + random.Int(0, 3), placement);
    w.Fill([&](int64_t, int64_t) { return random.Chance(0.1) ? -0.0f : random.AnyFinite(); });
    w.buffer().ForbidWrites();

    FloatMatrix values(3, KeptPerRow(cols, p), KeptPerRow(cols, p), placement);
    BitMask full(3, cols, placement);
    std::fill(full.buffer().begin(), full.buffer().end(), uint8_t{0xff});
    ASSERT_TRUE(
        Succeeds(nm_compress_f32(w.data(), 3, cols, w.ld(), mask.data(), p.n, p.m, 0, values.data(), full.data())));
    ASSERT_TRUE(SameBits(CompressedValues(w, mask, p), values));
    ASSERT_TRUE(SameBits(Completed(mask, p), full));

    values.buffer().ForbidWrites();
    full.buffer().ForbidWrites();
    FloatMatrix back(3, cols, cols + random.Int(0, 3), placement);
    ASSERT_TRUE(Succeeds(nm_decompress_f32(values.data(), full.data(), 3, cols, p.n, p.m, back.data(), back.ld())));
    ASSERT_TRUE(SameBits(Masked(w, mask), back));
  });
}

TEST(CompressTest, MaskMayBeCompletedInPlace) {
  Random random;
  for (Pattern p : {Pattern{2, 4}, {3, 5}, {1, 32}}) {
    BitMask mask = IncompleteMask(9, 77, p, Placement::kBeforeGuard, random);
    FloatMatrix w(9, 77);
    w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
    FloatMatrix values(9, KeptPerRow(77, p));
    const FloatMatrix expected_values = CompressedValues(w, mask, p);
    const BitMask expected_mask = Completed(mask, p);
    ASSERT_TRUE(Succeeds(nm_compress_f32(w.data(), 9, 77, 77, mask.data(), p.n, p.m, 0, values.data(), mask.data())));
    EXPECT_TRUE(SameBits(expected_values, values));
    EXPECT_TRUE(SameBits(expected_mask, mask));
  }
}

// A mask as another tool may write it: what stands in the spare bits is no weight.
TEST(CompressTest, SpareBitsAreNoWeights) {
  FloatMatrix w(2, 5);
  w.Fill([](int64_t, int64_t c) { return static_cast<float>(c + 1); });
  BitMask clean(2, 5), dirty(2, 5), full(2, 5);
  for (int64_t r = 0; r < 2; ++r) {
    for (int64_t c : {0, 3, 4}) clean.Set(r, c);
    *dirty.Row(r) = static_cast<uint8_t>(*clean.Row(r) | 0b11100000);
  }
  FloatMatrix values(2, 3), back(2, 5);
  ASSERT_TRUE(Succeeds(nm_compress_f32(w.data(), 2, 5, 5, dirty.data(), 2, 4, 0, values.data(), full.data())));
  EXPECT_TRUE(SameBits(CompressedValues(w, clean, {2, 4}), values));
  EXPECT_TRUE(SameBits(clean, full));
  ASSERT_TRUE(Succeeds(nm_decompress_f32(values.data(), dirty.data(), 2, 5, 2, 4, back.data(), 5)));
  EXPECT_TRUE(SameBits(Masked(w, clean), back));
}

TEST(CompressTest, NanPayloadsSurvive) {
  for (uint32_t bits : {kQuietNanBits, kSignallingNanBits}) {
    FloatMatrix w(1, 9);
    w.Fill([](int64_t, int64_t) { return 1.0f; });
    SetBits(w.Row(0) + 2, bits);
    SetBits(w.Row(0) + 8, bits);
    BitMask mask(1, 9);
    for (int64_t c : {1, 2, 4, 7, 8}) mask.Set(0, c);
    FloatMatrix values(1, 5), back(1, 9);
    ASSERT_TRUE(
        Succeeds(nm_compress_f32(w.data(), 1, 9, 9, mask.data(), 2, 4, NM_ALLOW_NAN, values.data(), mask.data())));
    EXPECT_TRUE(SameBits(CompressedValues(w, mask, {2, 4}), values));
    ASSERT_TRUE(Succeeds(nm_decompress_f32(values.data(), mask.data(), 1, 9, 2, 4, back.data(), 9)));
    EXPECT_TRUE(SameBits(Masked(w, mask), back));
  }
}

TEST(CompressTest, NanIsRefusedWhereItIsKept) {
  constexpr Pattern kPattern{3, 5};
  Random random;
  BitMask mask = IncompleteMask(2, 33, kPattern, Placement::kBeforeGuard, random);
  for (int64_t r = 0; r < 2; ++r) {
    for (int64_t c = 0; c < 33; ++c) {
      FloatMatrix w(2, 33);
      w.Fill([](int64_t, int64_t) { return 1.0f; });
      w(r, c) = kNan;
      FloatMatrix values(2, KeptPerRow(33, kPattern));
      BitMask full(2, 33);
      const int32_t status = nm_compress_f32(w.data(), 2, 33, 33, mask.data(), 3, 5, 0, values.data(), full.data());
      if (mask.Get(r, c)) {
        ASSERT_TRUE(Refuses(NM_NAN, status, {std::to_string(r), std::to_string(c)}));
      } else {
        ASSERT_TRUE(Succeeds(status)) << "NaN at (" << r << ", " << c << "), where the mask drops it";
        ASSERT_TRUE(SameBits(CompressedValues(w, mask, kPattern), values));
      }
    }
  }
}

TEST(CompressTest, BreachIsFoundAnywhereAndNamed) {
  ForAllPatterns([](Pattern p) {
    const int64_t cols = 2 * p.m + p.n + 1;
    for (int64_t first = 0; first < cols; first += p.m) {
      FloatMatrix w(2, cols);
      w.Fill([](int64_t, int64_t) { return 1.0f; });
      BitMask mask(2, cols);
      for (int64_t c = first; c <= first + p.n; ++c) mask.Set(1, c);
      FloatMatrix values(2, KeptPerRow(cols, p));
      BitMask full(2, cols);
      ASSERT_TRUE(
          Refuses(NM_PATTERN_BREACH,
                  nm_compress_f32(w.data(), 2, cols, cols, mask.data(), p.n, p.m, 0, values.data(), full.data()),
                  {"1", std::to_string(first), std::to_string(p.n)}));
    }
  });
}

// A complete mask with one bit more or less in each group in turn: one value too few or too many for the row.
TEST(DecompressTest, WrongCountIsFoundAnywhereAndNamed) {
  Random random;
  ForAllPatterns([&](Pattern p) {
    const int64_t cols = 2 * p.m + p.n + 1;
    const BitMask full = RandomMask(2, cols, p, random);
    FloatMatrix values(2, KeptPerRow(cols, p));
    values.Fill([](int64_t, int64_t) { return 1.0f; });
    FloatMatrix w(2, cols);
    for (int64_t first = 0; first < cols; first += p.m) {
      for (bool kept : {false, true}) {
        BitMask mask = Copy(full);
        int64_t c = first;
        while (mask.Get(1, c) == kept) ++c;
        mask.Set(1, c, kept);
        ASSERT_TRUE(Refuses(NM_PATTERN_BREACH,
                            nm_decompress_f32(values.data(), mask.data(), 2, cols, p.n, p.m, w.data(), cols),
                            {"1", std::to_string(first), std::to_string(p.n)}))
            << (kept ? "one more" : "one less");
      }
    }
  });
}

// One bit too many in a group and one too few in the next: the row's count is right, the groups' are not.
TEST(DecompressTest, CountsAreCheckedByGroup) {
  FloatMatrix values(1, 4), w(1, 8);
  values.Fill([](int64_t, int64_t) { return 1.0f; });
  BitMask mask(1, 8);
  for (int64_t c : {0, 1, 2, 7}) mask.Set(0, c);
  EXPECT_TRUE(
      Refuses(NM_PATTERN_BREACH, nm_decompress_f32(values.data(), mask.data(), 1, 8, 2, 4, w.data(), 8), {"0"}));
}

TEST(DecompressTest, NanNeedsNoPermission) {
  FloatMatrix values(1, 2), w(1, 4);
  values.Fill([](int64_t, int64_t) { return kNan; });
  BitMask mask(1, 4);
  mask.Set(0, 0);
  mask.Set(0, 3);
  ASSERT_TRUE(Succeeds(nm_decompress_f32(values.data(), mask.data(), 1, 4, 2, 4, w.data(), 4)));
  EXPECT_EQ(w.BitsAt(0, 0), Bits(kNan));
  EXPECT_EQ(w.BitsAt(0, 1), 0u);
  EXPECT_EQ(w.BitsAt(0, 3), Bits(kNan));
}

}  // namespace
}  // namespace nm4j_test
