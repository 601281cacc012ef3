/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Weights that change: transposed matrices from dense rows, and matrices whose seal is taken off.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "support/all_patterns.h"
#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/status.h"
#include "support/typed_product.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr int64_t kBlock = 128;

Handle CreateTransposed(int64_t rows, int64_t cols, Pattern p) {
  nm_matrix* t = nullptr;
  Require(nm_matrix_create_transposed(rows, cols, p.n, p.m, &t));
  return Handle(t);
}

Handle Transpose(const Handle& a) {
  nm_matrix* t = nullptr;
  Require(nm_matrix_transpose(a.get(), &t));
  return Handle(t);
}

// A mask that keeps less than the pattern allows, as the library completes.
void DropSome(Weights* weights, Random& random) {
  for (int64_t r = 0; r < weights->rows(); ++r) {
    for (int64_t c = 0; c < weights->cols(); ++c) {
      if (random.Chance(0.2)) weights->mask.Set(r, c, false);
    }
  }
}

int32_t SetColumns(const Handle& t, const Weights& weights, int64_t first, int64_t count, int32_t flags = 0) {
  return nm_matrix_set_columns_f32(t.get(), first, count, weights.w.Row(first), weights.w.ld(), weights.mask.Row(first),
                                   flags);
}

// All blocks in random order and sizes.
void SetColumns(const Handle& t, const Weights& weights, Random& random) {
  std::vector<int64_t> starts;
  for (int64_t first = 0; first < weights.rows(); first += kBlock * random.Int(1, 2)) starts.push_back(first);
  std::vector<int64_t> ends(starts.begin() + 1, starts.end());
  ends.push_back(weights.rows());
  std::vector<size_t> order(starts.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random.engine());
  for (size_t i : order) ASSERT_TRUE(Succeeds(SetColumns(t, weights, starts[i], ends[i] - starts[i])));
}

// The same weights, and the same products to the last bit.
testing::AssertionResult Same(const Handle& expected, const Handle& actual, int64_t rows, int64_t cols,
                              Random& random) {
  FloatMatrix wanted(rows, cols), got(rows, cols);
  Require(nm_matrix_get_rows_f32(expected.get(), 0, rows, wanted.data(), cols));
  if (auto ok = Succeeds(nm_matrix_get_rows_f32(actual.get(), 0, rows, got.data(), cols)); !ok) return ok;
  if (auto ok = SameBits(wanted, got); !ok) return ok;
  Multiplication product(NM_BATCH_MAJOR, rows, cols, 37);
  product.FillReals(random);
  Require(product.Run(expected.get()));
  const FloatMatrix y = Copy(product.y);
  if (auto ok = Succeeds(product.Run(actual.get())); !ok) return ok;
  return SameBits(y, product.y) << " in a product";
}

TEST(SetColumnsTest, GivesTheTranspose) {
  Random random;
  ForAllPatterns([&](Pattern p) {
    Weights weights = RealWeights(random.Int(1, 400), random.Int(1, 4 * p.m), p, random);
    if (random.Chance(0.5)) DropSome(&weights, random);
    const Handle t = CreateTransposed(weights.rows(), weights.cols(), p);
    SetColumns(t, weights, random);
    ASSERT_TRUE(Succeeds(nm_matrix_seal(t.get())));
    ASSERT_TRUE(Same(Transpose(weights.Pack(NM_LARGE_BATCH)), t, weights.cols(), weights.rows(), random))
        << p.n << ":" << p.m << ", " << weights.rows() << " x " << weights.cols();
  });
}

// Around the edges of blocks, groups, mask bytes and sections.
TEST(SetColumnsTest, Shapes) {
  Random random;
  for (int64_t rows : {1, 127, 128, 129, 256, 300}) {
    for (int64_t cols : {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 60, 63, 64, 65, 68, 130, 260}) {
      for (Pattern p : {Pattern{2, 4}, {1, 3}, {31, 32}}) {
        const Weights weights = RealWeights(rows, cols, p, random);
        const Handle t = CreateTransposed(rows, cols, p);
        SetColumns(t, weights, random);
        ASSERT_TRUE(Succeeds(nm_matrix_seal(t.get())));
        ASSERT_TRUE(Same(Transpose(weights.Pack(NM_LARGE_BATCH)), t, cols, rows, random)) << rows << " x " << cols;
      }
    }
  }
}

