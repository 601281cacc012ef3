/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Weights stored as bf16 and int8: rounding, scales, and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/isa.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/typed_matrix.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Handle CreateTyped(int32_t dtype, int64_t rows, int64_t cols, Pattern p, int32_t workload = NM_ANY_BATCH) {
  nm_matrix* a = nullptr;
  Require(nm_matrix_create(rows, cols, p.n, p.m, dtype, workload, &a));
  return Handle(a);
}

// One row of 2:4 whose first two columns of each group are kept.
std::vector<float> RoundTrip(int32_t dtype, const std::vector<float>& kept, int32_t flags = 0) {
  const auto groups = static_cast<int64_t>(kept.size() / 2);
  std::vector<float> w(groups * 4, 99.0f), out(groups * 4);
  BitMask mask(1, groups * 4);
  for (int64_t g = 0; g < groups; ++g) {
    for (int i = 0; i < 2; ++i) {
      w[4 * g + i] = kept[2 * g + i];
      mask.Set(0, 4 * g + i);
    }
  }
  Handle a = CreateTyped(dtype, 1, groups * 4, {2, 4});
  Require(nm_matrix_set_rows_f32(a.get(), 0, 1, w.data(), groups * 4, mask.data(), flags));
  Require(nm_matrix_seal(a.get()));
  Require(nm_matrix_get_rows_f32(a.get(), 0, 1, out.data(), groups * 4));
  std::vector<float> back;
  for (int64_t g = 0; g < groups; ++g) back.insert(back.end(), {out[4 * g], out[4 * g + 1]});
  return back;
}

TEST(Bf16WeightsTest, RoundToNearestEven) {
  Random random;
  std::vector<float> kept;
  for (int i = 0; i < 1000; ++i)
    kept.push_back(random.Uniform() * std::ldexp(1.0f, static_cast<int>(random.Int(-60, 60))));
  // Halfway between two: 1 + 1/256 goes down to 1, 1 + 3/256 up to 1 + 4/256.
  kept.insert(kept.end(), {1.00390625f, 1.01171875f, -1.00390625f, -1.01171875f});
  const std::vector<float> back = RoundTrip(NM_BF16, kept);
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(back[i], static_cast<float>(RoundToBf16(kept[i]))) << kept[i];
}

TEST(Bf16WeightsTest, SpecialValues) {
  const std::vector<float> back =
      RoundTrip(NM_BF16, {kInfinity, -kInfinity, kNan, -0.0f, std::numeric_limits<float>::max(), 0.0f}, NM_ALLOW_NAN);
  EXPECT_EQ(back[0], kInfinity);
  EXPECT_EQ(back[1], -kInfinity);
  EXPECT_TRUE(std::isnan(back[2]));
  EXPECT_TRUE(back[3] == 0 && std::signbit(back[3]));
  EXPECT_EQ(back[4], kInfinity) << "rounds past the largest bf16";
}

TEST(S8WeightsTest, ScaleIsTheLargestOver127) {
  const std::vector<float> back = RoundTrip(NM_S8, {12.7f, -6.35f, 0.04f, 0.06f});
  const float scale = 12.7f / 127.0f;
  EXPECT_EQ(back[0], 127.0f * scale);
  EXPECT_EQ(back[1], -64.0f * scale) << "63.5 rounds to even";
  EXPECT_EQ(back[2], 0.0f);
  EXPECT_EQ(back[3], scale);
}

TEST(S8WeightsTest, ScalesCanBeRead) {
  const Handle a = CreateTyped(NM_S8, 3, 4, {2, 4});
  const float w[12] = {127, 1, 0, 0, 0, 0, 0, 0, 1e-44f, 0, 0, 0};
  const uint8_t mask[3] = {3, 3, 3};
  Require(nm_matrix_set_rows_f32(a.get(), 0, 3, w, 4, mask, 0));
  float scales[3];
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_get_scales(a.get(), 0, 3, scales), {"sealed"}));
  Require(nm_matrix_seal(a.get()));
  ASSERT_TRUE(Succeeds(nm_matrix_get_scales(a.get(), 0, 3, scales)));
  EXPECT_EQ(scales[0], 1.0f);
  EXPECT_EQ(scales[1], 1.0f) << "a row of zeros";
  EXPECT_EQ(scales[2], std::numeric_limits<float>::min());
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_scales(a.get(), 1, 3, scales), {"3"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_scales(a.get(), 0, 3, nullptr), {"scales"}));
  const Handle f32 = RealWeights(3, 4, {2, 4}, *std::make_unique<Random>()).Pack(NM_ANY_BATCH);
  ASSERT_TRUE(Succeeds(nm_matrix_get_scales(f32.get(), 0, 3, scales)));
  EXPECT_EQ(scales[2], 1.0f);
}

TEST(S8WeightsTest, WhatIsNotFiniteIsRefused) {
  const uint8_t mask[1] = {3};
  for (const float bad : {kInfinity, -kInfinity, kNan}) {
    const Handle a = CreateTyped(NM_S8, 1, 4, {2, 4});
    const float w[4] = {1, bad, 0, 0}, dropped[4] = {1, 2, bad, 0};
    EXPECT_TRUE(
        Refuses(NM_NAN, nm_matrix_set_rows_f32(a.get(), 0, 1, w, 4, mask, NM_ALLOW_NAN), {"row 0", "column 1"}));
    EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a.get()), {"row 0"}));
    EXPECT_TRUE(Succeeds(nm_matrix_set_rows_f32(a.get(), 0, 1, dropped, 4, mask, 0)));
  }
}

