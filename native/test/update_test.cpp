/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Optimiser steps with SR-STE against the formulas in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "support/matrix.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/training.h"

namespace nm4j_test {
namespace {

// The formulas, one weight at a time, as torch.optim documents them.
struct Reference {
  double w, first = 0, second = 0;

  void Step(const nm_update& u, double g, bool kept) {
    const double pruned = kept ? 0 : w, lr = u.lr, decay = u.weight_decay, lambda = u.lambda;
    if ((u.flags & NM_MASK_UPDATE) != 0 && !kept) g = 0;
    if (u.placement == NM_IN_GRADIENT) g += lambda * pruned;
    if (u.optimizer == NM_ADAMW) {
      w -= lr * decay * w;
    } else {
      g += decay * w;
    }
    double step;
    if (u.optimizer == NM_SGD) {
      step = g;
      if (u.momentum != 0) {
        first = u.step == 1 ? g : u.momentum * first + (1 - u.dampening) * g;
        step = (u.flags & NM_NESTEROV) != 0 ? g + u.momentum * first : first;
      }
      if (u.placement == NM_OUTSIDE_MOMENTS) step += lambda * pruned;
    } else {
      const double beta1 = u.beta1, beta2 = u.beta2, t = static_cast<double>(u.step);
      first = beta1 * first + (1 - beta1) * g;
      double corrected = second;
      if ((u.flags & NM_FREEZE_SECOND) == 0) {
        second = beta2 * second + (1 - beta2) * g * g;
        corrected = second / (1 - std::pow(beta2, t));
      }
      step = first / (1 - std::pow(beta1, t));
      if (u.placement == NM_OUTSIDE_MOMENTS) step += lambda * pruned;
      step /= std::sqrt(corrected) + u.eps;
    }
    w -= lr * step;
    if (u.placement == NM_DECOUPLED) w -= lr * lambda * pruned;
    if ((u.flags & NM_MASK_UPDATE) != 0 && !kept) w = 0;
  }
};

class UpdateTest : public testing::TestWithParam<std::tuple<int32_t, int32_t>> {
 protected:
  int32_t Optimizer() const { return std::get<0>(GetParam()); }
  int32_t Placing() const { return std::get<1>(GetParam()); }

  // 200 steps, with a new mask at every `refresh`th; the masks are the library's, whose correctness is checked at every
  // step.
  void Compare(Training* t, int64_t refresh = 1) {
    const int32_t flags = t->update.flags;
    t->update.optimizer = Optimizer();
    t->update.placement = Placing();
    t->update.lr = Optimizer() == NM_SGD ? 0.05f : 0.003f;
    t->Draw(random_);
    std::vector<Reference> reference;
    for (int64_t i = 0; i < t->rows * t->cols; ++i) reference.push_back({t->w[i], t->first[i], t->second[i]});
    for (int64_t step = 1; step <= 200; ++step) {
      t->update.step = step;
      t->update.flags = flags | (step % refresh == 0 ? 0 : int32_t{NM_KEEP_MASK});
      t->NewGradient(random_);
      const BitMask before = Copy(t->mask);
      for (int64_t i = 0; i < t->rows * t->cols; ++i) {
        reference[i].Step(t->update, t->grad[i], before.Get(i / t->cols, i % t->cols));
      }
      const int64_t flips = t->Step();
      CheckMasks(*t, before, flips);
      // Each step rounds a few times, relative to weights and steps of about 1; errors do not grow, for momentum and
      // moments forget.
      for (int64_t i = 0; i < t->rows * t->cols; ++i) {
        ASSERT_NEAR(t->w[i], reference[i].w, 1e-6 * step * std::max(1.0, std::fabs(reference[i].w)))
            << "weight " << i << ", step " << step;
      }
    }
  }

  // Groups with a stride are those of the rows that gather them.
  static BitMask ExpectedMask(const Training& t) {
    const int64_t stride = t.update.group_stride, groups = t.rows * stride;
    FloatMatrix gathered(groups, t.cols / stride);
    gathered.Fill([&](int64_t r, int64_t c) { return t.w[r / stride * t.cols + c * stride + r % stride]; });
    const BitMask kept = MagnitudeMask(gathered, {t.update.n, t.update.m});
    BitMask mask(t.rows, t.cols);
    for (int64_t r = 0; r < groups; ++r) {
      for (int64_t c = 0; c < gathered.cols(); ++c) mask.Set(r / stride, c * stride + r % stride, kept.Get(r, c));
    }
    return mask;
  }

