/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Products that are refused: a clear message, and y untouched.
 */
#include <functional>

#include "cuda/support/product.h"

namespace nm4j_test {
namespace {

class CudaProductArguments : public testing::Test {
 protected:
  CudaProductArguments() : test_(MakeCase(), stream_) {}

  static Case MakeCase() {
    Case c;
    c.dtype = c.y_dtype = NM_CUDA_F16;
    c.bias = c.scale = true;
    return c;
  }

  // The product with one thing changed.
  int32_t With(const std::function<void(nm_cuda_product&)>& change) {
    nm_cuda_product p = test_.product();
    p.feature_scale = nullptr;
    change(p);
    return nm_cuda_multiply(test_.weights(), &p, stream_.get());
  }

  const Stream stream_;
  ProductTest test_;
};

#define EXPECT_REFUSED(status, change, ...) \
  EXPECT_TRUE(CudaRefuses(status, With([&](nm_cuda_product& p) { change; }), {__VA_ARGS__}))

TEST_F(CudaProductArguments, Enumerations) {
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.x_layout = 2, "x_layout", "2");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.y_layout = -1, "y_layout", "-1");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.activation = 7, "activation", "7");
  EXPECT_REFUSED(NM_UNSUPPORTED, p.y_dtype = NM_F32, "y_dtype", "NM_F32", "NM_CUDA_F16");
  EXPECT_REFUSED(NM_UNSUPPORTED, p.y_dtype = 1000, "y_dtype");
  EXPECT_REFUSED(NM_UNSUPPORTED, p.activation = NM_CUDA_GELU_TANH, "NM_CUDA_GELU_TANH", "NM_GELU");
}

TEST_F(CudaProductArguments, Sizes) {
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.batch = -1, "batch", "-1");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.count = -1, "count", "-1");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.ldx = 63, "x", "64", "63");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.ldy = 31, "y", "32", "31");
  EXPECT_REFUSED(NM_OVERFLOW, p.ldx = INT64_MAX, "x");
  EXPECT_REFUSED(NM_OVERFLOW, p.ldy = INT64_MAX / 2, "y");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, (p.count = 2, p.x_stride = -1), "x", "stride", "-1");
  EXPECT_REFUSED(NM_OVERFLOW, (p.count = INT64_MAX, p.x_stride = 64), "x");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, (p.count = 2, p.x_stride = 0, p.y_stride = 5), "y", "5");
  // Nothing is read, so that addresses without memory do.
  nm_cuda_product p = test_.product();
  p.batch = int64_t{1} << 31;
  p.y = static_cast<char*>(p.y) + (int64_t{1} << 42);
  int32_t copies;
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, nm_cuda_product_copies(test_.weights(), &p, &copies), {"x", "2147483647"}));
}

TEST_F(CudaProductArguments, Pointers) {
  float on_host[64] = {};
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.x = nullptr, "x", "NULL");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.y = nullptr, "y", "NULL");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, (p.beta = 1, p.ldc = p.ldy, p.c = nullptr), "c", "NULL");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.x = on_host, "x", "host");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.y = on_host, "y", "host");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.bias = on_host, "bias", "host");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.feature_scale = on_host, "feature_scale", "host");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.x = static_cast<const char*>(p.x) + 1, "x", "aligned", "2");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.bias = static_cast<const char*>(p.bias) + 1, "bias", "aligned");
}

TEST_F(CudaProductArguments, Overlap) {
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.y = const_cast<void*>(p.x), "x", "y", "overlapping");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, p.bias = p.y, "bias", "y", "overlapping");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, (p.beta = 1, p.c = p.y, p.ldc = p.ldy + 8), "c", "y", "overlapping");
  EXPECT_REFUSED(NM_INVALID_ARGUMENT, (p.beta = 1, p.c = static_cast<char*>(p.y) + 16, p.ldc = p.ldy), "c", "y");
}

TEST_F(CudaProductArguments, Objects) {
  nm_cuda_product& p = test_.product();
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_multiply(nullptr, &p, stream_.get()), {"weights"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_multiply(test_.weights(), nullptr, stream_.get()), {"product"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_multiply(test_.weights(), &p, nullptr), {"stream"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_product_copies(test_.weights(), &p, nullptr), {"copies"}));
  nm_cuda_weights* empty = nullptr;
  ASSERT_TRUE(CudaOk(nm_cuda_weights_create(0, 32, 64, 1, 2, 4, NM_CUDA_F16, &empty)));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_STATE, nm_cuda_multiply(empty, &p, stream_.get()), {"weights"}));
  EXPECT_TRUE(CudaOk(nm_cuda_weights_free(empty)));
  int32_t count = 0;
  ASSERT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  if (count < 2) return;
  const Stream other(1);
  EXPECT_TRUE(
      CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_multiply(test_.weights(), &p, other.get()), {"stream", "0", "1"}));
}

TEST(CudaProductSupport, EightBitTypesTakeBatchMajorActivations) {
  const Stream stream;
  Case c;
  c.dtype = NM_S8;
  c.y_dtype = NM_S32;
  ProductTest test(c, stream);
  test.product().x_layout = NM_FEATURE_MAJOR;
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, test.Run(), {"x_layout", "batch-major"}));
}

TEST(CudaProductSupport, CountHasToBeThatOfTheWeights) {
  const Stream stream;
  Case c;
  c.weight_count = c.count = 2;
  ProductTest test(c, stream);
  test.product().count = 3;
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, test.Run(), {"count", "2", "3"}));
}

// The device, or this version, has no kernels for 8-bit floats: found out only when the plan is made.
TEST(CudaProductSupport, TypesThatTheDeviceLacks) {
  NM4J_NEEDS_DOUBLE();
  nm_cuda_device_info info;
  ASSERT_TRUE(CudaOk(nm_cuda_device_get(0, &info)));
  if (info.major * 10 + info.minor >= 89) GTEST_SKIP() << "it has them";
  const Stream stream;
  Case c;
  c.dtype = NM_CUDA_E4M3;
  c.y_dtype = NM_CUDA_F16;
  ProductTest test(c, stream);
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, test.Run(), {"cusparseLtMatmulAlgSelectionInit", "NM_CUDA_E4M3", "9.0"}));
}

}  // namespace
}  // namespace nm4j_test
