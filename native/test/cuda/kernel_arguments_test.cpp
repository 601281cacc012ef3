/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Bad arguments of the functions that launch kernels: the status, and a message that says what was expected and given.
#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <tuple>

#include "cuda/support/device.h"
#include "support/images.h"
#include "support/matrix.h"

namespace nm4j_test {
namespace {

// Good arguments for everything, of which a test spoils one.
class KernelArgumentsTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped()) return;
    floats_ = std::make_unique<DeviceArray<float>>(stream(), std::vector<float>(64 * 64, 1.0f));
    others_ = std::make_unique<DeviceArray<float>>(stream(), std::vector<float>(64 * 64, 1.0f));
    mask_ = std::make_unique<DeviceArray<uint8_t>>(stream(), std::vector<uint8_t>(64 * 8));
    findings_ = std::make_unique<DeviceFindings>(stream());
  }
  void TearDown() override {
    if (floats_ == nullptr) return;
    // Nothing was written by what was refused.
    EXPECT_EQ(std::vector<float>(64 * 64, 1.0f), floats_->Read());
    EXPECT_EQ(std::vector<float>(64 * 64, 1.0f), others_->Read());
    EXPECT_EQ(std::vector<uint8_t>(64 * 8), mask_->Read());
    EXPECT_TRUE(findings_->Are(77, 77));
    floats_.reset();
    others_.reset();
    mask_.reset();
    findings_.reset();
    DeviceTest::TearDown();
  }

  float* w() const { return floats_->data(); }
  float* out() const { return others_->data(); }
  uint8_t* mask() const { return mask_->data(); }
  nm_cuda_findings* findings() const { return findings_->data(); }

  int32_t Magnitude(const void* weights, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m, int64_t stride,
                    uint8_t* bits) {
    return nm_cuda_mask_magnitude(stream(), NM_F32, weights, rows, cols, ld, n, m, stride, bits, nullptr);
  }

 private:
  std::unique_ptr<DeviceArray<float>> floats_, others_;
  std::unique_ptr<DeviceArray<uint8_t>> mask_;
  std::unique_ptr<DeviceFindings> findings_;
};

TEST_F(KernelArgumentsTest, Sizes) {
  EXPECT_TRUE(
      CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(w(), -1, 8, 8, 2, 4, 1, mask()), {"w", "at least 0", "-1 x 8"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(w(), 2, 8, 7, 2, 4, 1, mask()), {"at least 8", "got 7"}));
  EXPECT_TRUE(
      CudaRefuses(NM_OVERFLOW, Magnitude(w(), int64_t{1} << 40, 8, int64_t{1} << 40, 2, 4, 1, mask()), {"w", "2^63"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(w(), 2, 10, 10, 2, 4, 3, mask()), {"divisor", "10", "got 3"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(w(), 2, 10, 10, 2, 4, 0, mask()), {"divisor", "got 0"}));
}

TEST_F(KernelArgumentsTest, Patterns) {
  for (const Pattern p : {Pattern{0, 4}, Pattern{5, 4}, Pattern{1, 33}, Pattern{-1, 2}}) {
    EXPECT_TRUE(CudaRefuses(NM_INVALID_PATTERN, Magnitude(w(), 2, 8, 8, p.n, p.m, 1, mask()), {"N", "32"}));
    EXPECT_TRUE(
        CudaRefuses(NM_INVALID_PATTERN, nm_cuda_check(stream(), NM_F32, w(), 2, 8, 8, p.n, p.m, findings()), {"N"}));
  }
  EXPECT_TRUE(
      CudaRefuses(NM_INVALID_PATTERN, nm_cuda_check_mask(stream(), mask(), 2, 8, 4, 4, findings()), {"got 4:4"}));
}

TEST_F(KernelArgumentsTest, Types) {
  for (const int32_t dtype : {NM_U8 + 0, NM_S32 + 0, NM_CUDA_E4M3 + 0}) {
    EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, nm_cuda_check_finite(stream(), dtype, w(), 2, 8, 8, findings()), {"fp16"}));
  }
  for (const int32_t dtype : {-1, 5, 15, 19, 1000}) {
    EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_check_finite(stream(), dtype, w(), 2, 8, 8, findings()),
                            {"dtype", "got"}));
  }
  nm_cuda_panels* panels;
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, nm_cuda_panels_create(0, 8, 8, 2, 4, NM_S8, &panels), {"got int8"}));
  EXPECT_EQ(nullptr, panels);
}

