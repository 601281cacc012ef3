/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Masks by score, random masks, masks of non-zeros, soft thresholds and unbiased samples on the device: the CPU's
// results, which are tested against their definitions there, bit for bit.
#include <gtest/gtest.h>

#include <limits>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"
#include "nm4j/nm4j.h"
#include "support/all_patterns.h"

namespace nm4j_test {
namespace {

template <typename T>
class DeviceSparsifyTest : public DeviceTest {
 protected:
  static std::vector<uint8_t> Full(const HostMatrix<T>& w) {
    return std::vector<uint8_t>(HostMask(w.rows, w.cols).bytes.size(), 0xff);
  }
};

template <typename T>
class DeviceScoresTest : public DeviceSparsifyTest<T> {
 protected:
  void ExpectTheCpusMask(const HostMatrix<T>& w, Pattern p, int64_t offset, int64_t nans, int64_t first) {
    HostMask expected(w.rows, w.cols);
    const std::vector<float> wide = Wide(w);
    ASSERT_EQ(NM_OK,
              nm_mask_scores_f32(wide.data(), w.rows, w.cols, w.cols, p.n, p.m, NM_ALLOW_NAN, expected.bytes.data()));
    const DeviceArray<T> scores(this->stream(), w.data, offset);
    const DeviceArray<uint8_t> mask(this->stream(), this->Full(w), offset);
    const DeviceFindings findings(this->stream());
    ASSERT_TRUE(CudaOk(nm_cuda_mask_scores(this->stream(), kDtype<T>, scores.data(), w.rows, w.cols, w.ld, p.n, p.m,
                                           mask.data(), findings.data())));
    ASSERT_EQ(expected.bytes, mask.Read()) << p.n << ":" << p.m << ", " << w.rows << " x " << w.cols;
    ASSERT_TRUE(findings.Are(nans, first));
  }
};
TYPED_TEST_SUITE(DeviceScoresTest, FloatTypes);

TYPED_TEST(DeviceScoresTest, AllPatternsAndLengths) {
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    this->ExpectTheCpusMask(DrawMatrix<TypeParam>(3, cols, cols + this->random().Int(0, 3), this->random()), p,
                            this->random().Int(0, 3), 0, -1);
  });
}

TYPED_TEST(DeviceScoresTest, SpecialValues) {
  const float values[] = {0.0f, -0.0f, 1.0f, -1.0f, kInfinity, -kInfinity, 65504.0f, -65504.0f, 0x1p-24f, -0x1p-24f};
  for (const int m : {2, 3, 4, 7, 8, 16, 32}) {
    HostMatrix<TypeParam> w(4, 70, 70);
    w.Fill([&] { return this->random().Pick(values); });
    this->ExpectTheCpusMask(w, {(m + 1) / 2, m}, 0, 0, -1);
    w.at(1, 33) = Round<TypeParam>(-kNan);
    w.at(3, 69) = Round<TypeParam>(kNan);
    this->ExpectTheCpusMask(w, {(m + 1) / 2, m}, 0, 2, 70 + 33);
  }
}

template <typename T>
class DeviceNonzeroTest : public DeviceSparsifyTest<T> {};
TYPED_TEST_SUITE(DeviceNonzeroTest, AllTypes);