  static void CheckMasks(const Training& t, const BitMask& before, int64_t flips) {
    const bool keep = (t.update.flags & NM_KEEP_MASK) != 0;
    ASSERT_TRUE(SameBits(keep ? Copy(before) : ExpectedMask(t), t.mask));
    int64_t distance = 0;
    for (int64_t i = 0; i < t.rows * t.cols; ++i) {
      const bool kept = t.mask.Get(i / t.cols, i % t.cols);
      distance += kept != before.Get(i / t.cols, i % t.cols);
      const float masked = kept ? t.w[i] : t.update.pruned_factor == 0 ? 0.0f : t.update.pruned_factor * t.w[i];
      ASSERT_EQ(masked, t.masked[i]);
    }
    ASSERT_EQ(distance, flips);
  }

  Random random_;
};

TEST_P(UpdateTest, SrSteEqualsTheFormulas) {
  for (const Pattern pattern : {Pattern{2, 4}, {1, 4}, {4, 8}, {3, 5}, {1, 16}}) {
    Training t(3, 77, pattern);
    t.update.lambda = 2e-2f;
    t.update.weight_decay = 1e-2f;
    t.update.momentum = 0.9f;
    Compare(&t);
  }
}

TEST_P(UpdateTest, OtherRules) {
  struct Rule {
    float momentum, dampening, decay, lambda, factor;
    int32_t flags;
  };
  for (const Rule& rule :
       {Rule{0, 0, 0, 0, 0, 0}, Rule{0.8f, 0.3f, 0.01f, -0.01f, 0.25f, 0}, Rule{0.9f, 0, 0.01f, 0.01f, 0, NM_NESTEROV},
        Rule{0.9f, 0, 0.02f, 0, 0, NM_KEEP_MASK}, Rule{0.9f, 0, 0.02f, 0, 0, NM_KEEP_MASK | NM_MASK_UPDATE}}) {
    if (Optimizer() != NM_SGD && (rule.flags & NM_NESTEROV) != 0) continue;
    Training t(2, 50, {2, 4}, Placement::kUnaligned);
    t.update.momentum = rule.momentum;
    t.update.dampening = rule.dampening;
    t.update.weight_decay = rule.decay;
    t.update.lambda = rule.lambda;
    t.update.pruned_factor = rule.factor;
    t.update.flags = rule.flags;
    Compare(&t);
  }
}

TEST_P(UpdateTest, GroupsOfInputChannels) {
  for (const Pattern pattern : {Pattern{2, 4}, {3, 5}}) {
    Training t(2, 9 * 10, pattern);
    t.update.group_stride = 9;
    t.update.lambda = 2e-2f;
    t.update.weight_decay = 1e-2f;
    t.update.momentum = 0.9f;
    Compare(&t);
  }
}

TEST_P(UpdateTest, MasksThatAreRefreshedNowAndThen) {
  Training t(2, 50, {2, 4});
  t.update.lambda = 1e-2f;
  t.update.momentum = 0.9f;
  Compare(&t, 7);
}

// The second phase of STEP.
TEST_P(UpdateTest, FrozenSecondMoments) {
  if (Optimizer() == NM_SGD) return;
  Training t(2, 50, {2, 4});
  for (float& value : t.second) value = 0.5f + random_.Uniform() / 4;
  const std::vector<float> second(t.second.begin(), t.second.end());
  t.update.lambda = 1e-2f;
  t.update.weight_decay = 1e-2f;
  t.update.flags = NM_FREEZE_SECOND;
  Compare(&t);
  EXPECT_TRUE(std::equal(second.begin(), second.end(), t.second.begin()));
}

// lambda = 0 is the straight-through estimator, bit for bit, wherever the term is placed.
TEST_P(UpdateTest, LambdaZeroIsSte) {
  Training a(4, 64, {2, 4}), b(4, 64, {2, 4});
  for (Training* t : {&a, &b}) {
    t->update.optimizer = Optimizer();
    t->update.momentum = 0.9f;
    t->update.weight_decay = 0.01f;
  }
  b.update.placement = Placing();
  Random random;
  a.Draw(random);
  std::copy(a.w.begin(), a.w.end(), b.w.begin());
  std::copy(a.mask.data(), a.mask.data() + 4 * 8, b.mask.data());
  for (int step = 1; step <= 20; ++step) {
    a.update.step = b.update.step = step;
    a.NewGradient(random);
    std::copy(a.grad.begin(), a.grad.end(), b.grad.begin());
    a.Step();
    b.Step();
    ASSERT_EQ(0, std::memcmp(a.w.data(), b.w.data(), 4 * 64 * sizeof(float)));
    ASSERT_EQ(0, std::memcmp(a.first.data(), b.first.data(), 4 * 64 * sizeof(float)));
    ASSERT_EQ(0, std::memcmp(a.second.data(), b.second.data(), 4 * 64 * sizeof(float)));
    ASSERT_EQ(0, std::memcmp(a.masked.data(), b.masked.data(), 4 * 64 * sizeof(float)));
    ASSERT_TRUE(SameBits(a.mask, b.mask));
  }
}

struct UpdateName {
  std::string operator()(const testing::TestParamInfo<std::tuple<int32_t, int32_t>>& info) const {
    constexpr const char* kOptimizers[] = {"Sgd", "Adam", "AdamW"};
    constexpr const char* kPlacements[] = {"InGradient", "OutsideMoments", "Decoupled"};
    return std::string(kOptimizers[std::get<0>(info.param)]) + kPlacements[std::get<1>(info.param)];
  }
};

INSTANTIATE_TEST_SUITE_P(All, UpdateTest,
                         testing::Combine(testing::Values(NM_SGD, NM_ADAM, NM_ADAMW),
                                          testing::Values(NM_IN_GRADIENT, NM_OUTSIDE_MOMENTS, NM_DECOUPLED)),
                         UpdateName());

// As in the authors' code: with weight decay 5e-5 and lambda 2e-4 pruned weights decay (lambda + decay) / decay = 5
// times as fast, wherever SGD takes the term and whatever its momentum: over 50 steps without a gradient, relative to
// what is left, and to first order in that.
TEST(UpdateRuleTest, PrunedWeightsDecayFaster) {
  struct Rule {
    int32_t placement;
    float momentum;
    int32_t flags;
  };
  for (const Rule& rule :
       {Rule{NM_IN_GRADIENT, 0, 0}, Rule{NM_IN_GRADIENT, 0.9f, 0}, Rule{NM_IN_GRADIENT, 0.9f, NM_NESTEROV},
        Rule{NM_OUTSIDE_MOMENTS, 0, 0}, Rule{NM_DECOUPLED, 0, 0}}) {
    Training t(1, 4, {2, 4});
    const float w[4] = {4, 3, 2, 1};
    std::copy(w, w + 4, t.w.begin());
    std::fill(t.grad.begin(), t.grad.end(), 0.0f);
    *t.mask.data() = 3;
    t.update.lr = 1;
    t.update.weight_decay = 5e-5f;
    t.update.lambda = 2e-4f;
    t.update.momentum = rule.momentum;
    t.update.placement = rule.placement;
    t.update.flags = rule.flags;
    for (t.update.step = 1; t.update.step <= 50; ++t.update.step) t.Step();
    const double kept = std::log(t.w[0] / 4.0), pruned = std::log(t.w[3] / 1.0);
    EXPECT_NEAR(pruned / kept, 5.0, 0.1) << rule.placement << ", momentum " << rule.momentum;
  }
}

// For other optimisers: the term alone, in guarded memory, for every tail.
TEST(UpdateRuleTest, SrSteGradient) {
  Random random;
  for (const int64_t cols : {1, 7, 8, 9, 15, 16, 17, 31, 64, 77}) {
    for (const Placement placement : {Placement::kBeforeGuard, Placement::kUnaligned}) {
      Training t(3, cols, {2, 4}, placement);
      t.Draw(random);
      const std::vector<float> before(t.grad.begin(), t.grad.end());
      Require(nm_srste_gradient_rows_f32(t.w.data(), t.mask.data(), 3, cols, 0.5f, t.grad.data(), 1, 3));
      for (int64_t i = 0; i < 3 * cols; ++i) {
        const bool pruned = i >= cols && !t.mask.Get(i / cols, i % cols);
        const double expected = pruned ? before[i] + 0.5 * t.w[i] : before[i];
        ASSERT_NEAR(t.grad[i], expected, pruned ? 2e-7 : 0) << "weight " << i << " of 3 x " << cols;
      }
    }
  }
}

TEST(UpdateRuleTest, SrSteGradientRefuses) {
  Training t(2, 8, {2, 4});
  const auto run = [&](float lambda, float* grad, int64_t begin, int64_t end) {
    return nm_srste_gradient_rows_f32(t.w.data(), t.mask.data(), 2, 8, lambda, grad, begin, end);
  };
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, run(std::nanf(""), t.grad.data(), 0, 2), {"lambda", "nan"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, run(1, t.w.data(), 0, 2), {"w and grad", "overlapping"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, run(1, nullptr, 0, 2), {"grad"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, run(1, t.grad.data(), 1, 3), {"rows", "0 .. 2"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW,
                      nm_srste_gradient_rows_f32(t.w.data(), t.mask.data(), INT64_MAX / 2, 8, 1, t.grad.data(), 0, 2),
                      {std::to_string(INT64_MAX / 2)}));
}

// Rows apart, in any order, are the whole.
TEST(UpdateRuleTest, RowsMayBeUpdatedApart) {
  Random random;
  Training a(5, 2100, {2, 4}), b(5, 2100, {2, 4});
  a.Draw(random);
  std::copy(a.w.begin(), a.w.end(), b.w.begin());
  std::copy(a.grad.begin(), a.grad.end(), b.grad.begin());
  std::copy(a.mask.data(), a.mask.data() + 5 * a.mask.row_bytes(), b.mask.data());
  const int64_t whole = a.Step();
  int64_t flips = 0, part = 0;
  for (const auto& [begin, end] : {std::pair{3, 5}, {0, 1}, {1, 1}, {1, 3}}) {
    Require(nm_update_rows(&b.update, begin, end, &part));
    flips += part;
  }
  EXPECT_EQ(whole, flips);
  EXPECT_TRUE(std::equal(a.w.begin(), a.w.end(), b.w.begin()));
  EXPECT_TRUE(std::equal(a.bf16.begin(), a.bf16.end(), b.bf16.begin()));
  EXPECT_TRUE(SameBits(a.mask, b.mask));
}

TEST(UpdateRuleTest, TheFullPatternKeepsEverything) {
  Random random;
  for (const Pattern pattern : {Pattern{1, 1}, {4, 4}}) {
    Training t(3, 21, pattern);
    t.Draw(random);
    t.update.lambda = 100;  // acts on nothing
    EXPECT_EQ(0, t.Step());
    for (int64_t i = 0; i < 63; ++i) EXPECT_EQ(t.w[i], t.masked[i]);
  }
}

TEST(UpdateRuleTest, GradientsThatAreNotFiniteChangeNothing) {
  Random random;
  for (const float bad :
       {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    Training t(3, 40, {2, 4});
    t.Draw(random);
    t.grad[40 + 17] = bad;
    const std::vector<float> w(t.w.begin(), t.w.end());
    const BitMask mask = Copy(t.mask);
    t.update.flags = NM_CHECK_GRADIENT;
    int64_t flips;
    EXPECT_TRUE(Refuses(NM_NAN, nm_update_rows(&t.update, 0, 3, &flips), {"grad", "row 1", "column 17"}));
    EXPECT_TRUE(std::equal(w.begin(), w.end(), t.w.begin()));
    EXPECT_TRUE(SameBits(mask, t.mask));
    t.update.flags = 0;
    EXPECT_TRUE(Succeeds(nm_update_rows(&t.update, 0, 3, &flips))) << "unchecked, it spreads into the weight";
    EXPECT_FALSE(std::isfinite(t.w[40 + 17]));
  }
}

// Groups of input channels: the mask of the transposed weights.
TEST(StridedMaskTest, EqualsTheMaskOfGatheredGroups) {
  Random random;
  for (const Pattern pattern : {Pattern{2, 4}, {1, 4}, {4, 8}, {3, 5}, {1, 16}, {8, 16}, {1, 32}}) {
    for (const int64_t stride : {int64_t{1}, int64_t{2}, int64_t{9}, int64_t{25}, int64_t{49}}) {
      for (const int64_t channels : {1, 3, 4, 16, 37}) {
        const int64_t rows = 3, cols = channels * stride;
        FloatMatrix w(rows, cols), gathered(rows * stride, channels);
        w.Fill([&](int64_t, int64_t) { return random.SmallInteger(); });  // with ties
        gathered.Fill([&](int64_t r, int64_t c) { return w(r / stride, c * stride + r % stride); });
        const BitMask expected = MagnitudeMask(gathered, pattern);
        BitMask mask(rows, cols);
        ASSERT_TRUE(Succeeds(
            nm_mask_magnitude_strided_f32(w.data(), rows, cols, pattern.n, pattern.m, stride, 0, mask.data())));
        for (int64_t r = 0; r < rows; ++r) {
          for (int64_t c = 0; c < cols; ++c) {
            ASSERT_EQ(mask.Get(r, c), expected.Get(r * stride + c % stride, c / stride))
                << pattern.n << ":" << pattern.m;
          }
        }
      }
    }
  }
}

TEST(StridedMaskTest, NanIsFound) {
  FloatMatrix w(2, 18);
  w.Fill([](int64_t, int64_t) { return 1.0f; });
  w(1, 11) = std::nanf("");
  BitMask mask(2, 18);
  EXPECT_TRUE(
      Refuses(NM_NAN, nm_mask_magnitude_strided_f32(w.data(), 2, 18, 1, 2, 9, 0, mask.data()), {"row 1", "column 11"}));
  EXPECT_TRUE(Succeeds(nm_mask_magnitude_strided_f32(w.data(), 2, 18, 1, 2, 9, NM_ALLOW_NAN, mask.data())));
  EXPECT_TRUE(mask.Get(1, 11));
  EXPECT_FALSE(mask.Get(1, 2));
}

// Where there are no weights their number in a row is not limited by memory.
TEST(StridedMaskTest, NoRowsOfAnyLength) {
  constexpr int64_t kLong = int64_t{1} << 62;
  EXPECT_TRUE(Succeeds(nm_mask_magnitude_strided_f32(nullptr, 0, kLong, 2, 4, kLong, 0, nullptr)));
  Training t(0, 8, {2, 4});
  t.update.cols = t.update.group_stride = kLong;
  EXPECT_EQ(t.Step(), 0);
}

TEST(UpdateNoStepTest, MasksAndCopiesOnly) {
  Random random;
  Training t(3, 21, {2, 4});
  t.Draw(random);
  t.w[0] = -0.0f;
  const std::vector<float> w(t.w.begin(), t.w.end());
  std::fill(t.mask.data(), t.mask.data() + 9, uint8_t{0});
  t.update.grad = nullptr;
  t.update.first = nullptr;
  t.update.momentum = 0.9f;
  t.update.flags = NM_NO_STEP;
  EXPECT_EQ(3 * (5 * 2 + 1), t.Step()) << "from nothing to the magnitude mask";
  for (int64_t i = 0; i < 3 * 21; ++i) {
    EXPECT_EQ(0, std::memcmp(&w[i], &t.w[i], sizeof(float)));
    EXPECT_EQ(t.mask.Get(i / 21, i % 21) ? w[i] : 0.0f, t.masked[i]);
  }
  t.w[1] = 100;
  t.update.flags = NM_NO_STEP | NM_KEEP_MASK;
  EXPECT_EQ(0, t.Step());
}

TEST(CheckFiniteTest, NamesTheFirst) {
  float x[] = {1, 2, NAN, 3, 4, INFINITY};
  EXPECT_TRUE(Succeeds(nm_check_finite_f32(x, 2, 2, 3))) << "what is between rows does not count";
  EXPECT_TRUE(Refuses(NM_NAN, nm_check_finite_f32(x, 2, 3, 3), {"x: ", "nan", "row 0, column 2"}));
  x[2] = -3.4e38f;
  EXPECT_TRUE(Refuses(NM_NAN, nm_check_finite_f32(x, 2, 3, 3), {"inf", "row 1, column 2"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_check_finite_f32(nullptr, 1, 1, 1), {"x", "NULL"}));
  EXPECT_TRUE(Succeeds(nm_check_finite_f32(nullptr, 0, 3, 3)));
}

TEST(MaskDistanceTest, CountsBits) {
  Random random;
  for (const int64_t cols : {0, 1, 7, 8, 9, 63, 64, 65, 200}) {
    BitMask a(3, cols), b(3, cols);
    int64_t expected = 0;
    for (int64_t i = 0; i < 3 * cols; ++i) {
      const bool x = random.Chance(0.5), y = random.Chance(0.5);
      a.Set(i / cols, i % cols, x);
      b.Set(i / cols, i % cols, y);
      expected += x != y;
    }
    if (cols % 8 != 0) a.Row(0)[cols / 8] |= 0x80;  // a spare bit
    int64_t bits = -1;
    ASSERT_TRUE(Succeeds(nm_mask_distance(a.data(), b.data(), 3, cols, &bits)));
    EXPECT_EQ(bits, expected);
  }
  int64_t bits;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_distance(nullptr, nullptr, 1, 8, &bits), {"a"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_distance(nullptr, nullptr, -1, 8, &bits), {"-1"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_distance(nullptr, nullptr, 0, 8, nullptr), {"bits"}));
}

class UpdateArgumentsTest : public testing::Test {
 protected:
  UpdateArgumentsTest() : t(2, 8, {2, 4}) { t.Draw(random_); }
  testing::AssertionResult Refused(int32_t status, std::initializer_list<std::string> words) {
    int64_t flips;
    return Refuses(status, nm_update_rows(&t.update, 0, 2, &flips), words);
  }
  Random random_;
  Training t;
};

TEST_F(UpdateArgumentsTest, Null) {
  int64_t flips;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_update_rows(nullptr, 0, 2, &flips), {"update"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_update_rows(&t.update, 0, 2, nullptr), {"flips"}));
  t.update.masked = nullptr;
  t.update.masked_bf16 = nullptr;
  t.update.first = t.update.second = nullptr;
  EXPECT_TRUE(Succeeds(nm_update_rows(&t.update, 0, 2, &flips))) << "SGD without momentum needs none of them";
  t.update.momentum = 0.9f;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"first", "NULL"}));
  t.update.first = t.first.data();
  t.update.optimizer = NM_ADAM;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"second", "NULL"}));
  t.update.mask = nullptr;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"mask", "NULL"}));
}

