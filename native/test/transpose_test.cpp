/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Transposed matrices: what they hold, their products, their life.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "support/all_patterns.h"
#include "support/isa.h"
#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

Handle Transpose(const Handle& a) {
  nm_matrix* t = nullptr;
  Require(nm_matrix_transpose(a.get(), &t));
  return Handle(t);
}

// The reference's W^T: the completed mask turned, with a pattern that completes nothing.
Weights Transposed(const Weights& weights) {
  const BitMask full = Completed(weights.mask, weights.pattern);
  const FloatMatrix masked = Masked(weights.w, weights.mask);
  Weights t{FloatMatrix(weights.cols(), weights.rows()), BitMask(weights.cols(), weights.rows()), {0, 1}};
  for (int64_t r = 0; r < t.rows(); ++r) {
    for (int64_t c = 0; c < t.cols(); ++c) {
      SetBits(t.w.Row(r) + c, masked.BitsAt(c, r));
      t.mask.Set(r, c, full.Get(c, r));
    }
  }
  return t;
}

// Drops kept weights, so that the library completes the mask.
void DropSome(Weights* weights, double share, Random& random) {
  for (int64_t r = 0; r < weights->rows(); ++r) {
    for (int64_t c = 0; c < weights->cols(); ++c) {
      if (random.Chance(share)) weights->mask.Set(r, c, false);
    }
  }
}

testing::AssertionResult Holds(const Handle& t, const Weights& transposed, int64_t pad = 0) {
  FloatMatrix w(transposed.rows(), transposed.cols(), transposed.cols() + pad);
  if (auto ok = Succeeds(nm_matrix_get_rows_f32(t.get(), 0, w.rows(), w.data(), w.ld())); !ok) return ok;
  return SameBits(transposed.w, w);
}

class TransposeTest : public ProductTest {
 protected:
  testing::AssertionResult Multiplies(const Handle& t, const Weights& transposed, int64_t batch) {
    Multiplication product(Layout(), transposed.rows(), transposed.cols(), batch, RandomEpilogue(random_),
                           RandomSpace(random_));
    product.FillIntegers(random_);
    product.x.buffer().ForbidWrites();
    product.bias.ForbidWrites();
    if (auto succeeded = Succeeds(product.Run(t.get())); !succeeded) return succeeded << "\n" << product.Describe();
    return Matches(product, transposed, Accuracy::kExact);
  }

  testing::AssertionResult Multiplies(const Weights& weights, std::initializer_list<int64_t> batches) {
    const Handle t = Transpose(weights.Pack(Workload()));
    const Weights transposed = Transposed(weights);
    for (int64_t batch : batches) {
      if (auto ok = Multiplies(t, transposed, batch); !ok) return ok << ", transposed";
    }
    return testing::AssertionSuccess();
  }
};

TEST_P(TransposeTest, Batches) {
  std::vector<int64_t> batches{127, 128, 129, 200, 384, 385};
  for (int64_t batch = 0; batch <= 70; ++batch) batches.push_back(batch);
  for (Pattern p : kPatterns) {
    const Weights weights = IntegerWeights(random_.Int(1, 140), random_.Int(1, 70), p, random_);
    const Handle t = Transpose(weights.Pack(Workload()));
    const Weights transposed = Transposed(weights);
    for (int64_t batch : batches) ASSERT_TRUE(Multiplies(t, transposed, batch));
  }
}

// Around the edges of vectors, groups, sections and tiles.
TEST_P(TransposeTest, Rows) {
  std::vector<int64_t> all_rows{63, 64, 65, 66, 67, 127, 128, 129, 191, 192, 255, 257, 511, 512, 513, 514, 530, 1025};
  for (int64_t rows = 1; rows <= 40; ++rows) all_rows.push_back(rows);
  for (int64_t rows : all_rows) {
    for (Pattern p : {Pattern{2, 4}, {3, 5}, {3, 32}}) {
      ASSERT_TRUE(Multiplies(IntegerWeights(random_.Int(1, 140), rows, p, random_), {1, 5, 16, 33, 66}));
    }
  }
}