TEST(SetColumnsTest, ReadsNothingBetweenRowsAndTakesAnyBits) {
  Random random;
  for (Placement placement : kPlacements) {
    Weights weights{FloatMatrix(137, 21, 25, placement), BitMask(137, 21, placement), {2, 4}};
    weights.w.Fill([&](int64_t, int64_t) { return random.Chance(0.1) ? -0.0f : random.AnyFinite(); });
    Require(nm_mask_magnitude_f32(weights.w.data(), 137, 21, 25, 2, 4, 0, weights.mask.data()));
    const Handle t = CreateTransposed(137, 21, {2, 4});
    ASSERT_TRUE(Succeeds(SetColumns(t, weights, 0, 137)));
    ASSERT_TRUE(Succeeds(nm_matrix_seal(t.get())));
    FloatMatrix got(21, 137);
    Require(nm_matrix_get_rows_f32(t.get(), 0, 21, got.data(), 137));
    for (int64_t r = 0; r < 137; ++r) {
      for (int64_t c = 0; c < 21; ++c) {
        ASSERT_EQ(got.BitsAt(c, r), weights.mask.Get(r, c) ? weights.w.BitsAt(r, c) : 0u);
      }
    }
  }
}

TEST(SetColumnsTest, NanIsRefusedWhereKeptUnlessAllowed) {
  Random random;
  const Weights weights = RealWeights(140, 18, {2, 4}, random);
  const Handle t = CreateTransposed(140, 18, {2, 4});
  for (uint32_t bits : {kQuietNanBits, kSignallingNanBits}) {
    for (int64_t c = 0; c < 18; ++c) {
      const float before = weights.w(130, c);
      SetBits(weights.w.Row(130) + c, bits);
      if (weights.mask.Get(130, c)) {
        EXPECT_TRUE(Refuses(NM_NAN, SetColumns(t, weights, 0, 140), {"130", std::to_string(c)}));
        EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(t.get()), {"140", "column"}));
        EXPECT_TRUE(Succeeds(SetColumns(t, weights, 0, 140, NM_ALLOW_NAN)));
      } else {
        EXPECT_TRUE(Succeeds(SetColumns(t, weights, 0, 140)));
      }
      weights.w(130, c) = before;
    }
  }
}

TEST(SetColumnsTest, Arguments) {
  Random random;
  Weights weights = RealWeights(300, 12, {2, 4}, random);
  const Handle t = CreateTransposed(300, 12, {2, 4}), rows = Create(300, 12, {2, 4}, NM_ANY_BATCH);
  const float* w = weights.w.data();
  const uint8_t* mask = weights.mask.data();
  const auto set = [&](nm_matrix* a, int64_t first, int64_t count, int64_t ld, int32_t flags) {
    return nm_matrix_set_columns_f32(a, first, count, w, ld, mask, flags);
  };
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, set(nullptr, 0, 128, 12, 0), {"matrix", "null"}));
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, set(rows.get(), 0, 128, 12, 0), {"nm_matrix_create_transposed"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, set(t.get(), 1, 127, 12, 0), {"128", "1", "127"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, set(t.get(), 0, 100, 12, 0), {"128", "0", "100"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, set(t.get(), 128, 256, 12, 0), {"300", "128", "256"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, set(t.get(), -128, 128, 12, 0), {"-128"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, set(t.get(), 0, 128, 11, 0), {"12", "11"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, set(t.get(), 0, 128, 12, 64), {"64"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_columns_f32(t.get(), 0, 128, nullptr, 12, mask, 0), {"w"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_columns_f32(t.get(), 0, 128, w, 12, nullptr, 0), {"mask"}));
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_set_rows_f32(t.get(), 0, 1, w, 300, mask, 0), {"transposed"}));
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_prune_rows_f32(t.get(), 0, 1, w, 300, 0, nullptr), {"transposed"}));
  for (int64_t c = 4; c < 8; ++c) weights.mask.Set(129, c);
  EXPECT_TRUE(Refuses(NM_PATTERN_BREACH, set(t.get(), 0, 300, 12, 0), {"2", "129", "4"}));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(t.get()), {"300", "0"}));
  EXPECT_TRUE(Succeeds(set(t.get(), 0, 128, 12, 0)));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(t.get()), {"300", "128"}));

  nm_matrix* out = t.get();
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_create_transposed(0, 4, 2, 4, &out), {"0"}));
  EXPECT_EQ(out, nullptr);
  EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_matrix_create_transposed(4, 4, 4, 4, &out), {"4"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, nm_matrix_create_transposed(INT64_MAX / 2, 4, 2, 4, &out), {"4"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_create_transposed(4, 4, 2, 4, nullptr), {"out"}));
}

