/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Masks by scores and by chance, soft thresholds, unbiased samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/isa.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

// Columns of the group from `first` on, by descending score, NaN first, ties by column.
template <typename Score>
std::vector<int64_t> Ranked(int64_t cols, int64_t first, int32_t m, Score score) {
  std::vector<int64_t> columns(static_cast<size_t>(std::min<int64_t>(m, cols - first)));
  std::iota(columns.begin(), columns.end(), first);
  std::stable_sort(columns.begin(), columns.end(), [&](int64_t a, int64_t b) {
    const float x = score(a), y = score(b);
    return std::isnan(x) ? !std::isnan(y) : x > y;
  });
  return columns;
}

template <typename Generate>
void ScoreSweep(int32_t flags, Generate generate) {
  Random random;
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const Placement placement = random.Pick(kPlacements);
    FloatMatrix scores(2, cols, cols + random.Int(0, 3), placement);
    scores.Fill([&](int64_t, int64_t) { return generate(random); });
    scores.buffer().ForbidWrites();
    BitMask expected(2, cols), mask(2, cols, placement);
    std::fill(mask.buffer().begin(), mask.buffer().end(), uint8_t{0xff});
    for (int64_t r = 0; r < 2; ++r) {
      for (int64_t first = 0; first < cols; first += p.m) {
        const auto columns = Ranked(cols, first, p.m, [&](int64_t c) { return scores(r, c); });
        for (int64_t i = 0; i < KeptInGroup(cols, first, p); ++i) expected.Set(r, columns[static_cast<size_t>(i)]);
      }
    }
    ASSERT_TRUE(Succeeds(nm_mask_scores_f32(scores.data(), 2, cols, scores.ld(), p.n, p.m, flags, mask.data())));
    ASSERT_TRUE(SameBits(expected, mask)) << p.n << ":" << p.m << ", " << cols << " columns";
  });
}

TEST(ScoresTest, AnySign) {
  ScoreSweep(0, [](Random& random) { return random.AnyFinite(); });
}

TEST(ScoresTest, NegativeOnly) {
  ScoreSweep(0, [](Random& random) { return -1.0f - std::fabs(random.Uniform()); });
}

TEST(ScoresTest, TiesAndZeros) {
  const float values[] = {0.0f, -0.0f, 1.0f, -1.0f, kTiniest, -kTiniest};
  ScoreSweep(0, [&](Random& random) { return random.Pick(values); });
}

TEST(ScoresTest, InfinityAndNan) {
  const float values[] = {kInfinity, -kInfinity, kNan, -kNan, 0.0f, kLargest, -kLargest};
  ScoreSweep(NM_ALLOW_NAN, [&](Random& random) { return random.Pick(values); });
}