TEST_F(KernelArgumentsTest, Pointers) {
  float host[16] = {};
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(nullptr, 2, 8, 8, 2, 4, 1, mask()), {"w", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(w(), 2, 8, 8, 2, 4, 1, nullptr), {"mask", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(host, 2, 8, 8, 2, 4, 1, mask()), {"w", "host memory"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(reinterpret_cast<char*>(w()) + 2, 2, 8, 8, 2, 4, 1, mask()),
                          {"w", "aligned to 4 bytes"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_mask_magnitude(nullptr, NM_F32, w(), 2, 8, 8, 2, 4, 1, mask(), nullptr), {"stream"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_check(stream(), NM_F32, w(), 2, 8, 8, 2, 4, nullptr),
                          {"findings", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_mask_distance(stream(), mask(), mask(), 2, 8, nullptr),
                          {"bits", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_update(stream(), nullptr, nullptr), {"update", "NULL"}));
}

TEST_F(KernelArgumentsTest, Overlaps) {
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, Magnitude(w(), 2, 8, 8, 2, 4, 1, reinterpret_cast<uint8_t*>(w())),
                          {"w", "mask", "separate"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_cast(stream(), NM_F32, w(), 8, NM_F32, w() + 4, 8, 2, 8, nullptr, 1), {"x", "out"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_cast(stream(), NM_F32, w(), 8, NM_CUDA_F16, w(), 8, 2, 8, nullptr, 1), {"x", "out"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_compress(stream(), NM_F32, w(), 2, 8, 8, mask(), out(), out() + 3, nullptr),
                          {"values", "metadata"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_metadata_to_cutlass(stream(), NM_F32, 32, 2, w(), w()),
                          {"metadata", "reordered"}));
}

TEST_F(KernelArgumentsTest, Sparsify) {
  const float infinity = std::numeric_limits<float>::infinity();
  const auto scores = [&](int32_t dtype, int32_t n, int32_t m, uint8_t* bits) {
    return nm_cuda_mask_scores(stream(), dtype, w(), 2, 8, 8, n, m, bits, nullptr);
  };
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, scores(NM_S8, 2, 4, mask()), {"dtype", "got int8"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_PATTERN, scores(NM_F32, 4, 4, mask()), {"got 4:4"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, scores(NM_F32, 2, 4, nullptr), {"mask", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_mask_nonzero(stream(), NM_F32, w(), 2, 8, 7, 2, 4, mask(), nullptr), {"got 7"}));
  EXPECT_TRUE(
      CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_mask_random(stream(), 2, 8, 2, 4, 1, -1, mask()), {"first_row", "-1"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_PATTERN, nm_cuda_mask_random(stream(), 2, 8, 0, 4, 1, 0, mask()), {"got 0:4"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_mask_random(stream(), 2, 8, 2, 4, 1, 0, nullptr), {"mask"}));

  const auto soft = [&](int32_t dtype, float scale, float* to, int64_t ldo) {
    return nm_cuda_soft_threshold(stream(), dtype, w(), 2, 8, 8, 2, 4, scale, to, ldo, nullptr);
  };
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, soft(NM_S8, 1, out(), 8), {"dtype", "got int8"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, soft(NM_F32, infinity, out(), 8), {"scale", "finite", "inf"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, soft(NM_F32, 1, out(), 7), {"out", "got 7"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, soft(NM_F32, 1, w(), 8), {"w", "out", "separate"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_soft_threshold_scale(stream(), NM_F32, w(), 2, 8, 8, 2, 4, nullptr, nullptr),
                          {"scale", "NULL"}));

  const auto sample = [&](int64_t first_row, float* to, uint8_t* bits) {
    return nm_cuda_sample(stream(), w(), 2, 8, 8, 2, 4, 1, first_row, to, 8, bits, nullptr);
  };
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, sample(-1, out(), mask()), {"first_row", "-1"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, sample(0, w(), mask()), {"g", "out", "separate"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, sample(0, out(), reinterpret_cast<uint8_t*>(out())), {"out", "mask"}));
}

TEST_F(KernelArgumentsTest, Blocks) {
  const auto vnm = [&](int64_t rows, int32_t v, int32_t n, int32_t m, uint8_t* bits) {
    return nm_cuda_mask_vnm(stream(), NM_S8, w(), rows, 8, 8, v, n, m, bits, nullptr);
  };
  for (const auto& [v, n, m] : {std::tuple{0, 2, 8}, {1, 5, 8}, {1, 2, 3}, {1, 8, 8}, {1, 2, 33}}) {
    EXPECT_TRUE(CudaRefuses(NM_INVALID_PATTERN, vnm(2, v, n, m, mask()), {"V:N:M"}));
    EXPECT_TRUE(
        CudaRefuses(NM_INVALID_PATTERN, nm_cuda_check_vnm(stream(), mask(), 2, 8, v, n, m, findings()), {"V:N:M"}));
  }
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, vnm(2, 1, 2, 8, nullptr), {"mask", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_PATTERN, nm_cuda_check_transposable(stream(), mask(), 2, 8, 4, 4, findings()),
                          {"got 4:4"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_check_transposable(stream(), mask(), 2, 8, 2, 4, nullptr),
                          {"findings", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_check_vnm(stream(), nullptr, 2, 8, 1, 2, 8, findings()),
                          {"mask", "NULL"}));
}

TEST_F(KernelArgumentsTest, Metadata) {
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_metadata_to_cutlass(stream(), NM_CUDA_F16, 16, 2, w(), out()),
                          {"multiple of 32", "16 x 2"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_metadata_from_cutlass(stream(), NM_S8, 16, 3, w(), out()),
                          {"multiple of 16", "16 x 3"}));
  int64_t values, bytes;
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_compressed_row(NM_F32, -1, &values, &bytes), {"cols", "-1"}));
}

TEST_F(KernelArgumentsTest, Factor) {
  for (const float factor : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                            nm_cuda_cast(stream(), NM_F32, w(), 8, NM_F32, out(), 8, 2, 8, nullptr, factor),
                            {"factor"}));
  }
}

TEST_F(KernelArgumentsTest, Updates) {
  nm_update u = {};
  u.rows = 2;
  u.cols = 8;
  u.n = 2;
  u.m = 4;
  u.group_stride = 1;
  u.step = 1;
  u.w = w();
  u.grad = out();
  u.mask = mask();
  const auto refuses = [&](int32_t status, nm_update spoilt, std::initializer_list<std::string> words) {
    return CudaRefuses(status, nm_cuda_update(stream(), &spoilt, nullptr), words);
  };
  nm_update bad = u;
  bad.optimizer = 3;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"optimizer", "got 3"}));
  bad = u;
  bad.grad = w();
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"w and grad", "overlapping"}));
  float host[16] = {};
  bad = u;
  bad.grad = host;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"grad", "host memory"}));
  bad = u;
  bad.momentum = 0.9f;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"first", "NULL"}));
  bad = u;
  bad.rows = int64_t{1} << 62;
  EXPECT_TRUE(refuses(NM_OVERFLOW, bad, {"2^63"}));
  bad = u;
  bad.mask_kind = NM_MASK_TRANSPOSABLE;
  EXPECT_TRUE(refuses(NM_UNSUPPORTED, bad, {"mask_kind", "got 1", "NM_KEEP_MASK"}));
  bad.flags = NM_KEEP_MASK;
  Need(nm_cuda_update(stream(), &bad, nullptr));
}

