/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Optimiser steps with masks of every kind: the step itself is that with the mask kept, and the mask is that of the
// function of its own, whose correctness other tests show.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "support/matrix.h"
#include "support/random.h"
#include "support/status.h"
#include "support/training.h"

namespace nm4j_test {
namespace {

struct Kind {
  int32_t kind;
  Pattern pattern;
  int32_t v;
  int64_t height;  // rows whose masks depend on each other
};
constexpr Kind kKinds[] = {
    {NM_MASK_MAGNITUDE, {2, 4}, 0, 1},     {NM_MASK_TRANSPOSABLE, {2, 4}, 0, 4}, {NM_MASK_TRANSPOSABLE, {4, 8}, 0, 8},
    {NM_MASK_TRANSPOSABLE, {1, 3}, 0, 3},  {NM_MASK_VNM, {2, 8}, 3, 3},          {NM_MASK_VNM, {1, 5}, 64, 64},
    {NM_MASK_VNM, {2, 16}, 1 << 30, 1000}, {NM_MASK_RANDOM, {2, 4}, 0, 1},       {NM_MASK_RANDOM, {3, 10}, 0, 1},
    {NM_MASK_SCORES, {1, 4}, 0, 1},        {NM_MASK_SCORES, {4, 16}, 0, 1},      {NM_MASK_SCALED, {2, 4}, 0, 1},
    {NM_MASK_SCALED, {5, 7}, 0, 1}};

class UpdateKinds {
 public:
  UpdateKinds(const Kind& kind, int64_t rows, int64_t channels, int64_t stride)
      : kind_(kind),
        t(rows, channels * stride, kind.pattern),
        scores_(kind.kind == NM_MASK_SCORES ? rows * t.cols : t.cols) {
    t.update.group_stride = stride;
    t.update.momentum = 0.9f;
    t.update.lambda = 0.01f;
    t.Draw(random_);
    for (float& score : scores_) score = static_cast<float>(random_.Int(-9, 9));
    t.update.mask_kind = kind.kind;
    t.update.mask_v = kind.v;
    t.update.mask_seed = random_.Int(INT64_MIN, INT64_MAX);
    t.update.scores = scores_.data();
  }

  // The mask of every stride-th element, whatever makes it; then where those elements are.
  BitMask Expected() const {
    const int64_t stride = t.update.group_stride, channels = t.cols / stride;
    BitMask expected(t.rows, t.cols);
    for (int64_t position = 0; position < stride; ++position) {
      FloatMatrix w(t.rows, channels);
      w.Fill([&](int64_t r, int64_t c) { return Deciding(r, c * stride + position); });
      BitMask mask(t.rows, channels);
      if (kind_.kind == NM_MASK_RANDOM) {
        for (int64_t r = 0; r < t.rows; ++r) {
          Require(nm_mask_random(1, channels, t.update.n, t.update.m, t.update.mask_seed, r * stride + position,
                                 mask.Row(r)));
        }
      } else {
        Require(Make(w, mask.data()));
      }
      for (int64_t i = 0; i < t.rows * channels; ++i) {
        expected.Set(i / channels, i % channels * stride + position, mask.Get(i / channels, i % channels));
      }
    }
    return expected;
  }

  // A step in parts that end at multiples of the height.
  void Step(Random& random) {
    int64_t flips = 0;
    for (int64_t from = 0; from < t.rows;) {
      const int64_t to = std::min(t.rows, from + kind_.height * random.Int(1, 3));
      int64_t some = -1;
      ASSERT_TRUE(Succeeds(nm_update_rows(&t.update, from, to, &some)));
      flips += some;
      from = to;
    }
    flips_ = flips;
  }

  int64_t flips() const { return flips_; }
  std::vector<float>& scores() { return scores_; }

 private:
  float Deciding(int64_t r, int64_t c) const {
    if (kind_.kind == NM_MASK_SCORES) return scores_[static_cast<size_t>(r * t.cols + c)];
    const float w = t.w[r * t.cols + c];
    return kind_.kind == NM_MASK_SCALED ? w * scores_[static_cast<size_t>(c)] : w;
  }
  int32_t Make(const FloatMatrix& w, uint8_t* mask) const {
    const int32_t n = t.update.n, m = t.update.m;
    switch (kind_.kind) {
      case NM_MASK_TRANSPOSABLE:
        return nm_mask_transposable_f32(w.data(), w.rows(), w.cols(), w.ld(), n, m, 0, mask);
      case NM_MASK_VNM:
        return nm_mask_vnm_f32(w.data(), w.rows(), w.cols(), w.ld(), kind_.v, n, m, 0, mask);
      case NM_MASK_SCORES:
        return nm_mask_scores_f32(w.data(), w.rows(), w.cols(), w.ld(), n, m, 0, mask);
      default:
        return nm_mask_magnitude_f32(w.data(), w.rows(), w.cols(), w.ld(), n, m, 0, mask);
    }
  }

  Random random_;
  const Kind kind_;
  int64_t flips_ = 0;

 public:
  Training t;