TEST(ScoresTest, Refusals) {
  FloatMatrix scores(2, 9);
  scores.Fill([](int64_t, int64_t) { return -1.0f; });
  scores(1, 7) = -kNan;
  BitMask mask(2, 9);
  EXPECT_TRUE(Refuses(NM_NAN, nm_mask_scores_f32(scores.data(), 2, 9, 9, 2, 4, 0, mask.data()),
                      {"scores", "row 1", "column 7"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_mask_scores_f32(nullptr, 2, 9, 9, 2, 4, 0, mask.data()), {"scores", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_mask_scores_f32(scores.data(), 2, 9, 9, 0, 4, 0, mask.data()), {"0:4"}));
}

// Philox4x32-10 as its paper gives it.
std::vector<uint32_t> Philox(std::vector<uint32_t> x, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xd2511f53} * x[0], b = uint64_t{0xcd9e8d57} * x[2];
    x = {static_cast<uint32_t>(b >> 32) ^ x[1] ^ key0, static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ x[3] ^ key1, static_cast<uint32_t>(a)};
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return x;
}

// The known answers that its authors publish.
TEST(RandomMaskTest, ThisIsPhilox) {
  EXPECT_EQ(Philox({0, 0, 0, 0}, 0, 0), (std::vector<uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u),
            (std::vector<uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0),
            (std::vector<uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

uint32_t Number(uint64_t group, uint64_t seed, uint32_t i, uint32_t use) {
  return Philox({static_cast<uint32_t>(group), static_cast<uint32_t>(group >> 32), i / 4, use},
                static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32))[i % 4];
}

TEST(RandomMaskTest, EqualsItsDescription) {
  Random random;
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    if (p.m > 5 && (p.m + p.n) % 5 != 0) return;  // a fifth of the longer ones
    const int64_t seed = random.Int(INT64_MIN, INT64_MAX), first_row = random.Int(0, int64_t{1} << 40);
    BitMask mask(3, cols, random.Pick(kPlacements)), expected(3, cols);
    std::fill(mask.buffer().begin(), mask.buffer().end(), uint8_t{0xff});
    const auto groups = static_cast<uint64_t>((cols + p.m - 1) / p.m);
    for (int64_t r = 0; r < 3; ++r) {
      for (uint64_t g = 0; g < groups; ++g) {
        const int64_t first = static_cast<int64_t>(g) * p.m, length = std::min<int64_t>(p.m, cols - first);
        int64_t missing = KeptInGroup(cols, first, p);
        for (int64_t i = 0; i < length; ++i) {
          const uint64_t number = Number(static_cast<uint64_t>(first_row + r) * groups + g, static_cast<uint64_t>(seed),
                                         static_cast<uint32_t>(i), 1);
          if (static_cast<int64_t>(number * static_cast<uint64_t>(length - i) >> 32) >= missing) continue;
          expected.Set(r, first + i);
          --missing;
        }
        ASSERT_EQ(missing, 0);
      }
    }
    ASSERT_TRUE(Succeeds(nm_mask_random(3, cols, p.n, p.m, seed, first_row, mask.data())));
    ASSERT_TRUE(SameBits(expected, mask));
    for (int64_t r = 0; r < 3; ++r) {
      BitMask row(1, cols);
      Require(nm_mask_random(1, cols, p.n, p.m, seed, first_row + r, row.data()));
      ASSERT_TRUE(std::equal(row.data(), row.data() + row.row_bytes(), mask.Row(r)));
    }
  });
}

// Chi-square of the six choices of 2:4 among 30000 groups, fixed seed: 5 degrees of freedom, 20.5 is exceeded once in a
// thousand seeds.
TEST(RandomMaskTest, ChoicesAreEquallyLikely) {
  BitMask mask(300, 400);
  Require(nm_mask_random(300, 400, 2, 4, 2021, 0, mask.data()));
  int64_t counts[16] = {};
  for (int64_t r = 0; r < 300; ++r) {
    for (int64_t i = 0; i < 50; ++i) {
      ++counts[mask.Row(r)[i] & 15];
      ++counts[mask.Row(r)[i] >> 4];
    }
  }
  double chi_square = 0;
  for (const int choice : {3, 5, 6, 9, 10, 12})
    chi_square += std::pow(static_cast<double>(counts[choice]) - 5000, 2) / 5000;
  EXPECT_LT(chi_square, 20.5);
}

TEST(RandomMaskTest, Refusals) {
  BitMask mask(2, 8);
  EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_mask_random(2, 8, 4, 4, 1, 0, mask.data()), {"4:4"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_random(2, 8, 2, 4, 1, -1, mask.data()), {"first_row", "-1"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_random(2, 8, 2, 4, 1, 0, nullptr), {"mask", "NULL"}));
  EXPECT_TRUE(Succeeds(nm_mask_random(0, 8, 2, 4, 1, INT64_MAX, nullptr)));
  EXPECT_TRUE(Succeeds(nm_mask_random(2, 8, 2, 4, 1, INT64_MAX, mask.data())));
}

TEST(SoftThresholdTest, EqualsTheFormula) {
  Random random;
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const Placement placement = random.Pick(kPlacements);
    const bool ties = random.Chance(0.3);
    FloatMatrix w(2, cols, cols + random.Int(0, 3), placement), out(2, cols, cols + random.Int(0, 3), placement);
    w.Fill([&](int64_t, int64_t) { return ties ? static_cast<float>(random.Int(-2, 2)) : random.Uniform(); });
    w.buffer().ForbidWrites();
    ASSERT_TRUE(Succeeds(nm_soft_threshold_f32(w.data(), 2, cols, w.ld(), p.n, p.m, 1.25f, out.data(), out.ld())));
    for (int64_t r = 0; r < 2; ++r) {
      for (int64_t first = 0; first < cols; first += p.m) {
        const auto ranked = Ranked(cols, first, p.m, [&](int64_t c) { return std::fabs(w(r, c)); });
        const auto n = static_cast<size_t>(p.n);
        const float t = ranked.size() > n ? std::fabs(w(r, ranked[n])) : 0.0f;
        for (const int64_t c : ranked) {
          const float soft = std::copysign(std::max(std::fabs(w(r, c)) - t, 0.0f), w(r, c));
          ASSERT_EQ(1.25f * soft, out(r, c)) << p.n << ":" << p.m << ", column " << c << " of " << cols;
        }
      }
    }
  });
}