TEST(S8WeightsTest, IntegersAreKept) {
  Random random;
  for (const int32_t workload : kWorkloads) {
    for (const Pattern p : kPatterns) {
      const int64_t rows = 19, cols = 75, ld = 80;
      const Handle a = CreateTyped(NM_S8, rows, cols, p, workload);
      std::vector<int8_t> w(rows * ld);
      for (int8_t& value : w) value = static_cast<int8_t>(random.Int(-128, 127));
      std::vector<float> scales(rows);
      for (float& scale : scales) scale = random.Uniform();
      const BitMask mask = RandomMask(rows, cols, p, random);
      ASSERT_TRUE(Succeeds(nm_matrix_set_rows_s8(a.get(), 0, rows, w.data(), ld, mask.data(), scales.data())));
      Require(nm_matrix_seal(a.get()));
      std::vector<float> out(rows * cols), back(rows);
      Require(nm_matrix_get_rows_f32(a.get(), 0, rows, out.data(), cols));
      Require(nm_matrix_get_scales(a.get(), 0, rows, back.data()));
      EXPECT_EQ(back, scales);
      for (int64_t i = 0; i < rows * cols; ++i) {
        const int64_t r = i / cols, c = i % cols;
        ASSERT_EQ(out[i], mask.Get(r, c) ? scales[r] * w[r * ld + c] : 0.0f);
      }
    }
  }
}

TEST(S8WeightsTest, Refusals) {
  const int8_t w[8] = {};
  const uint8_t mask[2] = {3, 3}, full[1] = {7};
  const float scales[2] = {1, kInfinity};
  const Handle a = CreateTyped(NM_S8, 2, 4, {2, 4}), f32 = CreateTyped(NM_F32, 2, 4, {2, 4});
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_s8(nullptr, 0, 1, w, 4, mask, scales), {"matrix"}));
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_set_rows_s8(f32.get(), 0, 1, w, 4, mask, scales), {"2", "0"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_s8(a.get(), 0, 1, nullptr, 4, mask, scales), {"w"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_s8(a.get(), 0, 1, w, 3, mask, scales), {"4", "3"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_s8(a.get(), 0, 1, w, 4, nullptr, scales), {"mask"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_s8(a.get(), 0, 1, w, 4, mask, nullptr), {"scales"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_s8(a.get(), 0, 2, w, 4, mask, scales),
                      {"scales", "inf", "row 1"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_s8(a.get(), 1, 2, w, 4, mask, scales), {"rows"}));
  EXPECT_TRUE(Refuses(NM_PATTERN_BREACH, nm_matrix_set_rows_s8(a.get(), 0, 1, w, 4, full, scales), {"row 0"}));
}

TEST(TypedWeightsTest, BytesPerWeight) {
  // Where integers, or pairs of bf16, are multiplied over lane panels or tiles at any batch, these are there beside the
  // row stream.
  const double integers = ActiveIsa() >= NM_ISA_AVX512_VNNI ? 3.25 : 2.0;
  const double pairs = ActiveIsa() >= NM_ISA_AVX512_BF16 ? 5.25 : 3.0;
  for (const auto& [dtype, small, large] :
       {std::tuple{NM_F32, 4.25, 5.0}, {NM_BF16, 2.25, pairs}, {NM_S8, 1.25, integers}}) {
    for (const int32_t workload : {NM_SMALL_BATCH, NM_LARGE_BATCH}) {
      const Handle a = CreateTyped(dtype, 512, 512, {2, 4}, workload);
      int64_t bytes = 0;
      Require(nm_matrix_bytes(a.get(), &bytes));
      const double each = static_cast<double>(bytes) / (512 * 256);
      EXPECT_NEAR(each, workload == NM_SMALL_BATCH ? small : large, 0.05);
    }
  }
}

// A transpose has fp32 weights, of whatever type the source is.
TEST(TypedWeightsTest, TransposeIsFp32) {
  Random random;
  for (const int32_t dtype : {NM_BF16, NM_S8}) {
    for (const int32_t workload : kWorkloads) {
      const int64_t rows = 70, cols = 50;
      const Handle a = CreateTyped(dtype, rows, cols, {2, 4}, workload);
      const Weights weights = RealWeights(rows, cols, {2, 4}, random);
      Require(nm_matrix_set_rows_f32(a.get(), 0, rows, weights.w.data(), cols, weights.mask.data(), 0));
      Require(nm_matrix_seal(a.get()));
      nm_matrix* out = nullptr;
      ASSERT_TRUE(Succeeds(nm_matrix_transpose(a.get(), &out)));
      const Handle t(out);
      std::vector<float> w(rows * cols), wt(rows * cols);
      Require(nm_matrix_get_rows_f32(a.get(), 0, rows, w.data(), cols));
      Require(nm_matrix_get_rows_f32(t.get(), 0, cols, wt.data(), rows));
      for (int64_t i = 0; i < rows * cols; ++i) ASSERT_EQ(w[i], wt[i % cols * rows + i / cols]);
    }
  }
}

}  // namespace
}  // namespace nm4j_test