TEST_F(UpdateArgumentsTest, Enums) {
  t.update.optimizer = 3;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"optimizer", "3"}));
  t.update.optimizer = NM_SGD;
  t.update.placement = -1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"placement", "-1"}));
  t.update.placement = 0;
  for (const auto& [flags, word] : {std::pair{64, "64"},
                                    {int{NM_MASK_UPDATE}, "NM_KEEP_MASK"},
                                    {int{NM_NESTEROV}, "momentum"},
                                    {int{NM_FREEZE_SECOND}, "SGD"}}) {
    t.update.flags = flags;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {word})) << nm_last_error();
  }
  t.update.optimizer = NM_ADAM;
  t.update.flags = NM_NESTEROV;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"NM_NESTEROV"}));
}

TEST_F(UpdateArgumentsTest, Numbers) {
  const float nan = std::nanf("");
  for (float nm_update::*number : {&nm_update::lr, &nm_update::weight_decay, &nm_update::lambda, &nm_update::momentum,
                                   &nm_update::dampening, &nm_update::pruned_factor}) {
    const float before = t.update.*number;
    t.update.*number = nan;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"nan"}));
    t.update.*number = before;
  }
  t.update.step = 0;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"step", "0"}));
  t.update.step = 1;
  t.update.optimizer = NM_ADAMW;
  t.update.beta1 = 1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"beta1", "1"}));
  t.update.beta1 = 0.9f;
  t.update.beta2 = -0.1f;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"beta2", "-0.1"}));
  t.update.beta2 = 0.9f;
  t.update.eps = -1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"eps", "-1"}));
}