TEST_F(KernelArgumentsTest, Products) {
  nm_cuda_panels* panels;
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_panels_create(0, 0, 8, 2, 4, NM_F32, &panels), {"0 x 8"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_panels_create(0, 8, 8, 2, 4, NM_F32, nullptr), {"out", "NULL"}));
  EXPECT_TRUE(
      CudaRefuses(NM_UNSUPPORTED, nm_cuda_panels_create(0, int64_t{1} << 40, 8, 2, 4, NM_F32, &panels), {"at most"}));
  Need(nm_cuda_panels_create(0, 8, 16, 2, 4, NM_F32, &panels));
  nm_cuda_product p = {};
  p.batch = 4;
  p.count = 1;
  p.x = w();
  p.ldx = 4;
  p.y = out();
  p.ldy = 4;
  p.alpha = 1;
  const auto refuses = [&](int32_t status, const nm_cuda_product& spoilt, std::initializer_list<std::string> words) {
    return CudaRefuses(status, nm_cuda_panels_multiply(panels, &spoilt, stream()), words);
  };
  nm_cuda_product bad = p;
  bad.ldx = 3;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"x", "at least 4", "got 3"}));
  bad = p;
  bad.y = w() + 40;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"x and y", "overlapping"}));
  bad = p;
  bad.y_dtype = NM_BF16;
  EXPECT_TRUE(refuses(NM_UNSUPPORTED, bad, {"y_dtype", "got 1"}));
  bad = p;
  bad.activation = NM_CUDA_GELU_TANH;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"activation", "got 16"}));
  bad = p;
  bad.x_layout = 2;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"x_layout", "got 2"}));
  bad = p;
  bad.batch = int64_t{1} << 23;
  EXPECT_TRUE(refuses(NM_UNSUPPORTED, bad, {"batch", "2^23"}));
  bad = p;
  bad.count = 2;
  bad.y_stride = 31;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"y", "share no element", "stride of 31"}));
  bad = p;
  bad.count = 2;
  bad.y_stride = 32;
  bad.x_stride = -1;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"x", "stride of at least 0", "got -1"}));
  bad = p;
  bad.beta = 1;
  bad.ldc = 4;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"c", "NULL"}));
  bad = p;
  bad.batch = -1;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"batch", "-1"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_panels_multiply(nullptr, &p, stream()), {"panels"}));
  bad = p;
  bad.batch = 0;
  bad.x = bad.y = nullptr;
  EXPECT_TRUE(CudaOk(nm_cuda_panels_multiply(panels, &bad, stream())));
  EXPECT_TRUE(CudaOk(nm_cuda_panels_free(panels)));
  EXPECT_TRUE(CudaOk(nm_cuda_panels_free(nullptr)));
}

