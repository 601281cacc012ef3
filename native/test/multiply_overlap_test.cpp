/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Y must not share an element with X, C or the bias, but may be C.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/product_test.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr int64_t kRows = 5, kCols = 6, kBatch = 4;
// The leading dimensions: without gaps or nearly so, and one that leaves room for another operand in the gaps.
constexpr int64_t kDense = 6, kNearlyDense = 7, kWide = 14;

// A view into memory that all operands share.
struct View {
  int64_t offset, rows, cols, ld;

  std::set<int64_t> Elements() const {
    std::set<int64_t> elements;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < cols; ++c) elements.insert(offset + r * ld + c);
    }
    return elements;
  }
};

enum class Relation { kShareElements, kInterleaved, kApart };

Relation Between(const View& a, const View& b) {
  const std::set<int64_t> in_a = a.Elements(), in_b = b.Elements();
  for (int64_t element : in_a) {
    if (in_b.count(element) != 0) return Relation::kShareElements;
  }
  return *in_a.rbegin() < *in_b.begin() || *in_b.rbegin() < *in_a.begin() ? Relation::kApart : Relation::kInterleaved;
}

class OverlapTest : public testing::TestWithParam<int32_t> {
 protected:
  OverlapTest() : weights_(IntegerWeights(kRows, kCols, {2, 4}, random_)), a_(weights_.Pack(NM_ANY_BATCH)) {
    std::fill(memory_.begin(), memory_.end(), 1.0f);
  }

  View Operand(int64_t features, int64_t offset, int64_t ld) const {
    return GetParam() == NM_FEATURE_MAJOR ? View{offset, features, kBatch, ld} : View{offset, kBatch, features, ld};
  }
  int32_t Multiply(const View& x, const View& c, const View& bias, const View& y) {
    int64_t tiles = -1;
    Require(nm_multiply_tiles(a_.get(), GetParam(), kBatch, &tiles));
    float* const m = memory_.data();
    return nm_multiply_f32(a_.get(), GetParam(), kBatch, m + x.offset, x.ld, 1.0f, m + c.offset, c.ld, 1.0f,
                           m + bias.offset, NM_IDENTITY, m + y.offset, y.ld, 0, tiles);
  }
  // Shared elements are refused before anything is written, and operands that lie apart are accepted. Operands that
  // interleave may be either, but for the column blocks below.
  testing::AssertionResult Follows(Relation relation, int32_t status) {
    const bool written = std::any_of(memory_.begin(), memory_.end(), [](float value) { return value != 1.0f; });
    Restore();
    if (status != NM_OK && written) return testing::AssertionFailure() << "wrote something before it refused";
    if (relation == Relation::kApart) return Succeeds(status);
    if (relation == Relation::kInterleaved && status == NM_OK) return testing::AssertionSuccess();
    return Refuses(NM_INVALID_ARGUMENT, status, {"overlapping"});
  }
  void Restore() { std::fill(memory_.begin(), memory_.end(), 1.0f); }

  Random random_;
  const Weights weights_;
  const Handle a_;
  GuardedBuffer<float> memory_{400};
  const View bias_{390, 1, kRows, kRows};
};

TEST_P(OverlapTest, WithX) {
  const View c = Operand(kRows, 300, kDense), y = Operand(kRows, 100, kWide);
  for (int64_t offset = 10; offset < 180; ++offset) {
    for (int64_t ldx : {kDense, kNearlyDense, kWide}) {
      const View x = Operand(kCols, offset, ldx);
      ASSERT_TRUE(Follows(Between(x, y), Multiply(x, c, bias_, y))) << "x from " << offset << ", ldx " << ldx;
    }
  }
}

TEST_P(OverlapTest, WithC) {
  const View x = Operand(kCols, 300, kDense), y = Operand(kRows, 100, kWide);
  for (int64_t offset = 10; offset < 180; ++offset) {
    for (int64_t ldc : {kDense, kNearlyDense, kWide}) {
      if (offset == y.offset && ldc == y.ld) continue;  // accumulation in place
      const View c = Operand(kRows, offset, ldc);
      ASSERT_TRUE(Follows(Between(c, y), Multiply(x, c, bias_, y))) << "c from " << offset << ", ldc " << ldc;
    }
  }
}

TEST_P(OverlapTest, WithBias) {
  const View x = Operand(kCols, 300, kDense), c = Operand(kRows, 200, kDense), y = Operand(kRows, 100, kWide);
  for (int64_t offset = 80; offset < 180; ++offset) {
    const View bias{offset, 1, kRows, kRows};
    ASSERT_TRUE(Follows(Between(bias, y), Multiply(x, c, bias, y))) << "bias from " << offset;
  }
}

// Column blocks of one wide buffer: nothing is shared.
TEST_P(OverlapTest, ColumnBlocksOfOneBuffer) {
  const View y = Operand(kRows, 100, kWide), c = Operand(kRows, 300, kDense);
  EXPECT_TRUE(Succeeds(Multiply(Operand(kCols, 106, kWide), c, bias_, y)));
  Restore();
  EXPECT_TRUE(Succeeds(Multiply(Operand(kCols, 94, kWide), c, bias_, y)));
  Restore();
  EXPECT_TRUE(Succeeds(Multiply(Operand(kCols, 200, kDense), Operand(kRows, 106, kWide), bias_, y)));
}

TEST_P(OverlapTest, InputsMayShareElements) {
  const View x = Operand(kCols, 100, kDense), c = Operand(kRows, 101, kDense), bias{102, 1, kRows, kRows};
  EXPECT_TRUE(Succeeds(Multiply(x, c, bias, Operand(kRows, 200, kDense))));
}

INSTANTIATE_TEST_SUITE_P(Layouts, OverlapTest, testing::ValuesIn(kLayouts),
                         [](const auto& info) { return LayoutName(info.param); });

}  // namespace
}  // namespace nm4j_test
