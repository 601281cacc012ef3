/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The life of a packed matrix: create, set rows, seal, get back.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/isa.h"
#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

int32_t SetRows(const Handle& a, const Weights& from, int64_t row0, int64_t count, int32_t flags = 0) {
  return nm_matrix_set_rows_f32(a.get(), row0, count, from.w.Row(row0), from.w.ld(), from.mask.Row(row0), flags);
}

// Whether the sealed matrix gives back the weights, bit for bit, in both forms.
testing::AssertionResult Holds(const Handle& a, const Weights& weights) {
  const int64_t rows = weights.rows(), cols = weights.cols();
  FloatMatrix w(rows, cols, cols + 3);
  Require(nm_matrix_get_rows_f32(a.get(), 0, rows, w.data(), w.ld()));
  if (auto same = SameBits(Masked(weights.w, weights.mask), w); !same) return same;

  FloatMatrix values(rows, KeptPerRow(cols, weights.pattern));
  BitMask mask(rows, cols);
  std::fill(mask.buffer().begin(), mask.buffer().end(), uint8_t{0xff});
  Require(nm_matrix_get_compressed_f32(a.get(), 0, rows, values.data(), mask.data()));
  if (auto same = SameBits(Completed(weights.mask, weights.pattern), mask); !same) return same;
  return SameBits(CompressedValues(weights.w, weights.mask, weights.pattern), values);
}

// Weights of any exponent, -0.0 among them, whose mask keeps N or fewer.
Weights AnyWeights(int64_t rows, int64_t cols, Pattern p, Random& random) {
  Weights weights = RealWeights(rows, cols, p, random);
  weights.w.Fill([&](int64_t, int64_t) { return random.Chance(0.1) ? -0.0f : random.AnyFinite(); });
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      if (random.Chance(0.2)) weights.mask.Set(r, c, false);
    }
  }
  return weights;
}

TEST(MatrixTest, GivesBackWhatWasSet) {
  Random random;
  ForAllPatterns([&](Pattern p) {
    const int64_t rows = random.Int(1, 40), cols = random.Int(1, 5 * p.m);
    const Weights weights = AnyWeights(rows, cols, p, random);
    for (int32_t workload : kWorkloads) {
      ASSERT_TRUE(Holds(weights.Pack(workload), weights))
          << p.n << ":" << p.m << ", " << rows << " x " << cols << ", workload " << workload;
    }
  });
}

TEST(MatrixTest, GivesBackNanPayloads) {
  Random random;
  for (Pattern p : kPatterns) {
    const Weights weights = RealWeights(19, 70, p, random);
    for (int64_t r = 0; r < 19; ++r) SetBits(weights.w.Row(r) + r, r % 2 == 0 ? kQuietNanBits : kSignallingNanBits);
    for (int32_t workload : kWorkloads) {
      const Handle a = Create(19, 70, p, workload);
      ASSERT_TRUE(Succeeds(SetRows(a, weights, 0, 19, NM_ALLOW_NAN)));
      ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
      EXPECT_TRUE(Holds(a, weights)) << p.n << ":" << p.m;
    }
  }
}

TEST(MatrixTest, GivesBackAnyBlock) {
  Random random;
  const Weights weights = RealWeights(23, 37, {3, 5}, random);
  const FloatMatrix dense = Masked(weights.w, weights.mask);
  const FloatMatrix packed = CompressedValues(weights.w, weights.mask, {3, 5});
  for (int32_t workload : kWorkloads) {
    const Handle a = weights.Pack(workload);
    for (int64_t row0 = 0; row0 < 23; ++row0) {
      for (int64_t count = 1; row0 + count <= 23; count += 4) {
        const Placement placement = random.Pick(kPlacements);
        FloatMatrix w(count, 37, 41, placement), values(count, packed.cols(), packed.cols(), placement);
        BitMask mask(count, 37, placement);
        ASSERT_TRUE(Succeeds(nm_matrix_get_rows_f32(a.get(), row0, count, w.data(), 41)));
        ASSERT_TRUE(Succeeds(nm_matrix_get_compressed_f32(a.get(), row0, count, values.data(), mask.data())));
        for (int64_t r = 0; r < count; ++r) {
          for (int64_t c = 0; c < 37; ++c) {
            ASSERT_EQ(w.BitsAt(r, c), dense.BitsAt(row0 + r, c));
            ASSERT_EQ(mask.Get(r, c), weights.mask.Get(row0 + r, c));
          }
          for (int64_t i = 0; i < packed.cols(); ++i) ASSERT_EQ(values.BitsAt(r, i), packed.BitsAt(row0 + r, i));
        }
      }
    }
  }
}

