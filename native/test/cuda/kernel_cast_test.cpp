/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Casts under masks, and rows quantised to int8.
#include <gtest/gtest.h>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"

namespace nm4j_test {
namespace {

// NaN may differ in payload; everything else is compared bit for bit.
template <typename T>
bool SameNumber(const T& a, const T& b) {
  return Same(a, b) || (std::isnan(Value(a)) && std::isnan(Value(b)));
}

template <typename T>
class DeviceCastTest : public DeviceTest {
 protected:
  template <typename To>
  void ExpectCast(const HostMatrix<T>& x, float factor, const HostMask* mask, int64_t offset) {
    HostMatrix<To> expected(x.rows, x.cols, x.cols + offset);
    std::fill(expected.data.begin(), expected.data.end(), Round<To>(55.0f));
    const DeviceArray<T> from(stream(), x.data, offset);
    const DeviceArray<To> to(stream(), expected.data, offset);
    const DeviceArray<uint8_t> bits(stream(), mask == nullptr ? std::vector<uint8_t>(1) : mask->bytes, offset);
    ASSERT_TRUE(CudaOk(nm_cuda_cast(stream(), kDtype<T>, from.data(), x.ld, kDtype<To>, to.data(), expected.ld, x.rows,
                                    x.cols, mask == nullptr ? nullptr : bits.data(), factor)));
    for (int64_t r = 0; r < x.rows; ++r) {
      for (int64_t c = 0; c < x.cols; ++c) {
        expected.at(r, c) = mask == nullptr || mask->get(r, c) ? Round<To>(x.value(r, c) * factor) : To{};
      }
    }
    const std::vector<To> got = to.Read();
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_TRUE(SameNumber(expected.data[i], got[i])) << Value(got[i]) << " instead of " << Value(expected.data[i]);
    }
  }