TEST(SoftThresholdTest, TheScaleBringsItNearest) {
  Random random;
  for (const Pattern p : {Pattern{2, 4}, {1, 4}, {4, 8}, {3, 5}}) {
    FloatMatrix w(7, 1501, 1503), soft(7, 1501);
    w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
    double scale = 0, dot = 0, square = 0;
    Require(nm_soft_threshold_f32(w.data(), 7, 1501, 1503, p.n, p.m, 1, soft.data(), 1501));
    ASSERT_TRUE(Succeeds(nm_soft_threshold_scale_f32(w.data(), 7, 1501, 1503, p.n, p.m, &scale)));
    for (int64_t r = 0; r < 7; ++r) {
      for (int64_t c = 0; c < 1501; ++c) {
        dot += static_cast<double>(w(r, c)) * soft(r, c);
        square += static_cast<double>(soft(r, c)) * soft(r, c);
      }
    }
    EXPECT_NEAR(scale, dot / square, 1e-12);
  }
}

// What the authors find for normal weights at 2:4: about 1.48.
TEST(SoftThresholdTest, TheScaleOfNormalWeights) {
  Random random;
  std::normal_distribution<float> normal;
  FloatMatrix w(100, 2000);
  w.Fill([&](int64_t, int64_t) { return normal(random.engine()); });
  double scale = 0;
  Require(nm_soft_threshold_scale_f32(w.data(), 100, 2000, 2000, 2, 4, &scale));
  EXPECT_NEAR(scale, 1.484, 0.02);
}

TEST(SoftThresholdTest, SpecialValuesAndRefusals) {
  FloatMatrix w(2, 8), out(2, 8);
  w.Fill([](int64_t, int64_t c) { return c % 2 == 0 ? 0.0f : -0.0f; });
  double scale = 0;
  Require(nm_soft_threshold_scale_f32(w.data(), 2, 8, 8, 2, 4, &scale));
  EXPECT_EQ(scale, 1.0);
  Require(nm_soft_threshold_f32(w.data(), 2, 8, 8, 2, 4, 3, out.data(), 8));
  EXPECT_EQ(out(1, 1), 0.0f);
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    w(1, 6) = bad;
    EXPECT_TRUE(
        Refuses(NM_NAN, nm_soft_threshold_f32(w.data(), 2, 8, 8, 2, 4, 1, out.data(), 8), {"w", "row 1", "column 6"}));
    EXPECT_TRUE(Refuses(NM_NAN, nm_soft_threshold_scale_f32(w.data(), 2, 8, 8, 2, 4, &scale), {"row 1", "column 6"}));
  }
  w(1, 6) = kLargest;
  EXPECT_TRUE(Succeeds(nm_soft_threshold_f32(w.data(), 2, 8, 8, 2, 4, 1, out.data(), 8)));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_soft_threshold_f32(w.data(), 2, 8, 8, 2, 4, kNan, out.data(), 8),
                      {"scale", "nan"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_soft_threshold_f32(w.data(), 2, 8, 8, 2, 4, 1, w.data(), 8), {"w and out"}));
  EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_soft_threshold_f32(w.data(), 2, 8, 8, 4, 4, 1, out.data(), 8), {"4:4"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_soft_threshold_scale_f32(w.data(), 2, 8, 8, 2, 4, nullptr), {"scale"}));
  EXPECT_TRUE(Succeeds(nm_soft_threshold_f32(nullptr, 0, 8, 8, 2, 4, 1, nullptr, 8)));
}