TEST(MatrixTest, RowsMayComeInAnyBlocksAndOrder) {
  Random random;
  const Weights weights = AnyWeights(61, 45, {2, 4}, random);
  for (int32_t workload : kWorkloads) {
    for (int64_t block : {1, 2, 3, 7, 16, 60, 61}) {
      const Handle a = Create(61, 45, {2, 4}, workload);
      std::vector<int64_t> starts;
      for (int64_t row0 = 0; row0 < 61; row0 += block) starts.push_back(row0);
      std::shuffle(starts.begin(), starts.end(), random.engine());
      for (int64_t row0 : starts) {
        ASSERT_TRUE(Succeeds(SetRows(a, weights, row0, std::min<int64_t>(block, 61 - row0))));
      }
      ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
      EXPECT_TRUE(Holds(a, weights)) << "blocks of " << block;
    }
  }
}

TEST(MatrixTest, TheLastSettingOfARowCounts) {
  Random random;
  const Weights weights = AnyWeights(29, 45, {3, 5}, random), former = AnyWeights(29, 45, {3, 5}, random);
  for (int32_t workload : kWorkloads) {
    const Handle a = Create(29, 45, {3, 5}, workload);
    ASSERT_TRUE(Succeeds(SetRows(a, former, 0, 29)));
    ASSERT_TRUE(Succeeds(SetRows(a, weights, 10, 19)));
    ASSERT_TRUE(Succeeds(SetRows(a, former, 8, 3)));
    ASSERT_TRUE(Succeeds(SetRows(a, weights, 0, 11)));
    ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
    EXPECT_TRUE(Holds(a, weights));
  }
}

TEST(MatrixTest, TakesThePortableFormat) {
  Random random;
  for (Pattern p : kPatterns) {
    const Weights weights = AnyWeights(23, 77, p, random);
    const BitMask full = Completed(weights.mask, p);
    const FloatMatrix values = CompressedValues(weights.w, weights.mask, p);
    for (int32_t workload : kWorkloads) {
      const Handle a = Create(23, 77, p, workload);
      for (int64_t row0 : {16, 0, 8}) {
        const int64_t count = std::min<int64_t>(8, 23 - row0);
        ASSERT_TRUE(Succeeds(nm_matrix_set_compressed_f32(a.get(), row0, count, values.Row(row0), full.Row(row0), 0)));
      }
      ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
      EXPECT_TRUE(Holds(a, weights)) << p.n << ":" << p.m;
    }
  }
}

// A mask as another tool may write it: what stands in the spare bits is no weight.
TEST(MatrixTest, SpareBitsOfMasksAreNoWeights) {
  Random random;
  const Weights weights = RealWeights(7, 21, {2, 4}, random);
  const Weights dirty{Copy(weights.w), Copy(weights.mask), {2, 4}};
  for (int64_t r = 0; r < 7; ++r) dirty.mask.Row(r)[2] |= 0b11100000;
  const FloatMatrix values = CompressedValues(weights.w, weights.mask, {2, 4});
  for (int32_t workload : kWorkloads) {
    EXPECT_TRUE(Holds(dirty.Pack(workload), weights));
    const Handle a = Create(7, 21, {2, 4}, workload);
    ASSERT_TRUE(Succeeds(nm_matrix_set_compressed_f32(a.get(), 0, 7, values.data(), dirty.mask.data(), 0)));
    ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
    EXPECT_TRUE(Holds(a, weights));
  }
}

TEST(MatrixTest, EmptyBlocksAreLegal) {
  Random random;
  const Weights weights = RealWeights(3, 8, {2, 4}, random);
  const Handle a = Create(3, 8, {2, 4}, NM_ANY_BATCH);
  EXPECT_TRUE(Succeeds(nm_matrix_set_rows_f32(a.get(), 0, 0, nullptr, 8, nullptr, 0)));
  EXPECT_TRUE(Succeeds(nm_matrix_set_rows_f32(a.get(), 3, 0, nullptr, 8, nullptr, 0)));
  EXPECT_TRUE(Succeeds(nm_matrix_set_compressed_f32(a.get(), 1, 0, nullptr, nullptr, 0)));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a.get()), {"0"})) << "empty blocks set nothing";
  Require(SetRows(a, weights, 0, 3));
  Require(nm_matrix_seal(a.get()));
  EXPECT_TRUE(Succeeds(nm_matrix_get_rows_f32(a.get(), 3, 0, nullptr, 8)));
  EXPECT_TRUE(Succeeds(nm_matrix_get_compressed_f32(a.get(), 0, 0, nullptr, nullptr)));
}