TEST_F(KernelArgumentsTest, ScaleColumns) {
  const auto scale = [&](const float* x, int64_t ldx, const float* factors, float* to) {
    return nm_cuda_scale_columns(stream(), x, 4, 8, ldx, factors, to, 8);
  };
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, scale(w(), 7, w(), out()), {"x", "at least 8", "got 7"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, scale(w(), 8, nullptr, out()), {"factors", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, scale(w(), 8, out() + 5, out()), {"factors and out", "overlapping"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, scale(w(), 8, w(), w() + 8), {"x and out", "overlapping"}));
  EXPECT_TRUE(CudaOk(nm_cuda_scale_columns(stream(), nullptr, 0, 8, 8, nullptr, nullptr, 8)));
}

TEST_F(KernelArgumentsTest, Columns) {
  const nm_conv2d_geometry g = Square(4, 2, 3, 1, 1);
  const nm_images images = Images(NM_NHWC, 2, 5, 5, 4);
  const auto both = [&](int32_t status, int32_t dtype, const nm_conv2d_geometry* geometry, float* x,
                        const nm_images* of, float* columns, int64_t ld, std::initializer_list<std::string> words) {
    EXPECT_TRUE(
        CudaRefuses(status, nm_cuda_conv2d_columns(stream(), dtype, geometry, x, of, 0, 50, columns, ld), words));
    EXPECT_TRUE(CudaRefuses(status, nm_cuda_conv2d_sum_columns(stream(), dtype, geometry, columns, ld, x, of), words));
  };
  both(NM_INVALID_ARGUMENT, NM_F32, nullptr, w(), &images, out(), 36, {"geometry", "null"});
  both(NM_INVALID_ARGUMENT, NM_F32, &g, w(), nullptr, out(), 36, {"x_images", "null"});
  both(NM_INVALID_ARGUMENT, NM_F32, &g, nullptr, &images, out(), 36, {"x", "null"});
  both(NM_INVALID_ARGUMENT, NM_F32, &g, w(), &images, out(), 35, {"columns", "36", "35"});
  both(NM_INVALID_ARGUMENT, NM_F32, &g, out() + 9, &images, out(), 36, {"overlapping"});
  both(NM_UNSUPPORTED, NM_U8, &g, w(), &images, out(), 36, {"dtype", "fp16", "got"});
  both(NM_INVALID_ARGUMENT, 99, &g, w(), &images, out(), 36, {"dtype", "99"});
  nm_images other = Images(NM_NHWC, 2, 5, 5, 3);
  both(NM_INVALID_ARGUMENT, NM_F32, &g, w(), &other, out(), 36, {"4", "3"});
  auto *const low = reinterpret_cast<float*>(int64_t{1} << 44), *const high =
                                                                    reinterpret_cast<float*>(int64_t{1} << 50);
  other = Images(NM_NHWC, 1 << 20, 64, 64, 4);
  both(NM_UNSUPPORTED, NM_F32, &g, low, &other, high, 36, {"pixels", "2147483647", "4294967296", "fewer"});
  nm_conv2d_geometry wide = g;
  wide.pad_top = wide.pad_bottom = 1 << 16;
  other = Images(NM_NHWC, 1 << 14, 1, 5, 4);
  both(NM_UNSUPPORTED, NM_F32, &wide, low, &other, high, 36, {"output pixels", "fewer"});
  nm_conv2d_geometry big = Square(4, 2, 1 << 15, 1, 1 << 14);
  both(NM_UNSUPPORTED, NM_F32, &big, low, &images, high, int64_t{1} << 32, {"in a row", "4294967296"});
  for (const auto& [first, count] : {std::pair<int64_t, int64_t>(-1, 2), {0, 51}, {50, 1}, {49, INT64_MAX}}) {
    EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                            nm_cuda_conv2d_columns(stream(), NM_F32, &g, w(), &images, first, count, out(), 36),
                            {"first, count", "50 output pixels", std::to_string(first)}));
  }
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_conv2d_columns(stream(), NM_F32, &g, w(), &images, 0, -1, out(), 36),
                          {"count", "-1"}));
  nm_conv2d_geometry groups = g;
  groups.groups = 2;
  both(NM_UNSUPPORTED, NM_F32, &groups, w(), &images, out(), 36, {"groups", "1", "2"});
  std::vector<float> host(1000);
  both(NM_INVALID_ARGUMENT, NM_F32, &g, host.data(), &images, out(), 36, {"x", "device"});
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_conv2d_columns(nullptr, NM_F32, &g, w(), &images, 0, 50, out(), 36),
                          {"stream", "null"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, nm_cuda_conv2d_sum_columns(stream(), NM_S8, &g, w(), 36, out(), &images),
                          {"dtype", "int8"}));
  other = Images(NM_NCHW, 0, 5, 5, 4);
  EXPECT_TRUE(CudaOk(nm_cuda_conv2d_columns(stream(), NM_S8, &g, nullptr, &other, 0, 0, nullptr, 36)));
  EXPECT_TRUE(CudaOk(nm_cuda_conv2d_sum_columns(stream(), NM_F32, &g, nullptr, 36, nullptr, &other)));
}