// The probabilities of least variance, from their definition: min(1, c |g|) with the c that makes their sum n, found by
// bisection.
std::vector<double> Inclusion(const std::vector<float>& group, int32_t n) {
  std::vector<double> p(group.size());
  const auto positive = std::count_if(group.begin(), group.end(), [](float g) { return g != 0; });
  if (positive <= n) {
    std::transform(group.begin(), group.end(), p.begin(), [](float g) { return g != 0 ? 1.0 : 0.0; });
    return p;
  }
  double low = 0, high = 1;
  const auto sum = [&](double c) {
    double all = 0;
    for (size_t i = 0; i < p.size(); ++i) all += p[i] = std::min(1.0, c * std::fabs(static_cast<double>(group[i])));
    return all;
  };
  while (sum(high) < n) high *= 2;
  for (int i = 0; i < 200; ++i) (sum((low + high) / 2) < n ? low : high) = (low + high) / 2;
  sum(high);
  return p;
}

void Sample(const FloatMatrix& g, Pattern p, int64_t seed, const FloatMatrix& out, uint8_t* mask = nullptr) {
  Require(nm_sample_f32(g.data(), g.rows(), g.cols(), g.ld(), p.n, p.m, seed, 0, out.data(), out.ld(), mask));
}

// Each group keeps exactly n (or all non-zeros), each divided by its probability.
TEST(SampleTest, KeepsExactlyN) {
  Random random;
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const Placement placement = random.Pick(kPlacements);
    FloatMatrix g(2, cols, cols + random.Int(0, 3), placement), out(2, cols, cols + random.Int(0, 3), placement);
    const double zeros = random.Chance(0.5) ? 0.0 : 0.6;
    g.Fill([&](int64_t, int64_t) {
      return random.Chance(zeros) ? -0.0f : random.Uniform() * std::exp(4 * random.Uniform());
    });
    g.buffer().ForbidWrites();
    BitMask mask(2, cols, placement);
    Sample(g, p, random.Int(INT64_MIN, INT64_MAX), out, mask.data());
    for (int64_t r = 0; r < 2; ++r) {
      for (int64_t first = 0; first < cols; first += p.m) {
        const std::vector<float> group(g.Row(r) + first, g.Row(r) + std::min<int64_t>(first + p.m, cols));
        const auto inclusion = Inclusion(group, p.n);
        int64_t kept = 0;
        for (size_t i = 0; i < group.size(); ++i) {
          const float value = out(r, first + static_cast<int64_t>(i));
          ASSERT_TRUE(value == 0 || mask.Get(r, first + static_cast<int64_t>(i)));
          if (value == 0) continue;
          ++kept;
          ASSERT_NEAR(value, group[i] / inclusion[i], 1e-5 * std::fabs(group[i] / inclusion[i]))
              << p.n << ":" << p.m << ", column " << first << " + " << i;
        }
        const auto positive = std::count_if(group.begin(), group.end(), [](float x) { return x != 0; });
        ASSERT_EQ(kept, std::min<int64_t>(p.n, positive)) << p.n << ":" << p.m << " of " << cols;
        ASSERT_EQ(mask.CountInGroup(r, first, p.m), KeptInGroup(cols, first, p));
      }
    }
  });
}