TEST(MatrixTest, SealNamesTheFirstMissingRow) {
  Random random;
  const Weights weights = RealWeights(151, 8, {2, 4}, random);
  const Handle a = Create(151, 8, {2, 4}, NM_ANY_BATCH);
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a.get()), {"row", "0"}));
  Require(SetRows(a, weights, 0, 137));
  Require(SetRows(a, weights, 139, 4));
  Require(SetRows(a, weights, 148, 3));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a.get()), {"row", "137"}));
  Require(SetRows(a, weights, 137, 2));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a.get()), {"row", "143"}));
  Require(SetRows(a, weights, 143, 5));
  ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get()))) << "a refused seal changes nothing";
  EXPECT_TRUE(Holds(a, weights));
}

TEST(MatrixTest, UseBeforeSealIsRefused) {
  Random random;
  const Weights weights = RealWeights(3, 8, {2, 4}, random);
  const Handle a = Create(3, 8, {2, 4}, NM_ANY_BATCH);
  Require(SetRows(a, weights, 0, 3));
  FloatMatrix w(3, 8), values(3, 4), x(8, 1), y(3, 1);
  x.Fill([](int64_t, int64_t) { return 1.0f; });
  BitMask mask(3, 8);
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_get_rows_f32(a.get(), 0, 3, w.data(), 8), {"sealed"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_STATE, nm_matrix_get_compressed_f32(a.get(), 0, 3, values.data(), mask.data()), {"sealed"}));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE,
                      nm_multiply_f32(a.get(), NM_FEATURE_MAJOR, 1, x.data(), 1, 1.0f, nullptr, 0, 0.0f, nullptr,
                                      NM_IDENTITY, y.data(), 1, 0, 1),
                      {"sealed"}));
  ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
  EXPECT_TRUE(Holds(a, weights));
}

TEST(MatrixTest, ChangeAfterSealIsRefused) {
  Random random;
  const Weights weights = RealWeights(3, 8, {2, 4}, random), other = RealWeights(3, 8, {2, 4}, random);
  const FloatMatrix values = CompressedValues(other.w, other.mask, {2, 4});
  const Handle a = weights.Pack(NM_ANY_BATCH);
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, SetRows(a, other, 0, 3), {"sealed"}));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE,
                      nm_matrix_set_compressed_f32(a.get(), 0, 3, values.data(), other.mask.data(), 0), {"sealed"}));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a.get()), {"sealed"}));
  EXPECT_TRUE(Holds(a, weights));
}

// Rows of a block that failed are unset, even if an earlier block had set them.
class FailedBlockTest : public testing::TestWithParam<int32_t> {
 protected:
  FailedBlockTest() : good_(RealWeights(151, 20, {3, 5}, random_)), a_(Create(151, 20, {3, 5}, GetParam())) {
    Require(SetRows(a_, good_, 0, 151));
  }

  // The block of rows 137..142 having failed, its setting again makes the matrix whole.
  void ExpectUnsetAndRepairable() {
    EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a_.get()), {"row", "137"}));
    ASSERT_TRUE(Succeeds(SetRows(a_, good_, 137, 6)));
    ASSERT_TRUE(Succeeds(nm_matrix_seal(a_.get())));
    EXPECT_TRUE(Holds(a_, good_));
  }

  Random random_;
  const Weights good_;
  const Handle a_;
};

TEST_P(FailedBlockTest, Nan) {
  const Weights bad = RealWeights(151, 20, {3, 5}, random_);
  bad.w.Row(141)[18] = kNan;
  Weights kept{Copy(bad.w), Copy(bad.mask), {3, 5}};
  for (int64_t c = 15; c < 20; ++c) kept.mask.Set(141, c, c == 18);
  EXPECT_TRUE(Refuses(NM_NAN, SetRows(a_, kept, 137, 6), {"141", "18"}));
  ExpectUnsetAndRepairable();
}

TEST_P(FailedBlockTest, NanInThePortableFormat) {
  FloatMatrix values = CompressedValues(good_.w, good_.mask, {3, 5});
  values(141, 4) = kNan;
  EXPECT_TRUE(Refuses(NM_NAN, nm_matrix_set_compressed_f32(a_.get(), 137, 6, values.Row(137), good_.mask.Row(137), 0),
                      {"141"}));
  ExpectUnsetAndRepairable();
}

TEST_P(FailedBlockTest, Breach) {
  Weights bad = RealWeights(151, 20, {3, 5}, random_);
  for (int64_t c = 15; c < 19; ++c) bad.mask.Set(141, c);
  bad.mask.Set(141, 19, false);
  EXPECT_TRUE(Refuses(NM_PATTERN_BREACH, SetRows(a_, bad, 137, 6), {"141", "15", "3", "5", "4"}));
  ExpectUnsetAndRepairable();
}

