/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// How nm_multiply_f32 refuses its arguments: before it writes anything, and whatever the tile range.
#include <gtest/gtest.h>

#include <string>

#include "nm4j/nm4j.h"
#include "support/product_test.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kRows = 23, kCols = 41, kBatch = 17;

struct Arguments {
  const nm_matrix* a;
  int32_t layout;
  const float *x, *c, *bias;
  float* y;
  int64_t ldx, ldc, ldy;
  int64_t tile_end;
  int64_t batch = kBatch;
  float alpha = 1.0f, beta = 1.0f;
  int32_t activation = NM_IDENTITY;
  int64_t tile_begin = 0;
};

class MultiplyArgumentsTest : public testing::TestWithParam<int32_t> {
 protected:
  MultiplyArgumentsTest()
      : a_(IntegerWeights(kRows, kCols, {2, 4}, random_).Pack(NM_ANY_BATCH)),
        x_(Operand(kCols)),
        c_(Operand(kRows)),
        y_(Operand(kRows)),
        bias_(kRows) {
    x_.Fill([](int64_t, int64_t) { return 1.0f; });
    c_.Fill([](int64_t, int64_t) { return 1.0f; });
    y_.Fill([](int64_t, int64_t) { return 7.0f; });
    std::fill(bias_.begin(), bias_.end(), 1.0f);
    Require(nm_multiply_tiles(a_.get(), GetParam(), kBatch, &tiles_));
  }

  bool FeatureMajor() const { return GetParam() == NM_FEATURE_MAJOR; }
  FloatMatrix Operand(int64_t features) const {
    return FeatureMajor() ? FloatMatrix(features, kBatch, kBatch + 2) : FloatMatrix(kBatch, features, features + 2);
  }
  Arguments Legal() const {
    return {a_.get(), GetParam(), x_.data(), c_.data(), bias_.data(), y_.data(), x_.ld(), c_.ld(), y_.ld(), tiles_};
  }
  static int32_t Call(const Arguments& a) {
    return nm_multiply_f32(a.a, a.layout, a.batch, a.x, a.ldx, a.alpha, a.c, a.ldc, a.beta, a.bias, a.activation, a.y,
                           a.ldy, a.tile_begin, a.tile_end);
  }
  // For the whole range of tiles and for an empty one; Y keeps what it held.
  testing::AssertionResult Refused(int32_t status, Arguments a, std::initializer_list<std::string> words) {
    y_.buffer().ForbidWrites();
    if (auto refused = Refuses(status, Call(a), words); !refused) return refused;
    a.tile_end = a.tile_begin;
    return Refuses(status, Call(a), words) << " (for an empty range of tiles)";
  }

  Random random_;
  const Handle a_;
  FloatMatrix x_, c_, y_;
  GuardedBuffer<float> bias_;
  int64_t tiles_ = 0;
};

TEST_P(MultiplyArgumentsTest, LegalOnesAreAccepted) { EXPECT_TRUE(Succeeds(Call(Legal()))); }

TEST_P(MultiplyArgumentsTest, MissingPointers) {
  Arguments a = Legal();
  a.a = nullptr;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"null"}));
  a = Legal();
  a.x = nullptr;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"x", "null"}));
  a = Legal();
  a.y = nullptr;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"y", "null"}));
  a = Legal();
  a.c = nullptr;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"c", "null"}));
}

TEST_P(MultiplyArgumentsTest, MisalignedPointers) {
  const auto misaligned = [](const float* p) { return reinterpret_cast<float*>(reinterpret_cast<uintptr_t>(p) + 2); };
  Arguments a = Legal();
  a.x = misaligned(a.x);
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"x", "aligned"}));
  a = Legal();
  a.c = misaligned(a.c);
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"c", "aligned"}));
  a = Legal();
  a.bias = misaligned(a.bias);
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"bias", "aligned"}));
  a = Legal();
  a.y = misaligned(a.y);
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"y", "aligned"}));
}

TEST_P(MultiplyArgumentsTest, OptionalPointers) {
  Arguments a = Legal();
  a.bias = nullptr;
  EXPECT_TRUE(Succeeds(Call(a)));
  a.c = nullptr;
  a.beta = 0;
  EXPECT_TRUE(Succeeds(Call(a)));
}

TEST_P(MultiplyArgumentsTest, Enums) {
  for (int32_t value : {-1, 77, INT32_MAX}) {
    Arguments a = Legal();
    a.layout = value;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"layout", std::to_string(value)}));
    a = Legal();
    a.activation = value;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"activation", std::to_string(value)}));
  }
  Arguments a = Legal();
  a.layout = 2;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"layout", "2"}));
  a = Legal();
  a.activation = 3;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"activation", "3"}));
}

TEST_P(MultiplyArgumentsTest, NegativeBatch) {
  Arguments a = Legal();
  a.batch = -7;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"batch", "-7"}));
  a.batch = INT64_MIN;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"batch", "-9223372036854775808"}));
}

TEST_P(MultiplyArgumentsTest, ShortLeadingDimensions) {
  const int64_t width_x = FeatureMajor() ? kBatch : kCols, width_y = FeatureMajor() ? kBatch : kRows;
  for (int64_t lack : {int64_t{1}, int64_t{1000}}) {
    Arguments a = Legal();
    a.ldx = width_x - lack;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"x", std::to_string(width_x), std::to_string(a.ldx)}));
    a = Legal();
    a.ldc = width_y - lack;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"c", std::to_string(width_y), std::to_string(a.ldc)}));
    a = Legal();
    a.ldy = width_y - lack;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"y", std::to_string(width_y), std::to_string(a.ldy)}));
  }
}

TEST_P(MultiplyArgumentsTest, TileRanges) {
  struct Range {
    int64_t begin, end, named;
  };
  for (Range range : {Range{-1, 1, -1},
                      {0, tiles_ + 1, tiles_ + 1},
                      {0, -1, -1},
                      {1, 0, 1},
                      {tiles_ + 1, tiles_ + 1, tiles_ + 1},
                      {0, INT64_MAX, INT64_MAX},
                      {INT64_MIN, 0, INT64_MIN}}) {
    Arguments a = Legal();
    a.tile_begin = range.begin;
    a.tile_end = range.end;
    y_.buffer().ForbidWrites();
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Call(a), {"tiles", std::to_string(range.named), std::to_string(tiles_)}))
        << range.begin << " .. " << range.end << " of " << tiles_;
  }
}

TEST_P(MultiplyArgumentsTest, SizesBeyondMemory) {
  for (int64_t batch : {kHuge, INT64_MAX}) {
    Arguments a = Legal();
    a.batch = batch;
    if (FeatureMajor()) a.ldx = a.ldc = a.ldy = batch;
    EXPECT_TRUE(Refused(NM_OVERFLOW, a, {std::to_string(batch)}));
  }
  for (int64_t ld : {kHuge / 2, kHuge, INT64_MAX}) {
    Arguments a = Legal();
    a.ldx = ld;
    EXPECT_TRUE(Refused(NM_OVERFLOW, a, {std::to_string(ld)}));
    a = Legal();
    a.ldc = ld;
    EXPECT_TRUE(Refused(NM_OVERFLOW, a, {std::to_string(ld)}));
    a = Legal();
    a.ldy = ld;
    EXPECT_TRUE(Refused(NM_OVERFLOW, a, {std::to_string(ld)}));
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, MultiplyArgumentsTest, testing::ValuesIn(kLayouts),
                         [](const auto& info) { return LayoutName(info.param); });

}  // namespace
}  // namespace nm4j_test