TYPED_TEST(DeviceNonzeroTest, AllPatternsAndLengths) {
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const int64_t offset = this->random().Int(0, 3);
    HostMatrix<TypeParam> w(3, cols, cols + offset);
    w.Fill([] { return -0.0f; });
    const HostMask some = SparseMask(3, cols, p, this->random());
    for (int64_t i = 0; i < 3 * cols; ++i) {
      if (some.get(i / cols, i % cols)) w.at(i / cols, i % cols) = Round<TypeParam>(this->random().SmallInteger());
    }
    HostMask expected(3, cols);
    const std::vector<float> wide = Wide(w);
    ASSERT_EQ(NM_OK, nm_mask_nonzero_f32(wide.data(), 3, cols, cols, p.n, p.m, 0, expected.bytes.data()));
    const DeviceArray<TypeParam> weights(this->stream(), w.data, offset);
    const DeviceArray<uint8_t> mask(this->stream(), this->Full(w), offset);
    const DeviceFindings findings(this->stream());
    ASSERT_TRUE(CudaOk(nm_cuda_mask_nonzero(this->stream(), kDtype<TypeParam>, weights.data(), 3, cols, w.ld, p.n, p.m,
                                            mask.data(), findings.data())));
    ASSERT_EQ(expected.bytes, mask.Read()) << p.n << ":" << p.m << ", 3 x " << cols;
    ASSERT_TRUE(findings.Are(0, -1));
  });
}

TYPED_TEST(DeviceNonzeroTest, TakesTheLowestOfTooMany) {
  for (const Pattern p : {Pattern{2, 4}, Pattern{2, 5}, Pattern{3, 32}}) {
    HostMatrix<TypeParam> w(2, 70, 70);
    for (int64_t c = 0; c < p.m; ++c) w.at(1, p.m + c) = Round<TypeParam>(1.0f);  // the second group of row 1
    HostMask expected(2, 70);
    for (int64_t r = 0; r < 2; ++r) {
      for (int64_t c = 0; c < 70; ++c) expected.set(r, c, c % p.m < p.n);
    }
    const DeviceArray<TypeParam> weights(this->stream(), w.data);
    const DeviceArray<uint8_t> mask(this->stream(), this->Full(w));
    const DeviceFindings findings(this->stream());
    ASSERT_TRUE(CudaOk(nm_cuda_mask_nonzero(this->stream(), kDtype<TypeParam>, weights.data(), 2, 70, 70, p.n, p.m,
                                            mask.data(), findings.data())));
    EXPECT_EQ(expected.bytes, mask.Read());
    EXPECT_TRUE(findings.Are(1, 70 + p.m));
  }
}

class DeviceRandomTest : public DeviceTest {
 protected:
  void ExpectTheCpusMask(int64_t rows, int64_t cols, Pattern p, int64_t seed, int64_t first_row) {
    HostMask expected(rows, cols);
    ASSERT_EQ(NM_OK, nm_mask_random(rows, cols, p.n, p.m, seed, first_row, expected.bytes.data()));
    const DeviceArray<uint8_t> mask(stream(), std::vector<uint8_t>(expected.bytes.size(), 0xff));
    ASSERT_TRUE(CudaOk(nm_cuda_mask_random(stream(), rows, cols, p.n, p.m, seed, first_row, mask.data())));
    ASSERT_EQ(expected.bytes, mask.Read()) << p.n << ":" << p.m << ", " << rows << " x " << cols;
  }
};

TEST_F(DeviceRandomTest, IsTheCpusMask) {
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    ExpectTheCpusMask(3, cols, p, random().Int(INT64_MIN, INT64_MAX), random().Int(0, INT64_MAX));
  });
  ExpectTheCpusMask(5000, 260, {2, 4}, -1, 0);  // more chunks than threads
  ExpectTheCpusMask(2, 300000, {3, 7}, 5, INT64_MAX);
}

template <typename T>
class DeviceSoftTest : public DeviceSparsifyTest<T> {};
TYPED_TEST_SUITE(DeviceSoftTest, FloatTypes);

