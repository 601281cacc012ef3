/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// How the functions on packed matrices refuse their arguments.
#include <gtest/gtest.h>

#include <string>

#include "nm4j/nm4j.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;

// The output starts as something else than NULL, which a refusal must replace.
testing::AssertionResult RefusesToCreate(int32_t status, int64_t rows, int64_t cols, Pattern p, int32_t dtype,
                                         int32_t workload, std::initializer_list<std::string> words) {
  const Handle other = Create(1, 2, {1, 2}, NM_ANY_BATCH);
  nm_matrix* a = other.get();
  const auto refused = Refuses(status, nm_matrix_create(rows, cols, p.n, p.m, dtype, workload, &a), words);
  if (refused && a != nullptr) return testing::AssertionFailure() << "*out is not NULL";
  return refused;
}

TEST(CreateTest, Sizes) {
  EXPECT_TRUE(RefusesToCreate(NM_INVALID_ARGUMENT, 0, 8, {2, 4}, NM_F32, NM_ANY_BATCH, {"0"}));
  EXPECT_TRUE(RefusesToCreate(NM_INVALID_ARGUMENT, -7, 8, {2, 4}, NM_F32, NM_ANY_BATCH, {"-7"}));
  EXPECT_TRUE(RefusesToCreate(NM_INVALID_ARGUMENT, 8, 0, {2, 4}, NM_F32, NM_ANY_BATCH, {"0"}));
  EXPECT_TRUE(RefusesToCreate(NM_INVALID_ARGUMENT, 8, -7, {2, 4}, NM_F32, NM_ANY_BATCH, {"-7"}));
}

TEST(CreateTest, Patterns) {
  for (Pattern p : {Pattern{0, 4}, {4, 4}, {5, 4}, {-1, 4}, {1, 33}, {1, -4}, {INT32_MIN, INT32_MAX}}) {
    EXPECT_TRUE(RefusesToCreate(NM_INVALID_PATTERN, 8, 8, p, NM_F32, NM_ANY_BATCH,
                                {std::to_string(p.n) + ":" + std::to_string(p.m), "32"}));
  }
}

TEST(CreateTest, Enums) {
  EXPECT_TRUE(RefusesToCreate(NM_INVALID_ARGUMENT, 8, 8, {2, 4}, NM_U8, NM_ANY_BATCH, {"dtype", "3"}));
  EXPECT_TRUE(RefusesToCreate(NM_INVALID_ARGUMENT, 8, 8, {2, 4}, NM_S32, NM_ANY_BATCH, {"dtype", "4"}));
  EXPECT_TRUE(RefusesToCreate(NM_INVALID_ARGUMENT, 8, 8, {2, 4}, 77, NM_ANY_BATCH, {"dtype", "77"}));
  EXPECT_TRUE(RefusesToCreate(NM_INVALID_ARGUMENT, 8, 8, {2, 4}, -1, NM_ANY_BATCH, {"dtype", "-1"}));
  for (int32_t workload : {0, 77, -1}) {
    EXPECT_TRUE(
        RefusesToCreate(NM_INVALID_ARGUMENT, 8, 8, {2, 4}, NM_F32, workload, {"workload", std::to_string(workload)}));
  }
}

TEST(CreateTest, Overflow) {
  const std::string huge = std::to_string(kHuge);
  for (int32_t workload : kWorkloads) {
    EXPECT_TRUE(RefusesToCreate(NM_OVERFLOW, kHuge, 1, {1, 2}, NM_F32, workload, {huge}));
    EXPECT_TRUE(RefusesToCreate(NM_OVERFLOW, 1, kHuge, {1, 2}, NM_F32, workload, {huge}));
    EXPECT_TRUE(RefusesToCreate(NM_OVERFLOW, kHuge, kHuge, {2, 4}, NM_F32, workload, {huge}));
    EXPECT_TRUE(RefusesToCreate(NM_OVERFLOW, INT64_MAX, INT64_MAX, {31, 32}, NM_F32, workload, {}));
  }
}

TEST(CreateTest, MissingOutput) {
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_matrix_create(8, 8, 2, 4, NM_F32, NM_ANY_BATCH, nullptr), {"out", "null"}));
}

class MatrixArgumentsTest : public testing::Test {
 protected:
  MatrixArgumentsTest()
      : weights_(RealWeights(131, 1019, {3, 5}, random_)),
        values_(CompressedValues(weights_.w, weights_.mask, {3, 5})),
        fresh_(Create(131, 1019, {3, 5}, NM_ANY_BATCH)),
        sealed_(weights_.Pack(NM_ANY_BATCH)),
        w_(131, 1019) {}

  int32_t Set(int64_t row0, int64_t count, int64_t ld = 1019, int32_t flags = 0) {
    return nm_matrix_set_rows_f32(fresh_.get(), row0, count, weights_.w.data(), ld, weights_.mask.data(), flags);
  }
  int32_t SetCompressed(int64_t row0, int64_t count, int32_t flags = 0) {
    return nm_matrix_set_compressed_f32(fresh_.get(), row0, count, values_.data(), weights_.mask.data(), flags);
  }
  int32_t Get(int64_t row0, int64_t count, int64_t ld = 1019) {
    return nm_matrix_get_rows_f32(sealed_.get(), row0, count, w_.data(), ld);
  }
  int32_t GetCompressed(int64_t row0, int64_t count) {
    return nm_matrix_get_compressed_f32(sealed_.get(), row0, count, values_.data(), weights_.mask.data());
  }