// Around the edges of blocks.
TEST_P(TransposeTest, Columns) {
  std::vector<int64_t> all_cols{126, 127, 128, 129, 130, 255, 256, 257, 383, 384, 385, 511, 512, 513, 1025};
  for (int64_t cols = 1; cols <= 40; ++cols) all_cols.push_back(cols);
  for (int64_t cols : all_cols) {
    for (Pattern p : {Pattern{2, 4}, {4, 8}, {1, 16}}) {
      ASSERT_TRUE(Multiplies(IntegerWeights(cols, random_.Int(1, 80), p, random_), {1, random_.Int(2, 70)}));
    }
  }
}

TEST_P(TransposeTest, AllPatterns) {
  ForAllPatterns([&](Pattern p) {
    const Weights weights = IntegerWeights(random_.Int(1, 150), random_.Int(1, 4 * p.m), p, random_);
    ASSERT_TRUE(Multiplies(weights, {1, random_.Int(2, 70)}));
  });
}

TEST_P(TransposeTest, IncompleteMasks) {
  for (Pattern p : kPatterns) {
    Weights weights = IntegerWeights(137, 101, p, random_);
    DropSome(&weights, 0.5, random_);
    ASSERT_TRUE(Multiplies(weights, {1, 7, 40, 130}));
  }
}

// Columns kept by every row of W next to columns kept by none: full and empty rows of W^T, in one group too.
TEST_P(TransposeTest, FullAndEmptyRows) {
  for (Pattern p : kPatterns) {
    Weights weights = IntegerWeights(300, 3 * p.m + 1, p, random_);
    for (int64_t r = 1; r < weights.rows(); ++r) {
      for (int64_t c = 0; c < weights.cols(); ++c) weights.mask.Set(r, c, weights.mask.Get(0, c));
    }
    ASSERT_TRUE(Multiplies(weights, {1, 17, 70}));
  }
}

// Columns whose number needs more than 16 bits.
TEST_P(TransposeTest, LongRows) {
  for (int64_t cols : {65537, 140003}) {
    Weights weights = IntegerWeights(cols, 5, {2, 4}, random_);
    weights.w.Fill([&](int64_t, int64_t) { return random_.Chance(0.5) ? 1.0f : -1.0f; });
    ASSERT_TRUE(Multiplies(weights, {1, 19}));
  }
}

TEST_P(TransposeTest, RealWeightsWithinTolerance) {
  const Weights weights = RealWeights(300, 200, {2, 4}, random_);
  Multiplication product(Layout(), 200, 300, 65);
  product.FillReals(random_);
  ASSERT_TRUE(Succeeds(product.Run(Transpose(weights.Pack(Workload())).get())));
  EXPECT_TRUE(Matches(product, Transposed(weights), Accuracy::kRounded));
}

// A special value in each column in turn is seen by the rows that keep the column and by no other: neither pruned
// weights nor the packing's padding take part.
TEST_P(TransposeTest, SpecialValuesAreSeenWhereKeptOnly) {
  for (Pattern p : {Pattern{2, 4}, {1, 16}, {3, 5}}) {
    Weights weights = IntegerWeights(133, 21, p, random_);
    DropSome(&weights, 0.1, random_);
    const Weights transposed = Transposed(weights);
    const Handle t = Transpose(weights.Pack(Workload()));
    for (int64_t batch : {1, 20, 70}) {
      Multiplication product(Layout(), 21, 133, batch);
      product.FillIntegers(random_);
      ASSERT_TRUE(Succeeds(product.Run(t.get())));
      const FloatMatrix finite = Copy(product.y);
      for (int64_t c = 0; c < 133; ++c) {
        const float special = std::vector<float>{kNan, kInfinity, -kInfinity}[static_cast<size_t>(c % 3)];
        const int64_t sample = random_.Int(0, batch - 1);
        const float former = product.X(c, sample);
        product.X(c, sample) = special;
        ASSERT_TRUE(Succeeds(product.Run(t.get())));
        product.X(c, sample) = former;
        for (int64_t r = 0; r < 21; ++r) {
          for (int64_t s = 0; s < batch; ++s) {
            const float before = Layout() == NM_FEATURE_MAJOR ? finite(r, s) : finite(s, r);
            const bool seen = s == sample && transposed.mask.Get(r, c);
            const float wanted = seen ? transposed.w(r, c) * special : before;
            ASSERT_TRUE(wanted == product.Y(r, s) || (wanted != wanted && product.Y(r, s) != product.Y(r, s)))
                << special << " in column " << c << ", row " << r << ": expected " << wanted << ", got "
                << product.Y(r, s) << " " << product.Describe();
          }
        }
      }
    }
  }
}