// Of a type of weights, and a workload.
class TypedReopenTest : public testing::TestWithParam<std::tuple<int32_t, int32_t>> {
 protected:
  Handle Pack(const Weights& weights) {
    nm_matrix* a = nullptr;
    const auto [dtype, workload] = GetParam();
    Require(
        nm_matrix_create(weights.rows(), weights.cols(), weights.pattern.n, weights.pattern.m, dtype, workload, &a));
    Handle handle(a);
    Require(nm_matrix_set_rows_f32(a, 0, weights.rows(), weights.w.data(), weights.cols(), weights.mask.data(), 0));
    Require(nm_matrix_seal(a));
    return handle;
  }

  // With products of the weights' own type too, for which there may be packings of their own.
  testing::AssertionResult IsAsFresh(const Weights& weights, const Handle& a) {
    const Handle fresh = Pack(weights);
    const int64_t rows = weights.rows(), cols = weights.cols();
    if (auto ok = Same(fresh, a, rows, cols, random_); !ok) return ok;
    const int32_t dtype = std::get<0>(GetParam());
    const TypedWeights shape = {Handle(), dtype, weights.pattern, rows, cols, BitMask(rows, cols), {}};
    ProductCase spec;
    spec.batch = 70;
    spec.x_dtype = dtype == NM_S8 ? NM_U8 : dtype;
    TypedProduct product(shape, spec, random_);
    const auto results = [&](const Handle& of) {
      int64_t tiles = 0;
      Require(nm_product_tiles(of.get(), &product.product(), &tiles));
      Require(nm_multiply(of.get(), &product.product(), 0, tiles));
      return product.Results();
    };
    if (results(fresh) == results(a)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "another product of the weights' own type";
  }

  Random random_;
};

// Set again in part and in whole, with other masks: as a matrix made afresh.
TEST_P(TypedReopenTest, HoldsWhatWasSetLast) {
  for (Pattern p : kPatterns) {
    const int64_t rows = random_.Int(1, 60), cols = random_.Int(1, 300);
    const Weights first = RealWeights(rows, cols, p, random_), second = RealWeights(rows, cols, p, random_);
    const Handle a = Pack(first);
    ASSERT_TRUE(Succeeds(nm_matrix_reopen(a.get())));
    ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
    ASSERT_TRUE(IsAsFresh(first, a)) << "sealed again as it was";

    ASSERT_TRUE(Succeeds(nm_matrix_reopen(a.get())));
    const int64_t from = random_.Int(0, rows - 1), count = random_.Int(1, rows - from);
    Require(nm_matrix_set_rows_f32(a.get(), from, count, second.w.Row(from), cols, second.mask.Row(from), 0));
    ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
    Weights mixed{Copy(first.w), Copy(first.mask), p};
    for (int64_t r = from; r < from + count; ++r) {
      std::copy_n(second.w.Row(r), cols, mixed.w.Row(r));
      std::copy_n(second.mask.Row(r), mixed.mask.row_bytes(), mixed.mask.Row(r));
    }
    ASSERT_TRUE(IsAsFresh(mixed, a)) << "rows " << from << ", " << count;

    ASSERT_TRUE(Succeeds(nm_matrix_reopen(a.get())));
    Require(nm_matrix_set_rows_f32(a.get(), 0, rows, second.w.data(), cols, second.mask.data(), 0));
    ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
    ASSERT_TRUE(IsAsFresh(second, a));
  }
}

struct TypedReopenName {
  std::string operator()(const testing::TestParamInfo<std::tuple<int32_t, int32_t>>& info) const {
    constexpr const char* kTypes[] = {"F32", "Bf16", "S8"};
    return kTypes[std::get<0>(info.param)] + WorkloadName(std::get<1>(info.param));
  }
};

INSTANTIATE_TEST_SUITE_P(All, TypedReopenTest,
                         testing::Combine(testing::Values(NM_F32, NM_BF16, NM_S8), testing::ValuesIn(kWorkloads)),
                         TypedReopenName());

TEST(ReopenTransposedTest, HoldsWhatWasSetLast) {
  Random random;
  for (Pattern p : kPatterns) {
    const int64_t rows = random.Int(129, 400), cols = random.Int(1, 90);
    const Weights first = RealWeights(rows, cols, p, random), second = RealWeights(rows, cols, p, random);
    const Handle t = CreateTransposed(rows, cols, p);
    SetColumns(t, first, random);
    Require(nm_matrix_seal(t.get()));
    Require(nm_matrix_reopen(t.get()));
    SetColumns(t, second, random);
    ASSERT_TRUE(Succeeds(nm_matrix_seal(t.get())));
    ASSERT_TRUE(Same(Transpose(second.Pack(NM_LARGE_BATCH)), t, cols, rows, random));
  }
}

TEST(ReopenStateTest, FailedBlocksAreMissingUntilSetAgain) {
  Random random;
  const Weights weights = RealWeights(8, 12, {2, 4}, random);
  const Handle a = weights.Pack(NM_ANY_BATCH);
  Require(nm_matrix_reopen(a.get()));
  const BitMask all(8, 12);
  std::fill(all.Row(0), all.Row(0) + 2, uint8_t{0xff});
  EXPECT_TRUE(
      Refuses(NM_PATTERN_BREACH, nm_matrix_set_rows_f32(a.get(), 0, 1, weights.w.data(), 12, all.data(), 0), {"4"}));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a.get()), {"8", "0"}));
  EXPECT_TRUE(Succeeds(nm_matrix_set_rows_f32(a.get(), 0, 1, weights.w.data(), 12, weights.mask.data(), 0)));
  EXPECT_TRUE(Succeeds(nm_matrix_seal(a.get())));
}

