/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// V:N:M masks and checks of blocks on the device: the CPU's results, bit for bit.
#include <gtest/gtest.h>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"
#include "nm4j/nm4j.h"

namespace nm4j_test {
namespace {

struct VnmPattern {
  int32_t v;
  Pattern p;
};
constexpr VnmPattern kVnm[] = {{1, {2, 8}},  {2, {1, 4}},  {3, {3, 4}},  {16, {2, 5}},  {64, {2, 8}},
                               {7, {4, 16}}, {5, {2, 31}}, {4, {1, 17}}, {100, {2, 32}}};
constexpr int64_t kRows[] = {1, 5, 64, 70}, kCols[] = {1, 3, 4, 9, 64, 255, 256, 257, 530};

template <typename T>
class DeviceVnmTest : public DeviceTest {
 protected:
  void ExpectTheCpusMask(const HostMatrix<T>& w, VnmPattern vnm, int64_t offset, int64_t nans, int64_t first_nan) {
    const std::vector<float> wide = Wide(w);
    HostMask expected(w.rows, w.cols);
    ASSERT_EQ(NM_OK, nm_mask_vnm_f32(wide.data(), w.rows, w.cols, w.cols, vnm.v, vnm.p.n, vnm.p.m, NM_ALLOW_NAN,
                                     expected.bytes.data()));
    const DeviceArray<T> weights(this->stream(), w.data, offset);
    const DeviceArray<uint8_t> mask(this->stream(), std::vector<uint8_t>(expected.bytes.size(), 0xff), offset);
    const DeviceFindings findings(this->stream());
    ASSERT_TRUE(CudaOk(nm_cuda_mask_vnm(this->stream(), kDtype<T>, weights.data(), w.rows, w.cols, w.ld, vnm.v, vnm.p.n,
                                        vnm.p.m, mask.data(), findings.data())));
    ASSERT_EQ(expected.bytes, mask.Read())
        << vnm.v << ":" << vnm.p.n << ":" << vnm.p.m << ", " << w.rows << " x " << w.cols;
    ASSERT_TRUE(findings.Are(nans, first_nan));
  }
};
TYPED_TEST_SUITE(DeviceVnmTest, AllTypes);

TYPED_TEST(DeviceVnmTest, IsTheCpusMask) {
  for (const VnmPattern& vnm : kVnm) {
    for (const int64_t rows : kRows) {
      for (const int64_t cols : kCols) {
        const int64_t offset = this->random().Int(0, 3);
        this->ExpectTheCpusMask(DrawMatrix<TypeParam>(rows, cols, cols + offset, this->random()), vnm, offset, 0, -1);
      }
    }
  }
}

template <typename T>
class DeviceVnmSpecialTest : public DeviceVnmTest<T> {};
TYPED_TEST_SUITE(DeviceVnmSpecialTest, FloatTypes);

TYPED_TEST(DeviceVnmSpecialTest, InfinitiesAndNan) {
  const float values[] = {0.0f, -0.0f, 1.0f, kInfinity, -kInfinity, 65504.0f};
  HostMatrix<TypeParam> w(16, 40, 40);
  w.Fill([&] { return this->random().Pick(values); });
  this->ExpectTheCpusMask(w, {4, {2, 8}}, 0, 0, -1);
  w.at(3, 7) = w.at(3, 8) = w.at(15, 23) = Round<TypeParam>(kNan);
  this->ExpectTheCpusMask(w, {4, {2, 8}}, 0, 3, 3 * 40 + 7);
}

// --- checks ---

class DeviceBlockCheckTest : public DeviceTest {
 protected:
  HostMask Draw(int64_t rows, int64_t cols, double density) {
    HostMask mask(rows, cols);
    for (int64_t i = 0; i < rows * cols; ++i) mask.set(i / cols, i % cols, random().Chance(density));
    return mask;
  }

  template <typename OnCpu, typename OnDevice>
  void ExpectTheCpusFindings(const HostMask& mask, const OnCpu& on_cpu, const OnDevice& on_device) {
    int64_t breaches, row, col;
    ASSERT_EQ(NM_OK, on_cpu(mask.bytes.data(), &breaches, &row, &col));
    const DeviceArray<uint8_t> bytes(stream(), mask.bytes);
    const DeviceFindings findings(stream());
    ASSERT_TRUE(CudaOk(on_device(bytes.data(), findings.data())));
    ASSERT_TRUE(findings.Are(breaches, breaches == 0 ? -1 : row * mask.cols + col)) << mask.rows << " x " << mask.cols;
    seen_[breaches > 0] = true;
  }
  // Masks that obey, and that do not, were among those checked.
  bool saw_both() const { return seen_[0] && seen_[1]; }

 private:
  bool seen_[2] = {};
};

TEST_F(DeviceBlockCheckTest, Transposable) {
  for (const Pattern p :
       {Pattern{1, 2}, Pattern{2, 4}, Pattern{3, 5}, Pattern{8, 16}, Pattern{31, 32}, Pattern{7, 31}}) {
    for (const int64_t rows : kRows) {
      for (const int64_t cols : kCols) {
        for (const double density : {0.02, 0.3, 0.9}) {
          const HostMask mask = Draw(rows, cols, density);
          ExpectTheCpusFindings(
              mask,
              [&](const uint8_t* bits, int64_t* breaches, int64_t* row, int64_t* col) {
                return nm_check_transposable(bits, rows, cols, p.n, p.m, breaches, row, col);
              },
              [&](const uint8_t* bits, nm_cuda_findings* findings) {
                return nm_cuda_check_transposable(stream(), bits, rows, cols, p.n, p.m, findings);
              });
        }
      }
    }
  }
  EXPECT_TRUE(saw_both());
}

TEST_F(DeviceBlockCheckTest, Vnm) {
  for (const VnmPattern& vnm : kVnm) {
    for (const int64_t rows : kRows) {
      for (const int64_t cols : kCols) {
        for (const double density : {0.01, 0.1, 0.5}) {
          const HostMask mask = Draw(rows, cols, density);
          ExpectTheCpusFindings(
              mask,
              [&](const uint8_t* bits, int64_t* breaches, int64_t* row, int64_t* col) {
                return nm_check_vnm(bits, rows, cols, vnm.v, vnm.p.n, vnm.p.m, breaches, row, col);
              },
              [&](const uint8_t* bits, nm_cuda_findings* findings) {
                return nm_cuda_check_vnm(stream(), bits, rows, cols, vnm.v, vnm.p.n, vnm.p.m, findings);
              });
        }
      }
    }
  }
  EXPECT_TRUE(saw_both());
}

}  // namespace
}  // namespace nm4j_test