TEST_P(TransposeTest, TilesInAnyOrderGiveTheSameBits) {
  for (int64_t rows : {70, 530, 1100}) {
    const Weights weights = RealWeights(150, rows, {2, 4}, random_);
    const Handle t = Transpose(weights.Pack(Workload()));
    Multiplication product(Layout(), rows, 150, 200, {0.7f, 0.3f, true, true, NM_GELU}, {1, 0, 3});
    product.FillReals(random_);
    ASSERT_TRUE(Succeeds(product.Run(t.get())));
    const FloatMatrix expected = Copy(product.y);
    std::vector<int64_t> tiles(static_cast<size_t>(product.Tiles(t.get())));
    std::iota(tiles.begin(), tiles.end(), 0);
    std::shuffle(tiles.begin(), tiles.end(), random_.engine());
    product.ResetY();
    for (int64_t tile : tiles) ASSERT_TRUE(Succeeds(product.RunTiles(t.get(), tile, tile + 1)));
    ASSERT_TRUE(SameBits(expected, product.y)) << product.Describe();
  }
}

// The comparison notices a wrong library.
TEST_P(TransposeTest, ASingleDifferenceIsNoticed) {
  const Weights weights = IntegerWeights(140, 33, {2, 4}, random_);
  const Weights transposed = Transposed(weights);
  Multiplication product(Layout(), 33, 140, 9);
  product.FillIntegers(random_);
  ASSERT_TRUE(Succeeds(product.Run(Transpose(weights.Pack(Workload())).get())));
  ASSERT_TRUE(Matches(product, transposed, Accuracy::kExact));
  int64_t kept = 0;
  while (!transposed.mask.Get(20, kept)) ++kept;
  transposed.w(20, kept) += 1.0f;
  EXPECT_FALSE(Matches(product, transposed, Accuracy::kExact));
}

INSTANTIATE_TEST_SUITE_P(Products, TransposeTest, AllProducts(), ProductName());

TEST(TransposedMatrixTest, GivesBackWhatWasSet) {
  Random random;
  ForAllPatterns([&](Pattern p) {
    Weights weights = RealWeights(random.Int(1, 300), random.Int(1, 4 * p.m), p, random);
    weights.w.Fill([&](int64_t, int64_t) { return random.Chance(0.1) ? -0.0f : random.AnyFinite(); });
    DropSome(&weights, 0.2, random);
    for (int32_t workload : kWorkloads) {
      ASSERT_TRUE(Holds(Transpose(weights.Pack(workload)), Transposed(weights), 3)) << p.n << ":" << p.m;
    }
  });
}

TEST(TransposedMatrixTest, GivesBackNanPayloads) {
  Random random;
  for (int32_t workload : kWorkloads) {
    const Weights weights = RealWeights(19, 70, {2, 4}, random);
    for (int64_t r = 0; r < 19; ++r) SetBits(weights.w.Row(r) + r, r % 2 == 0 ? kQuietNanBits : kSignallingNanBits);
    const Handle a = Create(19, 70, {2, 4}, workload);
    Require(nm_matrix_set_rows_f32(a.get(), 0, 19, weights.w.data(), 70, weights.mask.data(), NM_ALLOW_NAN));
    Require(nm_matrix_seal(a.get()));
    EXPECT_TRUE(Holds(Transpose(a), Transposed(weights)));
  }
}