TEST(ReopenStateTest, States) {
  Random random;
  const Weights weights = RealWeights(8, 12, {2, 4}, random);
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_reopen(nullptr), {"matrix", "null"}));
  const Handle open = Create(8, 12, {2, 4}, NM_ANY_BATCH);
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_reopen(open.get()), {"sealed"}));

  const Handle a = weights.Pack(NM_ANY_BATCH);
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_reopen(Transpose(a).get()), {"nm_matrix_transpose"}));
  nm_matrix* small = nullptr;
  Require(nm_matrix_restrict(a.get(), NM_SMALL_BATCH, &small));
  {
    const Handle restricted(small);
    EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_reopen(a.get()), {"shares"}));
    EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_reopen(small), {"shares"}));
  }
  EXPECT_TRUE(Succeeds(nm_matrix_reopen(a.get())));
  EXPECT_TRUE(Succeeds(nm_matrix_seal(a.get())));
  {
    const Handle source = weights.Pack(NM_ANY_BATCH);
    Require(nm_matrix_restrict(source.get(), NM_SMALL_BATCH, &small));
  }
  const Handle alone(small);
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_reopen(small), {"nm_matrix_restrict"}));

  const Handle b = weights.Pack(NM_ANY_BATCH);
  Require(nm_matrix_reopen(b.get()));
  int64_t tiles = 0;
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_multiply_tiles(b.get(), NM_BATCH_MAJOR, 3, &tiles), {"sealed"}));
}

}  // namespace
}  // namespace nm4j_test