// 40000 samples of the same groups, fixed seeds: frequencies and means within 5 standard deviations of p and g.
TEST(SampleTest, IsUnbiased) {
  constexpr int64_t kDraws = 40000;
  struct Case {
    Pattern pattern;
    std::vector<float> group;
  };
  for (const Case& c :
       {Case{{1, 2}, {3, -1}}, Case{{1, 2}, {0.001f, 5}}, Case{{2, 4}, {1, -2, 3, 4}}, Case{{2, 4}, {10, 1, -1, 1}},
        Case{{2, 4}, {-1, 1, 1, 1}}, Case{{2, 4}, {100, 50, 1, -1}}, Case{{1, 4}, {1, 2, -3, 4}},
        Case{{4, 8}, {9, -8, 1, 1, 2, 3, -0.5f, 0.25f}}, Case{{3, 5}, {1, 1, 1, 1, 1}}}) {
    const auto m = static_cast<int64_t>(c.group.size());
    FloatMatrix g(kDraws / 100, 100 * m), out(kDraws / 100, 100 * m);
    g.Fill([&](int64_t, int64_t col) { return c.group[static_cast<size_t>(col % m)]; });
    Sample(g, c.pattern, 20220321, out);
    const auto inclusion = Inclusion(c.group, c.pattern.n);
    for (int64_t i = 0; i < m; ++i) {
      const double p = inclusion[static_cast<size_t>(i)], value = c.group[static_cast<size_t>(i)];
      double sum = 0, hits = 0;
      for (int64_t draw = 0; draw < kDraws; ++draw) {
        const float sampled = out(draw / 100, draw % 100 * m + i);
        sum += sampled;
        hits += sampled != 0;
      }
      const double spread = std::sqrt(p * (1 - p) / kDraws);
      EXPECT_NEAR(hits / kDraws, p, 5 * spread + 1e-9) << c.pattern.n << ":" << c.pattern.m << ", number " << i;
      EXPECT_NEAR(sum / kDraws, value, 5 * spread * std::fabs(value) / p + 1e-6 * std::fabs(value));
    }
  }
}

// Neighbouring groups and seeds are independent: how often both of two keep their first of two equal numbers.
TEST(SampleTest, GroupsAreIndependent) {
  FloatMatrix g(1, 40002), out(1, 40002), other(1, 40002);
  g.Fill([](int64_t, int64_t) { return 1.0f; });
  Sample(g, {1, 2}, 5, out);
  Sample(g, {1, 2}, 6, other);
  double neighbours = 0, seeds = 0;
  for (int64_t i = 0; i < 40000; i += 2) {
    neighbours += out(0, i) != 0 && out(0, i + 2) != 0;
    seeds += out(0, i) != 0 && other(0, i) != 0;
  }
  const double spread = 5 * std::sqrt(0.25 * 0.75 / 20000);
  EXPECT_NEAR(neighbours / 20000, 0.25, spread);
  EXPECT_NEAR(seeds / 20000, 0.25, spread);
}

TEST(SampleTest, NumbersComeFromTheDocumentedPlace) {
  FloatMatrix g(3, 10), out(3, 10);
  g.Fill([](int64_t, int64_t) { return 1.0f; });
  const int64_t seed = 0x123456789abcdefLL, first_row = int64_t{1} << 33;
  Require(nm_sample_f32(g.data(), 3, 10, 10, 1, 2, seed, first_row, out.data(), 10, nullptr));
  for (int64_t r = 0; r < 3; ++r) {
    for (int64_t group = 0; group < 5; ++group) {
      const uint64_t number = static_cast<uint64_t>((first_row + r) * 5 + group);
      const double u = ((Number(number, static_cast<uint64_t>(seed), 0, 2) >> 9) + 0.5) / 8388608;
      EXPECT_EQ(out(r, 2 * group + (u < 0.5 ? 0 : 1)), 2.0f) << u;
      EXPECT_EQ(out(r, 2 * group + (u < 0.5 ? 1 : 0)), 0.0f) << u;
    }
  }
}