// Nothing to do is no failure, and findings then say that nothing was found.
TEST_F(DeviceTest, EmptyMatricesAreFine) {
  const DeviceFindings findings(stream());
  ASSERT_TRUE(CudaOk(nm_cuda_check(stream(), NM_F32, nullptr, 0, 8, 8, 2, 4, findings.data())));
  EXPECT_TRUE(findings.Are(0, -1));
  const DeviceFindings again(stream());
  ASSERT_TRUE(CudaOk(nm_cuda_mask_magnitude(stream(), NM_S8, nullptr, 4, 0, 0, 2, 4, 1, nullptr, again.data())));
  EXPECT_TRUE(again.Are(0, -1));
  EXPECT_TRUE(CudaOk(nm_cuda_mask_transposable(stream(), NM_F32, nullptr, 0, 0, 0, nullptr, nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_compress(stream(), NM_F32, nullptr, 0, 8, 8, nullptr, nullptr, nullptr, nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_cast(stream(), NM_F32, nullptr, 0, NM_S8, nullptr, 0, 3, 0, nullptr, 1)));
  EXPECT_TRUE(CudaOk(nm_cuda_metadata_to_cutlass(stream(), NM_S8, 0, 2, nullptr, nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_mask_scores(stream(), NM_F32, nullptr, 0, 8, 8, 2, 4, nullptr, nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_mask_nonzero(stream(), NM_F32, nullptr, 2, 0, 0, 2, 4, nullptr, nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_mask_random(stream(), 0, 8, 2, 4, 1, 0, nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_mask_vnm(stream(), NM_F32, nullptr, 0, 8, 8, 2, 2, 8, nullptr, nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_soft_threshold(stream(), NM_F32, nullptr, 0, 8, 8, 2, 4, 1, nullptr, 8, nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_sample(stream(), nullptr, 0, 8, 8, 2, 4, 1, 0, nullptr, 8, nullptr, nullptr)));
  const DeviceFindings blocks(stream());
  ASSERT_TRUE(CudaOk(nm_cuda_check_transposable(stream(), nullptr, 0, 8, 2, 4, blocks.data())));
  EXPECT_TRUE(blocks.Are(0, -1));
  const DeviceArray<int64_t> bits(stream(), {-1});
  ASSERT_TRUE(CudaOk(nm_cuda_mask_distance(stream(), nullptr, nullptr, 0, 8, bits.data())));
  EXPECT_EQ(0, bits.Read()[0]);
}

}  // namespace
}  // namespace nm4j_test