TEST_P(FailedBlockTest, IncompleteGroupInThePortableFormat) {
  const FloatMatrix values = CompressedValues(good_.w, good_.mask, {3, 5});
  BitMask mask = Copy(good_.mask);
  int64_t c = 15;
  while (!mask.Get(141, c)) ++c;
  mask.Set(141, c, false);
  EXPECT_TRUE(Refuses(NM_PATTERN_BREACH,
                      nm_matrix_set_compressed_f32(a_.get(), 137, 6, values.Row(137), mask.Row(137), 0),
                      {"141", "15", "3", "5", "2"}));
  ExpectUnsetAndRepairable();
}

INSTANTIATE_TEST_SUITE_P(Workloads, FailedBlockTest, testing::ValuesIn(kWorkloads),
                         [](const auto& info) { return WorkloadName(info.param); });

TEST(MatrixTest, KeepsNoPointerToWhatItWasMadeFrom) {
  Random random;
  Handle a;
  Multiplication product(NM_FEATURE_MAJOR, 17, 40, 9);
  product.FillIntegers(random);
  FloatMatrix result(17, 9);
  {
    const Weights weights = IntegerWeights(17, 40, {2, 4}, random);
    a = weights.Pack(NM_ANY_BATCH);
    ASSERT_TRUE(Succeeds(product.Run(a.get())));
    result.Fill([&](int64_t r, int64_t c) { return product.y(r, c); });
  }  // the weights' pages are gone now
  ASSERT_TRUE(Succeeds(product.Run(a.get())));
  EXPECT_TRUE(SameBits(result, product.y));
}

int64_t Bytes(const Handle& a) {
  int64_t bytes = -1;
  Require(nm_matrix_bytes(a.get(), &bytes));
  return bytes;
}

TEST(MatrixTest, BytesCountThePacking) {
  Random random;
  constexpr int64_t kDense = 512 * 512 * 4;
  for (Pattern p : {Pattern{2, 4}, {1, 4}, {1, 16}}) {
    const Weights weights = RealWeights(512, 512, p, random);
    const int64_t small = Bytes(weights.Pack(NM_SMALL_BATCH)), large = Bytes(weights.Pack(NM_LARGE_BATCH));
    const int64_t values = kDense * p.n / p.m;
    EXPECT_GE(small, values);
    EXPECT_GE(large, values);
    EXPECT_LT(small, kDense) << "compressed weights take less memory than dense ones";
    EXPECT_GE(Bytes(weights.Pack(NM_ANY_BATCH)), std::max(small, large));
  }
}

TEST(MatrixTest, KernelHasAStaticNameOfItsIsa) {
  Random random;
  const Weights weights = RealWeights(40, 64, {2, 4}, random);
  for (int32_t workload : kWorkloads) {
    Handle a = weights.Pack(workload);
    for (int32_t layout : kLayouts) {
      for (int64_t batch : {1, 8, 64, 1000}) {
        const char* name = nullptr;
        ASSERT_TRUE(Succeeds(nm_matrix_kernel(a.get(), layout, batch, &name)));
        ASSERT_NE(name, nullptr);
        const std::string text = name, isa = kIsaNames[std::min<int32_t>(ActiveIsa(), NM_ISA_AVX512)];
        EXPECT_EQ(text.substr(0, 4), "f32_");
        EXPECT_TRUE(text.size() > isa.size() && text.substr(text.size() - isa.size()) == isa) << text;
        const char* again = nullptr;
        Require(nm_matrix_kernel(a.get(), layout, batch, &again));
        EXPECT_EQ(again, name);
      }
    }
  }
}

TEST(MatrixTest, FreeTakesNullAndAnyState) {
  EXPECT_TRUE(Succeeds(nm_matrix_free(nullptr)));
  Random random;
  const Weights weights = RealWeights(3, 8, {2, 4}, random);
  Handle fresh = Create(3, 8, {2, 4}, NM_ANY_BATCH);
  EXPECT_TRUE(Succeeds(nm_matrix_free(fresh.release())));
  Handle partly = Create(3, 8, {2, 4}, NM_ANY_BATCH);
  Require(SetRows(partly, weights, 1, 1));
  EXPECT_TRUE(Succeeds(nm_matrix_free(partly.release())));
  EXPECT_TRUE(Succeeds(nm_matrix_free(weights.Pack(NM_ANY_BATCH).release())));
}

}  // namespace
}  // namespace nm4j_test