// Any split of rows, and every instruction set, gives the same bits.
TEST(SampleTest, SameBitsHoweverComputed) {
  Random random;
  for (const Pattern p : {Pattern{1, 2}, {2, 4}, {4, 8}, {3, 5}, {16, 32}}) {
    FloatMatrix g(5, 333), whole(5, 333), parts(5, 333), scalar(5, 333);
    g.Fill([&](int64_t, int64_t) { return random.Uniform() * std::exp(8 * random.Uniform()); });
    Sample(g, p, 77, whole);
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{3, 5}, {0, 1}, {1, 3}}) {
      Require(nm_sample_f32(g.Row(begin), end - begin, 333, 333, p.n, p.m, 77, begin, parts.Row(begin), 333, nullptr));
    }
    EXPECT_TRUE(SameBits(whole, parts));
    const IsaLimit limit(NM_ISA_SCALAR);
    Sample(g, p, 77, scalar);
    EXPECT_TRUE(SameBits(whole, scalar)) << p.n << ":" << p.m;
  }
}

TEST(SampleTest, ExtremeMagnitudes) {
  FloatMatrix g(1, 8), out(1, 8);
  const float values[] = {kTiniest, kTiniest, -kTiniest, 0, 0x1p125f, 0x1p125f, -0x1p125f, kTiniest};
  std::copy(values, values + 8, g.data());
  for (int64_t seed = 0; seed < 100; ++seed) {
    Sample(g, {2, 4}, seed, out);
    for (int64_t first = 0; first < 8; first += 4) {
      int kept = 0;
      for (int64_t c = first; c < first + 4; ++c) {
        ASSERT_TRUE(std::isfinite(out(0, c)));
        kept += out(0, c) != 0;
      }
      ASSERT_EQ(kept, 2);
    }
  }
}

TEST(SampleTest, Refusals) {
  FloatMatrix g(2, 8), out(2, 8);
  BitMask mask(2, 8);
  g.Fill([](int64_t, int64_t) { return 1.0f; });
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    g(1, 6) = bad;
    EXPECT_TRUE(Refuses(NM_NAN, nm_sample_f32(g.data(), 2, 8, 8, 2, 4, 1, 0, out.data(), 8, nullptr),
                        {"g", "row 1", "column 4"}));
  }
  g(1, 6) = g(1, 7) = kLargest;
  EXPECT_TRUE(Refuses(NM_NAN, nm_sample_f32(g.data(), 2, 8, 8, 2, 4, 1, 0, out.data(), 8, nullptr), {"inf", "row 1"}));
  g(1, 6) = 1;
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_sample_f32(g.data(), 2, 8, 8, 2, 4, 1, 0, g.data(), 8, nullptr), {"g and out"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT,
              nm_sample_f32(g.data(), 2, 8, 8, 2, 4, 1, 0, out.data(), 8, reinterpret_cast<uint8_t*>(out.data())),
              {"out and mask"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_sample_f32(g.data(), 2, 8, 8, 2, 4, 1, -2, out.data(), 8, nullptr),
                      {"first_row", "-2"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_PATTERN, nm_sample_f32(g.data(), 2, 8, 8, 4, 4, 1, 0, out.data(), 8, nullptr), {"4:4"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_sample_f32(g.data(), 2, 8, 8, 2, 4, 1, 0, nullptr, 8, nullptr), {"out", "NULL"}));
  EXPECT_TRUE(Succeeds(nm_sample_f32(nullptr, 0, 8, 8, 2, 4, 1, 0, nullptr, 8, nullptr)));
}

}  // namespace
}  // namespace nm4j_test