  Random random_;
  Weights weights_;
  FloatMatrix values_;
  Handle fresh_, sealed_;
  FloatMatrix w_;
};

TEST_F(MatrixArgumentsTest, MissingMatrix) {
  int64_t number;
  const char* name;
  float* const w = w_.data();
  uint8_t* const mask = weights_.mask.data();
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_f32(nullptr, 0, 1, w, 1019, mask, 0), {"null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_compressed_f32(nullptr, 0, 1, w, mask, 0), {"null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_seal(nullptr), {"null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_rows_f32(nullptr, 0, 1, w, 1019), {"null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_compressed_f32(nullptr, 0, 1, w, mask), {"null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_bytes(nullptr, &number), {"null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_kernel(nullptr, NM_FEATURE_MAJOR, 1, &name), {"null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_multiply_tiles(nullptr, NM_FEATURE_MAJOR, 1, &number), {"null"}));
}

TEST_F(MatrixArgumentsTest, MissingOutputs) {
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_bytes(sealed_.get(), nullptr), {"bytes", "null"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_matrix_kernel(sealed_.get(), NM_FEATURE_MAJOR, 1, nullptr), {"name", "null"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_multiply_tiles(sealed_.get(), NM_FEATURE_MAJOR, 1, nullptr), {"tiles", "null"}));
}

TEST_F(MatrixArgumentsTest, MissingBuffers) {
  float* const w = w_.data();
  uint8_t* const mask = weights_.mask.data();
  nm_matrix* const fresh = fresh_.get();
  nm_matrix* const sealed = sealed_.get();
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_f32(fresh, 0, 1, nullptr, 1019, mask, 0), {"w", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_rows_f32(fresh, 0, 1, w, 1019, nullptr, 0), {"mask", "null"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_compressed_f32(fresh, 0, 1, nullptr, mask, 0), {"values", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_set_compressed_f32(fresh, 0, 1, w, nullptr, 0), {"mask", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_rows_f32(sealed, 0, 1, nullptr, 1019), {"w", "null"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_compressed_f32(sealed, 0, 1, nullptr, mask), {"values", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_get_compressed_f32(sealed, 0, 1, w, nullptr), {"mask", "null"}));
}

TEST_F(MatrixArgumentsTest, RowsOutOfRange) {
  struct Range {
    int64_t row0, count, named;
  };
  for (Range range : {Range{-7, 1, -7},
                      {0, -7, -7},
                      {0, 132, 132},
                      {131, 1, 131},
                      {127, 5, 127},
                      {INT64_MAX, 1, INT64_MAX},
                      {1, INT64_MAX, INT64_MAX},
                      {INT64_MAX, INT64_MAX, INT64_MAX},
                      {INT64_MIN, 1, INT64_MIN},
                      {1, INT64_MIN, INT64_MIN}}) {
    const std::string named = std::to_string(range.named);
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Set(range.row0, range.count), {named}));
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, SetCompressed(range.row0, range.count), {named}));
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Get(range.row0, range.count), {named}));
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, GetCompressed(range.row0, range.count), {named}));
  }
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Set(127, 5), {"127", "5", "131"})) << "names what exists";
}

TEST_F(MatrixArgumentsTest, LeadingDimensions) {
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Set(0, 131, 1018), {"1019", "1018"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Get(0, 131, 1018), {"1019", "1018"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Set(0, 131, -1), {"1019", "-1"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, Set(0, 131, kHuge), {std::to_string(kHuge)}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, Get(0, 131, kHuge), {std::to_string(kHuge)}));
}

TEST_F(MatrixArgumentsTest, Flags) {
  for (int32_t flags : {2, 3, -1}) {
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Set(0, 1, 1019, flags), {"flags"}));
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, SetCompressed(0, 1, flags), {"flags"}));
  }
}

// The number of tiles must not wrap around where Y itself cannot exist.
TEST(MatrixLimitsTest, BatchBeyondMemory) {
  Random random;
  const Handle a = RealWeights(70001, 2, {1, 2}, random).Pack(NM_ANY_BATCH);
  for (int32_t layout : kLayouts) {
    for (int64_t batch : {kHuge, INT64_MAX}) {
      int64_t tiles = -7;
      EXPECT_TRUE(Refuses(NM_OVERFLOW, nm_multiply_tiles(a.get(), layout, batch, &tiles), {std::to_string(batch)}));
    }
  }
}

TEST_F(MatrixArgumentsTest, LayoutAndBatch) {
  int64_t tiles;
  const char* name;
  for (int32_t layout : {-1, 2, 77}) {
    const std::string given = std::to_string(layout);
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_multiply_tiles(sealed_.get(), layout, 8, &tiles), {"layout", given}));
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_kernel(sealed_.get(), layout, 8, &name), {"layout", given}));
  }
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_multiply_tiles(sealed_.get(), NM_BATCH_MAJOR, -7, &tiles), {"batch", "-7"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_matrix_kernel(sealed_.get(), NM_BATCH_MAJOR, -7, &name), {"batch", "-7"}));
}

}  // namespace
}  // namespace nm4j_test