  void ExpectCasts(const HostMatrix<T>& x, float factor, const HostMask* mask, int64_t offset) {
    ExpectCast<float>(x, factor, mask, offset);
    ExpectCast<Half>(x, factor, mask, offset);
    ExpectCast<Brain>(x, factor, mask, offset);
    ExpectCast<int8_t>(x, factor, mask, offset);
  }
};
TYPED_TEST_SUITE(DeviceCastTest, AllTypes);

TYPED_TEST(DeviceCastTest, EachTypeToEach) {
  for (const int64_t cols : {1, 7, 8, 64, 103}) {
    HostMatrix<TypeParam> x(4, cols, cols + 2);
    x.Fill([&] { return 200 * this->random().Uniform(); });
    HostMask mask(4, cols);
    for (int64_t i = 0; i < 4 * cols; ++i) mask.set(i / cols, i % cols, this->random().Chance(0.5));
    const int64_t offset = this->random().Int(0, 7);
    this->ExpectCasts(x, 1.0f, nullptr, offset);
    this->ExpectCasts(x, -0.37f, &mask, offset);
  }
}

// All 65536 patterns of 16 bits, infinities, NaN and denormal numbers among them.
TYPED_TEST(DeviceCastTest, EveryValueOf16Bits) {
  if constexpr (sizeof(TypeParam) == 2) {
    HostMatrix<TypeParam> x(256, 256, 256);
    for (uint32_t i = 0; i < 65536; ++i) x.data[i].bits = static_cast<uint16_t>(i);
    this->ExpectCasts(x, 1.0f, nullptr, 0);
  } else {
    GTEST_SKIP() << "types of 16 bits only";
  }
}

// Around the middle between each two neighbours of fp16 and bf16, where rounding decides; and any exponent.
TEST_F(DeviceTest, CastsRoundToNearestEven) {
  HostMatrix<float> x(1, 8 * 2048, 8 * 2048);
  size_t i = 0;
  for (int k = 0; k < 2048; ++k) {
    const auto low = static_cast<uint16_t>(random().Int(0, 0x7bfe));
    const float middle = 0.5f * (Value(Half{low}) + Value(Half{static_cast<uint16_t>(low + 1)}));
    for (const float v : {middle, std::nextafter(middle, 0.0f), -std::nextafter(middle, kInfinity)}) x.data[i++] = v;
    const auto bits = static_cast<uint32_t>(random().Int(0, 0x7f7e)) << 16 | 0x8000;
    for (const uint32_t b : {bits, bits - 1, bits + 1, bits | 0x80000000u}) SetBits(&x.data[i++], b);
    x.data[i++] = random().AnyFinite();
  }
  const DeviceArray<float> from(stream(), x.data);
  const DeviceArray<Half> half(stream(), std::vector<Half>(x.data.size()));
  const DeviceArray<Brain> brain(stream(), std::vector<Brain>(x.data.size()));
  const int64_t n = x.cols;
  ASSERT_TRUE(CudaOk(nm_cuda_cast(stream(), NM_F32, from.data(), n, NM_CUDA_F16, half.data(), n, 1, n, nullptr, 1)));
  ASSERT_TRUE(CudaOk(nm_cuda_cast(stream(), NM_F32, from.data(), n, NM_BF16, brain.data(), n, 1, n, nullptr, 1)));
  const std::vector<Half> halves = half.Read();
  const std::vector<Brain> brains = brain.Read();
  for (size_t k = 0; k < x.data.size(); ++k) {
    ASSERT_EQ(Round<Half>(x.data[k]).bits, halves[k].bits) << x.data[k];
    ASSERT_EQ(Round<Brain>(x.data[k]).bits, brains[k].bits) << x.data[k];
  }
}

TEST_F(DeviceTest, CastMasksInPlace) {
  HostMatrix<float> x(3, 37, 40);
  x.Fill([&] { return random().Uniform(); });
  const HostMask mask = SparseMask(3, 37, {2, 4}, random());
  const DeviceArray<float> device(stream(), x.data);
  const DeviceArray<uint8_t> bits(stream(), mask.bytes);
  ASSERT_TRUE(
      CudaOk(nm_cuda_cast(stream(), NM_F32, device.data(), 40, NM_F32, device.data(), 40, 3, 37, bits.data(), 1.0f)));
  for (int64_t i = 0; i < 3 * 37; ++i) {
    if (!mask.get(i / 37, i % 37)) x.at(i / 37, i % 37) = 0.0f;
  }
  EXPECT_EQ(x.data, device.Read());
}

TEST_F(DeviceTest, ScalesColumns) {
  for (const int64_t cols : {1, 3, 4, 37, 640}) {
    HostMatrix<float> x(5, cols, cols + random().Int(0, 3)), out(5, cols, cols + random().Int(0, 3));
    x.Fill([&] { return random().AnyFinite(); });
    out.Fill([] { return 55.0f; });
    std::vector<float> factors(static_cast<size_t>(cols));
    for (float& factor : factors) factor = random().AnyFinite();
    const DeviceArray<float> from(stream(), x.data, random().Int(0, 3)), by(stream(), factors, random().Int(0, 3)),
        to(stream(), out.data, random().Int(0, 3));
    ASSERT_TRUE(CudaOk(nm_cuda_scale_columns(stream(), from.data(), 5, cols, x.ld, by.data(), to.data(), out.ld)));
    for (int64_t i = 0; i < 5 * cols; ++i) {
      const int64_t r = i / cols, c = i % cols;
      out.at(r, c) = x.at(r, c) * factors[static_cast<size_t>(c)];
    }
    EXPECT_EQ(0, std::memcmp(out.data.data(), to.Read().data(), out.data.size() * sizeof(float)));
  }
}

template <typename T>
class DeviceQuantizeTest : public DeviceTest {};
TYPED_TEST_SUITE(DeviceQuantizeTest, FloatTypes);

TYPED_TEST(DeviceQuantizeTest, MakesIntegersAndScales) {
  for (const int64_t cols : {1, 8, 100, 2048, 5003}) {
    const int64_t rows = 6;
    HostMatrix<TypeParam> w(rows, cols, cols + 3);
    w.Fill([&] { return 3 * this->random().Uniform(); });
    for (int64_t c = 0; c < cols; ++c) w.at(4, c) = Round<TypeParam>(0.0f);           // scale 1
    for (int64_t c = 0; c < cols; ++c) w.at(5, c) = Round<TypeParam>(0x1p-133f * 2);  // the smallest scale
    const HostMask mask = SparseMask(rows, cols, {2, 4}, this->random());
    for (const bool masked : {false, true}) {
      const DeviceArray<TypeParam> weights(this->stream(), w.data, 1);
      const DeviceArray<uint8_t> bits(this->stream(), mask.bytes);
      const DeviceArray<int8_t> out(this->stream(), std::vector<int8_t>(static_cast<size_t>(rows * cols), 99), 5);
      const DeviceArray<float> scales(this->stream(), std::vector<float>(rows));
      const DeviceFindings findings(this->stream());
      ASSERT_TRUE(CudaOk(nm_cuda_quantize_rows(this->stream(), kDtype<TypeParam>, weights.data(), rows, cols, w.ld,
                                               masked ? bits.data() : nullptr, out.data(), cols, scales.data(),
                                               findings.data())));
      ASSERT_TRUE(findings.Are(0, -1));
      const std::vector<int8_t> integers = out.Read();
      const std::vector<float> scale = scales.Read();
      for (int64_t r = 0; r < rows; ++r) {
        float largest = 0;
        const auto kept = [&](int64_t c) { return masked && !mask.get(r, c) ? 0.0f : w.value(r, c); };
        for (int64_t c = 0; c < cols; ++c) largest = std::max(largest, std::fabs(kept(c)));
        const float expected = largest == 0 ? 1.0f : std::max(largest / 127.0f, 0x1p-126f);
        ASSERT_EQ(expected, scale[static_cast<size_t>(r)]);
        for (int64_t c = 0; c < cols; ++c) {
          const float whole = std::min(127.0f, std::max(-127.0f, std::nearbyint(kept(c) / expected)));
          ASSERT_EQ(whole, integers[static_cast<size_t>(r * cols + c)]) << "row " << r << ", column " << c;
        }
      }
    }
  }
}

TYPED_TEST(DeviceQuantizeTest, FindsWhatIsNotFinite) {
  HostMatrix<TypeParam> w(3, 300, 300);
  w.Fill([&] { return this->random().Uniform(); });
  w.at(1, 299) = Round<TypeParam>(kInfinity);
  w.at(2, 0) = Round<TypeParam>(kNan);
  const DeviceArray<TypeParam> weights(this->stream(), w.data);
  const DeviceArray<int8_t> out(this->stream(), std::vector<int8_t>(900));
  const DeviceArray<float> scales(this->stream(), std::vector<float>(3));
  const DeviceFindings findings(this->stream());
  ASSERT_TRUE(CudaOk(nm_cuda_quantize_rows(this->stream(), kDtype<TypeParam>, weights.data(), 3, 300, 300, nullptr,
                                           out.data(), 300, scales.data(), findings.data())));
  EXPECT_TRUE(findings.Are(2, 599));
}

}  // namespace
}  // namespace nm4j_test