TYPED_TEST(DeviceSoftTest, IsTheCpusRounded) {
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const int64_t offset = this->random().Int(0, 3);
    auto w = DrawMatrix<TypeParam>(3, cols, cols + offset, this->random());
    w.at(1, 0) = Round<TypeParam>(-0.0f);
    const std::vector<float> wide = Wide(w);
    std::vector<float> expected(wide.size());
    const float scale = this->random().Chance(0.5) ? 1.0f : 3 * this->random().Uniform();
    ASSERT_EQ(NM_OK, nm_soft_threshold_f32(wide.data(), 3, cols, cols, p.n, p.m, scale, expected.data(), cols));
    const DeviceArray<TypeParam> weights(this->stream(), w.data, offset);
    const DeviceArray<TypeParam> out(this->stream(), std::vector<TypeParam>(wide.size()), offset);
    const DeviceFindings findings(this->stream());
    ASSERT_TRUE(CudaOk(nm_cuda_soft_threshold(this->stream(), kDtype<TypeParam>, weights.data(), 3, cols, w.ld, p.n,
                                              p.m, scale, out.data(), cols, findings.data())));
    const std::vector<TypeParam> results = out.Read();
    for (size_t i = 0; i < results.size(); ++i) {
      ASSERT_TRUE(Same(Round<TypeParam>(expected[i]), results[i]))
          << p.n << ":" << p.m << ", 3 x " << cols << ", " << i;
    }
    ASSERT_TRUE(findings.Are(0, -1));
  });
}

TYPED_TEST(DeviceSoftTest, TheScaleIsTheCpus) {
  for (const Pattern p : {Pattern{2, 4}, Pattern{1, 4}, Pattern{5, 7}, Pattern{9, 32}}) {
    const auto w = DrawMatrix<TypeParam>(70, 901, 905, this->random());
    const std::vector<float> wide = Wide(w);
    double expected = 0;
    ASSERT_EQ(NM_OK, nm_soft_threshold_scale_f32(wide.data(), 70, 901, 901, p.n, p.m, &expected));
    const DeviceArray<TypeParam> weights(this->stream(), w.data);
    const DeviceArray<double> scale(this->stream(), {kNan, kNan});
    const DeviceFindings findings(this->stream());
    for (int64_t i = 0; i < 2; ++i) {
      ASSERT_TRUE(CudaOk(nm_cuda_soft_threshold_scale(this->stream(), kDtype<TypeParam>, weights.data(), 70, 901, 905,
                                                      p.n, p.m, scale.data() + i, findings.data())));
    }
    const std::vector<double> results = scale.Read();
    // 63070 terms each side; the sum of squares has one sign, and so has, for this scale, that of products.
    EXPECT_NEAR(expected, results[0], expected * 63070 * 2 * 0x1p-52);
    EXPECT_TRUE(Same(results[0], results[1]));
    EXPECT_TRUE(findings.Are(0, -1));
  }
}

TYPED_TEST(DeviceSoftTest, FindsWhatIsNotFinite) {
  auto w = DrawMatrix<TypeParam>(6, 50, 53, this->random());
  w.at(2, 49) = Round<TypeParam>(kNan);
  w.at(4, 0) = Round<TypeParam>(-kInfinity);
  const DeviceArray<TypeParam> weights(this->stream(), w.data), out(this->stream(), std::vector<TypeParam>(6 * 50));
  const DeviceArray<double> scale(this->stream(), {0});
  for (const Pattern p : {Pattern{2, 4}, Pattern{3, 5}}) {
    const DeviceFindings soft(this->stream()), sums(this->stream());
    ASSERT_TRUE(CudaOk(nm_cuda_soft_threshold(this->stream(), kDtype<TypeParam>, weights.data(), 6, 50, 53, p.n, p.m,
                                              1.0f, out.data(), 50, soft.data())));
    ASSERT_TRUE(CudaOk(nm_cuda_soft_threshold_scale(this->stream(), kDtype<TypeParam>, weights.data(), 6, 50, 53, p.n,
                                                    p.m, scale.data(), sums.data())));
    EXPECT_TRUE(soft.Are(2, 2 * 50 + 49));
    EXPECT_TRUE(sums.Are(2, 2 * 50 + 49));
  }
}