 private:
  std::vector<float> scores_;
};

TEST(UpdateKindsTest, StepAndMaskEqualThoseMadeApart) {
  Random random;
  for (const Kind& kind : kKinds) {
    // Several strips of columns, and blocks that end early in both directions.
    for (const auto& [rows, channels, stride] : {std::tuple{13, 77, 1}, {67, 2101, 1}, {9, 22, 9}, {5, 130, 25}}) {
      SCOPED_TRACE(std::to_string(kind.kind) + " of " + std::to_string(kind.pattern.n) + ":" +
                   std::to_string(kind.pattern.m) + ", " + std::to_string(rows) + " x " + std::to_string(channels) +
                   " x " + std::to_string(stride));
      UpdateKinds made(kind, rows, channels, stride), kept(kind, rows, channels, stride);
      kept.t.update.flags = NM_KEEP_MASK;
      for (int64_t step = 1; step <= 3; ++step) {
        made.t.update.step = kept.t.update.step = step;
        made.t.NewGradient(random);
        std::copy(made.t.grad.begin(), made.t.grad.end(), kept.t.grad.begin());
        kept.Step(random);
        ASSERT_EQ(0, kept.flips());
        made.Step(random);
        ASSERT_EQ(0, std::memcmp(kept.t.w.data(), made.t.w.data(), sizeof(float) * made.t.w.size()));
        ASSERT_EQ(0, std::memcmp(kept.t.first.data(), made.t.first.data(), sizeof(float) * made.t.first.size()));
        const BitMask expected = made.Expected();
        ASSERT_TRUE(SameBits(expected, made.t.mask));
        int64_t flips = 0;
        for (int64_t i = 0; i < rows * made.t.cols; ++i) {
          const int64_t r = i / made.t.cols, c = i % made.t.cols;
          flips += expected.Get(r, c) != kept.t.mask.Get(r, c);
          ASSERT_EQ(made.t.masked[i], expected.Get(r, c) ? made.t.w[i] : 0.0f);
        }
        ASSERT_EQ(flips, made.flips());
        std::memcpy(kept.t.mask.data(), expected.data(), static_cast<size_t>(rows * expected.row_bytes()));
      }
    }
  }
}

TEST(UpdateKindsTest, TheFullPatternKeepsEverything) {
  for (const Kind& kind : kKinds) {
    UpdateKinds made({kind.kind, {1, 1}, 0, 1}, 3, 21, 1);
    Random random;
    std::fill(made.t.mask.data(), made.t.mask.data() + 9, uint8_t{0});
    made.t.update.scores = nullptr;
    made.Step(random);
    EXPECT_EQ(63, made.flips()) << kind.kind;
  }
}

class UpdateKindsArgumentsTest : public testing::Test {
 protected:
  UpdateKindsArgumentsTest() : made({NM_MASK_MAGNITUDE, {2, 8}, 0, 1}, 12, 24, 1) {}
  testing::AssertionResult Refused(int32_t status, std::initializer_list<std::string> words, int64_t from = 0,
                                   int64_t to = 12) {
    int64_t flips;
    return Refuses(status, nm_update_rows(&made.t.update, from, to, &flips), words);
  }
  UpdateKinds made;
};

TEST_F(UpdateKindsArgumentsTest, Kinds) {
  for (const int32_t kind : {-1, 6}) {
    made.t.update.mask_kind = kind;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"mask_kind", std::to_string(kind)}));
  }
  made.t.update.mask_kind = NM_MASK_VNM;
  EXPECT_TRUE(Refused(NM_INVALID_PATTERN, {"0:2:8"}));
  made.t.update.mask_v = 4;
  made.t.update.n = 5;
  EXPECT_TRUE(Refused(NM_INVALID_PATTERN, {"4:5:8"}));
}

TEST_F(UpdateKindsArgumentsTest, Scores) {
  for (const int32_t kind : {NM_MASK_SCORES, NM_MASK_SCALED}) {
    made.t.update.mask_kind = kind;
    made.t.update.scores = nullptr;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"scores", "NULL"}));
    made.t.update.scores = made.t.w.data() + 24;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"w and scores", "overlapping"}));
    made.t.update.flags = NM_KEEP_MASK;
    int64_t flips;
    EXPECT_TRUE(Succeeds(nm_update_rows(&made.t.update, 0, 12, &flips))) << "not looked at";
    made.t.update.flags = 0;
  }
}

TEST_F(UpdateKindsArgumentsTest, BlocksOfRowsStayWhole) {
  made.t.update.mask_kind = NM_MASK_TRANSPOSABLE;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"rows", "multiples of 8", "4 .. 12"}, 4));
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"rows", "multiples of 8", "0 .. 9"}, 0, 9));
  made.t.update.mask_kind = NM_MASK_VNM;
  made.t.update.mask_v = 5;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"rows", "multiples of 5", "8 .. 12"}, 8));
  int64_t flips;
  EXPECT_TRUE(Succeeds(nm_update_rows(&made.t.update, 10, 12, &flips)));
  made.t.update.flags = NM_KEEP_MASK;
  EXPECT_TRUE(Succeeds(nm_update_rows(&made.t.update, 3, 4, &flips)));
}

}  // namespace
}  // namespace nm4j_test
