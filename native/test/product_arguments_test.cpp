/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// What nm_multiply refuses of products in general, and strided batches.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/random.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

class ProductArgumentsTest : public testing::Test {
 protected:
  static constexpr int64_t kRows = 6, kCols = 8, kBatch = 3, kCount = 2;

  ProductArgumentsTest() {
    a_ = RealWeights(kRows, kCols, {2, 4}, random_).Pack(NM_ANY_BATCH);
    p_.layout = NM_BATCH_MAJOR;
    p_.batch = kBatch;
    p_.count = kCount;
    p_.x = x_.data();
    p_.ldx = kCols;
    p_.x_stride = kBatch * kCols;
    p_.y = y_.data();
    p_.ldy = kRows;
    p_.y_stride = kBatch * kRows;
    p_.alpha = 1;
  }

  int32_t Multiply() {
    int64_t tiles = 0;
    const int32_t status = nm_product_tiles(a_.get(), &p_, &tiles);
    return status != NM_OK ? status : nm_multiply(a_.get(), &p_, 0, tiles);
  }
  testing::AssertionResult Refused(int32_t status, std::initializer_list<std::string> words) {
    return Refuses(status, Multiply(), words);
  }

  Random random_;
  Handle a_;
  std::vector<float> x_ = std::vector<float>(kCount * kBatch * kCols, 1.0f);
  std::vector<float> y_ = std::vector<float>(kCount * kBatch * kRows + 100, 0.0f);
  nm_product p_ = {};
};

TEST_F(ProductArgumentsTest, AsItIsItSucceeds) { EXPECT_TRUE(Succeeds(Multiply())); }

TEST_F(ProductArgumentsTest, Null) {
  int64_t tiles;
  const char* name;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_multiply(a_.get(), nullptr, 0, 1), {"product"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_multiply(nullptr, &p_, 0, 1), {"matrix"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_product_tiles(a_.get(), nullptr, &tiles), {"product"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_product_tiles(a_.get(), &p_, nullptr), {"tiles"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_product_kernel(a_.get(), nullptr, &name), {"product"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_product_kernel(a_.get(), &p_, nullptr), {"name"}));
}

TEST_F(ProductArgumentsTest, Types) {
  p_.x_dtype = 5;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"dtype", "5"}));
  p_.x_dtype = -1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"dtype", "-1"}));
  p_.x_dtype = NM_S8;
  EXPECT_TRUE(Refused(NM_UNSUPPORTED, {"type 0", "type 2"}));
  p_.x_dtype = NM_F32;
  p_.y_dtype = NM_S32;
  EXPECT_TRUE(Refused(NM_UNSUPPORTED, {"type 4"}));
}

TEST_F(ProductArgumentsTest, Quantization) {
  p_.y_dtype = NM_U8;
  for (const float scale : {0.0f, -1.0f, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    p_.y_scale = scale;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"y_scale"}));
  }
  p_.y_scale = 1;
  for (const int32_t zero : {-1, 256}) {
    p_.y_zero = zero;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"y_zero", "0 to 255", std::to_string(zero)}));
  }
  p_.y_dtype = NM_S8;
  p_.y_zero = 128;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"y_zero", "-128 to 127", "128"}));
  p_.y_dtype = NM_F32;
  EXPECT_TRUE(Succeeds(Multiply())) << "neither matters for fp32";
}

TEST_F(ProductArgumentsTest, Counts) {
  p_.count = -1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"count", "-1"}));
  p_.count = 0;
  EXPECT_TRUE(Succeeds(Multiply()));
  p_.count = INT64_MAX / 2;
  EXPECT_TRUE(Refused(NM_OVERFLOW, {"4611686018427387903"}));
}

TEST_F(ProductArgumentsTest, Strides) {
  p_.x_stride = -1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"x_stride", "-1"}));
  p_.x_stride = 0;
  EXPECT_TRUE(Succeeds(Multiply())) << "the same X for all";
  p_.y_stride = kBatch * kRows - 1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"y_stride", "18", "17"}));
  p_.y_stride = 0;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"y_stride"}));
  p_.y_stride = kRows;
  p_.ldy = 2 * kRows;
  EXPECT_TRUE(Succeeds(Multiply())) << "side by side";
  p_.ldy = 2 * kRows - 1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"y_stride"}));
}

TEST_F(ProductArgumentsTest, Overlap) {
  p_.y = x_.data() + kBatch * kCols + 1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"x", "y", "overlapping"}));
  p_.y = y_.data();
  p_.feature_scale = y_.data() + 2;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"feature_scale", "y", "overlapping"}));
  p_.feature_scale = nullptr;
  p_.beta = 1;
  p_.c = y_.data();
  p_.ldc = kRows;
  p_.c_stride = p_.y_stride + 1;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, {"c", "y", "overlapping"})) << "in place the strides are the same";
  p_.c_stride = p_.y_stride;
  EXPECT_TRUE(Succeeds(Multiply()));
}

TEST_F(ProductArgumentsTest, ProductsSideBySideEqualSingleOnes) {
  for (float& value : x_) value = random_.Uniform();
  p_.y_stride = kRows;
  p_.ldy = 2 * kRows + 1;
  ASSERT_TRUE(Succeeds(Multiply()));
  for (int64_t i = 0; i < kCount; ++i) {
    std::vector<float> single(kBatch * kRows);
    int64_t tiles = 0;
    Require(nm_multiply_tiles(a_.get(), NM_BATCH_MAJOR, kBatch, &tiles));
    Require(nm_multiply_f32(a_.get(), NM_BATCH_MAJOR, kBatch, &x_[i * p_.x_stride], kCols, 1, nullptr, 0, 0, nullptr,
                            NM_IDENTITY, single.data(), kRows, 0, tiles));
    for (int64_t item = 0; item < kBatch; ++item) {
      for (int64_t r = 0; r < kRows; ++r) {
        EXPECT_EQ(single[item * kRows + r], y_[item * p_.ldy + i * kRows + r]);
      }
    }
  }
}

}  // namespace
}  // namespace nm4j_test
