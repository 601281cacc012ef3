// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The epilogue alone: over a plain product it gives the bits of the fused one, which other tests check.
#include <gtest/gtest.h>

#include <string>

#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

int32_t Finish(Multiplication& p, int64_t row0, int64_t rows) {
  const bool by_rows = p.layout == NM_FEATURE_MAJOR;
  const auto at = [&](const FloatMatrix& m) { return m.data() + row0 * (by_rows ? m.ld() : 1); };
  return nm_finish_f32(p.layout, rows, p.batch, p.epilogue.alpha, p.epilogue.beta != 0 ? at(p.c) : nullptr, p.c.ld(),
                       p.epilogue.beta, p.epilogue.bias ? p.bias.data() + row0 : nullptr, p.epilogue.activation,
                       at(p.y), p.y.ld());
}

class FinishTest : public testing::TestWithParam<int32_t> {
 protected:
  Random random_;
};

TEST_P(FinishTest, SameBitsAsFused) {
  for (int64_t rows : {1, 15, 16, 37}) {
    const Weights weights = RealWeights(rows, 20, {2, 4}, random_);
    const Handle a = weights.Pack(NM_ANY_BATCH);
    for (int64_t batch : {1, 7, 8, 33}) {
      for (float alpha : {1.0f, -0.5f, 0.0f}) {
        for (float beta : {0.0f, 2.0f}) {
          for (bool bias : {false, true}) {
            for (int32_t activation : {NM_IDENTITY, NM_RELU, NM_GELU}) {
              Multiplication p(GetParam(), rows, 20, batch, {alpha, beta, bias, false, activation},
                               RandomSpace(random_));
              p.FillReals(random_);
              Require(p.Run(a.get()));
              const FloatMatrix fused = Copy(p.y);
              Require(nm_multiply_f32(a.get(), p.layout, batch, p.x.data(), p.x.ld(), 1.0f, nullptr, p.y.ld(), 0.0f,
                                      nullptr, NM_IDENTITY, p.y.data(), p.y.ld(), 0, p.Tiles(a.get())));
              p.c.buffer().ForbidWrites();
              // In two parts, as threads do it.
              const int64_t first = rows / 2;
              ASSERT_TRUE(Succeeds(Finish(p, 0, first)));
              ASSERT_TRUE(Succeeds(Finish(p, first, rows - first)));
              ASSERT_TRUE(SameBits(fused, p.y)) << p.Describe();
            }
          }
        }
      }
    }
  }
}

TEST_P(FinishTest, EmptyProducts) {
  EXPECT_TRUE(Succeeds(nm_finish_f32(GetParam(), 0, 5, 1, nullptr, 5, 0, nullptr, NM_RELU, nullptr, 5)));
  EXPECT_TRUE(Succeeds(nm_finish_f32(GetParam(), 5, 0, 1, nullptr, 5, 1, nullptr, NM_RELU, nullptr, 5)));
}

TEST_P(FinishTest, BadArguments) {
  float p[32] = {}, c[32] = {};
  const auto call = [&](int32_t layout, int64_t features, int64_t batch, const float* addend, int64_t ldc,
                        const float* bias, int32_t activation, float* y, int64_t ldy) {
    return nm_finish_f32(layout, features, batch, 1.0f, addend, ldc, 1.0f, bias, activation, y, ldy);
  };
  const int32_t layout = GetParam();
  EXPECT_TRUE(Succeeds(call(layout, 4, 4, c, 4, c, NM_IDENTITY, p, 4)));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(2, 4, 4, c, 4, c, NM_IDENTITY, p, 4), {"layout", "2"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, 4, 4, c, 4, c, 3, p, 4), {"activation", "3"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, -4, 4, c, 4, c, NM_RELU, p, 4), {"p", "-4"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, 4, -3, c, 4, c, NM_RELU, p, 4), {"p", "-3"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, 4, 4, c, 4, c, NM_RELU, p, 3), {"p", "3"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, 4, 4, c, 3, c, NM_RELU, p, 4), {"c", "3"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, 4, 4, c, 4, c, NM_RELU, nullptr, 4), {"p", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, 4, 4, nullptr, 4, c, NM_RELU, p, 4), {"c", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, 4, 4, p, 4, c, NM_RELU, p, 4), {"c", "p"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, call(layout, 4, 4, c, 4, p + 2, NM_RELU, p, 4), {"bias", "p"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, call(layout, 4, 4, c, 4, c, NM_RELU, p, INT64_MAX), {"p"}));
}

INSTANTIATE_TEST_SUITE_P(Layouts, FinishTest, testing::ValuesIn(kLayouts),
                         [](const auto& info) { return LayoutName(info.param); });

}  // namespace
}  // namespace nm4j_test