TEST_F(UpdateArgumentsTest, Shapes) {
  int64_t flips;
  t.update.n = 5;
  EXPECT_TRUE(Refused(NM_INVALID_PATTERN, {"5:4"}));
  t.update.n = 2;
  for (const int64_t stride : {0, 3, -1, 16}) {
    t.update.group_stride = stride;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"group_stride", "8", std::to_string(stride)}));
  }
  t.update.group_stride = 1;
  for (const auto& [begin, end] : {std::pair{-1, 1}, {1, 0}, {0, 3}}) {
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_update_rows(&t.update, begin, end, &flips), {"rows", "0 .. 2"}));
  }
  t.update.rows = -1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"-1"}));
  t.update.rows = INT64_MAX / 2;
  EXPECT_TRUE(Refused(NM_OVERFLOW, {std::to_string(INT64_MAX / 2)}));
}

TEST_F(UpdateArgumentsTest, Overlap) {
  t.update.momentum = 0.9f;
  t.update.grad = t.w.data();
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"w and grad", "overlapping"}));
  t.update.grad = t.grad.data();
  t.update.first = t.grad.data();
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"grad and first", "overlapping"}));
  t.update.first = t.first.data();
  t.update.masked = t.w.data();
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"w and masked", "overlapping"}));
  t.update.masked = nullptr;
  t.update.mask = reinterpret_cast<uint8_t*>(t.w.data()) + 3;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"mask and w", "overlapping"}));
}

}  // namespace
}  // namespace nm4j_test