TEST(TransposedMatrixTest, GivesBackAnyBlock) {
  Random random;
  const Weights weights = RealWeights(137, 83, {3, 5}, random);
  const Weights transposed = Transposed(weights);
  const Handle t = Transpose(weights.Pack(NM_LARGE_BATCH));
  for (int64_t row0 = 0; row0 < 83; row0 += 7) {
    for (int64_t count = 0; row0 + count <= 83; count += 11) {
      FloatMatrix w(count, 137, 141, random.Pick(kPlacements));
      ASSERT_TRUE(Succeeds(nm_matrix_get_rows_f32(t.get(), row0, count, w.data(), 141)));
      for (int64_t r = 0; r < count; ++r) {
        for (int64_t c = 0; c < 137; ++c) ASSERT_EQ(w.BitsAt(r, c), transposed.w.BitsAt(row0 + r, c));
      }
    }
  }
  float none;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_rows_f32(t.get(), 80, 4, &none, 137), {"83", "80", "4"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_rows_f32(t.get(), 0, 1, &none, 136), {"137", "136"}));
}

// The matrix is its own: W may go, or be transposed again to the same.
TEST(TransposedMatrixTest, DoesNotNeedItsSource) {
  Random random;
  const Weights weights = RealWeights(140, 83, {2, 4}, random);
  Handle a = weights.Pack(NM_ANY_BATCH);
  const Handle first = Transpose(a), second = Transpose(a);
  a.reset();
  EXPECT_TRUE(Holds(first, Transposed(weights)));
  EXPECT_TRUE(Holds(second, Transposed(weights)));
}

TEST(TransposedMatrixTest, WhatNeedsAPatternIsUnsupported) {
  Random random;
  const Handle t = Transpose(RealWeights(8, 12, {2, 4}, random).Pack(NM_ANY_BATCH));
  nm_matrix* again = t.get();
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_transpose(t.get(), &again), {"transposed"}));
  EXPECT_EQ(again, nullptr);
  float values[96];
  uint8_t mask[12];
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_matrix_get_compressed_f32(t.get(), 0, 12, values, mask), {"transposed"}));
}

TEST(TransposedMatrixTest, IsSealed) {
  Random random;
  const Weights weights = RealWeights(8, 12, {2, 4}, random);
  const Handle t = Transpose(weights.Pack(NM_ANY_BATCH));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(t.get()), {"sealed"}));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE,
                      nm_matrix_set_rows_f32(t.get(), 0, 1, weights.w.data(), 12, weights.mask.data(), 0), {"sealed"}));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE,
                      nm_matrix_set_compressed_f32(t.get(), 0, 1, weights.w.data(), weights.mask.data(), 0),
                      {"sealed"}));
}

TEST(TransposedMatrixTest, Arguments) {
  Random random;
  const Weights weights = RealWeights(8, 12, {2, 4}, random);
  const Handle open = Create(8, 12, {2, 4}, NM_ANY_BATCH), sealed = weights.Pack(NM_ANY_BATCH);
  nm_matrix* t = sealed.get();
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_transpose(open.get(), &t), {"sealed"}));
  EXPECT_EQ(t, nullptr);
  t = sealed.get();
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_transpose(nullptr, &t), {"matrix", "null"}));
  EXPECT_EQ(t, nullptr);
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_transpose(sealed.get(), nullptr), {"out", "null"}));
}

TEST(TransposedMatrixTest, KernelAndBytes) {
  Random random;
  constexpr int64_t kDense = 512 * 512 * 4;
  for (Pattern p : {Pattern{2, 4}, {1, 4}, {1, 16}}) {
    const Handle t = Transpose(RealWeights(512, 512, p, random).Pack(NM_LARGE_BATCH));
    int64_t bytes = -1;
    ASSERT_TRUE(Succeeds(nm_matrix_bytes(t.get(), &bytes)));
    EXPECT_GE(bytes, kDense * p.n / p.m);
    EXPECT_LT(bytes, kDense * p.n / p.m * 3 / 2);
    for (int64_t batch : {1, 1000}) {
      const char* name = nullptr;
      ASSERT_TRUE(Succeeds(nm_matrix_kernel(t.get(), NM_BATCH_MAJOR, batch, &name)));
      const std::string text = name, isa = kIsaNames[std::min<int32_t>(ActiveIsa(), NM_ISA_AVX512)];
      EXPECT_NE(text.find("columnstream"), std::string::npos) << text;
      EXPECT_EQ(text.substr(text.size() - isa.size()), isa);
    }
  }
}

}  // namespace
}  // namespace nm4j_test
