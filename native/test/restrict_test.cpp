// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Handles that are restricted to one packing of a matrix.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/status.h"
#include "support/typed_product.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

Handle Restrict(const Handle& a, int32_t workload) {
  nm_matrix* out = nullptr;
  Require(nm_matrix_restrict(a.get(), workload, &out));
  return Handle(out);
}

std::string Kernel(const Handle& a, int32_t layout, int64_t batch) {
  const char* name = nullptr;
  Require(nm_matrix_kernel(a.get(), layout, batch, &name));
  return name;
}

class RestrictTest : public testing::TestWithParam<int32_t> {
 protected:
  Random random_;
};

// The same bits as a matrix that has this packing alone; the source may be freed meanwhile.
TEST_P(RestrictTest, MultipliesWithOnePacking) {
  const Weights weights = RealWeights(75, 130, {2, 4}, random_);
  for (int32_t workload : {NM_SMALL_BATCH, NM_LARGE_BATCH}) {
    const Handle alone = weights.Pack(workload);
    Handle both = weights.Pack(NM_ANY_BATCH);
    const Handle restricted = Restrict(both, workload);
    const Handle again = Restrict(restricted, workload);
    both.reset();
    for (int64_t batch : {1, 5, 64, 200}) {
      EXPECT_EQ(Kernel(alone, GetParam(), batch), Kernel(restricted, GetParam(), batch));
      Multiplication p(GetParam(), 75, 130, batch, RandomEpilogue(random_), RandomSpace(random_));
      p.FillReals(random_);
      Require(p.Run(alone.get()));
      const FloatMatrix expected = Copy(p.y);
      for (const Handle* a : {&restricted, &again}) {
        ASSERT_TRUE(Succeeds(p.Run(a->get())));
        EXPECT_TRUE(SameBits(expected, p.y));
      }
    }
  }
}

// What other types need besides belongs to the handle too: scales and sums of integers, lane panels for pairs of bf16.
TEST_P(RestrictTest, MultipliesOtherTypes) {
  for (const auto& [weights_dtype, x_dtype] : {std::pair{NM_S8, NM_U8}, {NM_BF16, NM_BF16}}) {
    for (const int32_t workload : {NM_SMALL_BATCH, NM_LARGE_BATCH}) {
      for (const int64_t batch : {1, 9, 70}) {
        TypedWeights weights = MakeWeights(weights_dtype, 40, 70, {2, 4}, NM_ANY_BATCH, true, random_);
        weights.handle = Restrict(weights.handle, workload);
        ProductCase spec;
        spec.layout = GetParam();
        spec.batch = batch;
        spec.x_dtype = x_dtype;
        TypedProduct product(weights, spec, random_);
        product.Run();
        EXPECT_TRUE(product.Matches());
      }
    }
  }
}

TEST_P(RestrictTest, GivesTheWeightsBack) {
  const Weights weights = RealWeights(20, 33, {2, 4}, random_);
  const Handle a = weights.Pack(NM_ANY_BATCH);
  FloatMatrix expected(20, 33), got(20, 33);
  Require(nm_matrix_get_rows_f32(a.get(), 0, 20, expected.data(), 33));
  int64_t bytes = 0, all_bytes = 0;
  Require(nm_matrix_bytes(a.get(), &all_bytes));
  for (int32_t workload : {NM_SMALL_BATCH, NM_LARGE_BATCH}) {
    const Handle restricted = Restrict(a, workload);
    ASSERT_TRUE(Succeeds(nm_matrix_get_rows_f32(restricted.get(), 0, 20, got.data(), 33)));
    EXPECT_TRUE(SameBits(expected, got));
    ASSERT_TRUE(Succeeds(nm_matrix_bytes(restricted.get(), &bytes)));
    EXPECT_LT(bytes, all_bytes);
  }
}

TEST_P(RestrictTest, TransposedMatricesHaveOnePacking) {
  const Weights weights = RealWeights(20, 33, {2, 4}, random_);
  nm_matrix* t = nullptr;
  Require(nm_matrix_transpose(weights.Pack(NM_ANY_BATCH).get(), &t));
  const Handle transposed(t);
  const Handle large = Restrict(transposed, NM_LARGE_BATCH);
  EXPECT_EQ(Kernel(transposed, GetParam(), 3), Kernel(large, GetParam(), 3));
  nm_matrix* out = t;
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_restrict(t, NM_SMALL_BATCH, &out), {"workload", "1"}));
  EXPECT_EQ(out, nullptr);
}

TEST_P(RestrictTest, BadArguments) {
  const Weights weights = RealWeights(8, 8, {2, 4}, random_);
  const Handle small = weights.Pack(NM_SMALL_BATCH), any = weights.Pack(NM_ANY_BATCH);
  const Handle open = Create(8, 8, {2, 4}, NM_ANY_BATCH);
  nm_matrix* out = small.get();
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_restrict(small.get(), NM_LARGE_BATCH, &out), {"workload", "2"}));
  EXPECT_EQ(out, nullptr);
  for (int32_t workload : {0, 3, 4, -1}) {
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_restrict(any.get(), workload, &out),
                        {"workload", std::to_string(workload)}));
  }
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_restrict(open.get(), NM_SMALL_BATCH, &out), {"sealed"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_restrict(nullptr, NM_SMALL_BATCH, &out), {"matrix", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_restrict(any.get(), NM_SMALL_BATCH, nullptr), {"out", "NULL"}));
}

INSTANTIATE_TEST_SUITE_P(Layouts, RestrictTest, testing::ValuesIn(kLayouts),
                         [](const auto& info) { return LayoutName(info.param); });

}  // namespace
}  // namespace nm4j_test