TYPED_TEST(DeviceSoftTest, TheScaleOfNothingIsOne) {
  const DeviceArray<double> scale(this->stream(), {0, 0});
  const DeviceArray<TypeParam> zeros(this->stream(), std::vector<TypeParam>(64));
  ASSERT_TRUE(CudaOk(
      nm_cuda_soft_threshold_scale(this->stream(), kDtype<TypeParam>, nullptr, 0, 8, 8, 2, 4, scale.data(), nullptr)));
  ASSERT_TRUE(CudaOk(nm_cuda_soft_threshold_scale(this->stream(), kDtype<TypeParam>, zeros.data(), 8, 8, 8, 2, 4,
                                                  scale.data() + 1, nullptr)));
  EXPECT_EQ(std::vector<double>({1, 1}), scale.Read());
}

class DeviceSampleTest : public DeviceSparsifyTest<float> {
 protected:
  void ExpectTheCpusSample(const HostMatrix<float>& g, Pattern p, int64_t seed, int64_t first_row, int64_t offset) {
    const std::vector<float> wide = Wide(g);
    std::vector<float> expected(wide.size());
    HostMask expected_mask(g.rows, g.cols);
    ASSERT_EQ(NM_OK, nm_sample_f32(wide.data(), g.rows, g.cols, g.cols, p.n, p.m, seed, first_row, expected.data(),
                                   g.cols, expected_mask.bytes.data()));
    const DeviceArray<float> numbers(stream(), g.data, offset), out(stream(), std::vector<float>(wide.size()), offset);
    const DeviceArray<uint8_t> mask(stream(), Full(g));
    const DeviceFindings findings(stream());
    ASSERT_TRUE(CudaOk(nm_cuda_sample(stream(), numbers.data(), g.rows, g.cols, g.ld, p.n, p.m, seed, first_row,
                                      out.data(), g.cols, mask.data(), findings.data())));
    const std::vector<float> results = out.Read();
    for (size_t i = 0; i < results.size(); ++i) {
      ASSERT_TRUE(Same(expected[i], results[i])) << p.n << ":" << p.m << ", " << g.rows << " x " << g.cols << ", " << i
                                                 << ": " << expected[i] << ", " << results[i];
    }
    ASSERT_EQ(expected_mask.bytes, mask.Read());
    ASSERT_TRUE(findings.Are(0, -1));
  }
};

TEST_F(DeviceSampleTest, IsTheCpusSample) {
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const int64_t offset = random().Int(0, 3);
    ExpectTheCpusSample(DrawMatrix<float>(3, cols, cols + offset, random()), p, random().Int(INT64_MIN, INT64_MAX),
                        random().Int(0, INT64_MAX), offset);
  });
  ExpectTheCpusSample(DrawMatrix<float>(3000, 300, 300, random()), {2, 4}, 1, 0, 0);
}

TEST_F(DeviceSampleTest, ExtremeMagnitudes) {
  const float values[] = {0.0f, -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 1.0f, -1.0f, 0x1p100f, 0x1.fffffep121f};
  for (const Pattern p :
       {Pattern{1, 2}, Pattern{2, 4}, Pattern{3, 4}, Pattern{5, 8}, Pattern{7, 13}, Pattern{31, 32}}) {
    for (int round = 0; round < 20; ++round) {
      HostMatrix<float> g(8, 104, 104);
      g.Fill([&] { return random().Pick(values); });
      ExpectTheCpusSample(g, p, round, 0, 0);
    }
  }
}

TEST_F(DeviceSampleTest, FindsGroupsWhoseSumIsNotFinite) {
  auto g = DrawMatrix<float>(4, 30, 30, random());
  g.at(1, 8) = g.at(1, 9) = std::numeric_limits<float>::max();  // together infinite
  g.at(3, 29) = kNan;
  const DeviceArray<float> numbers(stream(), g.data), out(stream(), std::vector<float>(4 * 30));
  const DeviceFindings findings(stream());
  ASSERT_TRUE(CudaOk(
      nm_cuda_sample(stream(), numbers.data(), 4, 30, 30, 2, 4, 7, 0, out.data(), 30, nullptr, findings.data())));
  EXPECT_TRUE(findings.Are(2, 30 + 8));
}

}  // namespace
}  // namespace nm4j_test
