/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// nm_mask_bytes and nm_kept_per_row.
#include <gtest/gtest.h>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/reference.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

int64_t MaskBytes(int64_t rows, int64_t cols) {
  int64_t bytes = -1;
  Require(nm_mask_bytes(rows, cols, &bytes));
  return bytes;
}

int64_t Kept(int64_t cols, Pattern p) {
  int64_t kept = -1;
  Require(nm_kept_per_row(cols, p.n, p.m, &kept));
  return kept;
}

TEST(MaskBytesTest, RowsStartAtBytes) {
  EXPECT_EQ(MaskBytes(3, 1), 3);
  EXPECT_EQ(MaskBytes(3, 8), 3);
  EXPECT_EQ(MaskBytes(3, 9), 6);
  EXPECT_EQ(MaskBytes(70000, 70001), 70000LL * 8751);
}

TEST(MaskBytesTest, EmptyIsLegal) {
  EXPECT_EQ(MaskBytes(0, 0), 0);
  EXPECT_EQ(MaskBytes(0, 9), 0);
  EXPECT_EQ(MaskBytes(9, 0), 0);
  EXPECT_EQ(MaskBytes(INT64_MAX, 0), 0);
  EXPECT_EQ(MaskBytes(0, INT64_MAX), 0);
}

TEST(MaskBytesTest, LargestSizes) {
  EXPECT_EQ(MaskBytes(INT64_MAX, 8), INT64_MAX);
  EXPECT_EQ(MaskBytes(1, INT64_MAX), int64_t{1} << 60);
  EXPECT_EQ(MaskBytes(7, INT64_MAX), 7 * (int64_t{1} << 60));
}

TEST(MaskBytesTest, Refusals) {
  int64_t bytes;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_bytes(-7, 8, &bytes), {"rows", "-7"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_bytes(8, -7, &bytes), {"cols", "-7"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_bytes(INT64_MIN, INT64_MIN, &bytes), {"rows"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_bytes(8, 8, nullptr), {"bytes", "null"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, nm_mask_bytes(8, INT64_MAX, &bytes), {"9223372036854775807"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, nm_mask_bytes(INT64_MAX, 9, &bytes), {"9223372036854775807"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, nm_mask_bytes(int64_t{1} << 62, int64_t{1} << 62, &bytes), {}));
}

TEST(KeptPerRowTest, MatchesTheReference) {
  ForAllPatterns([](Pattern p) {
    for (int64_t cols = 0; cols <= 130; ++cols) {
      ASSERT_EQ(Kept(cols, p), KeptPerRow(cols, p)) << p.n << ":" << p.m << ", " << cols << " columns";
    }
  });
}

TEST(KeptPerRowTest, ByHand) {
  EXPECT_EQ(Kept(8, {2, 4}), 4);
  EXPECT_EQ(Kept(9, {2, 4}), 5);
  EXPECT_EQ(Kept(11, {2, 4}), 6);
  EXPECT_EQ(Kept(5, {4, 8}), 4);
}

TEST(KeptPerRowTest, LargestSize) {
  // 2^63 - 1 columns: 2^58 - 1 groups of 32 and a short one of 31.
  EXPECT_EQ(Kept(INT64_MAX, {31, 32}), 31 * (int64_t{1} << 58));
  EXPECT_EQ(Kept(INT64_MAX, {1, 32}), int64_t{1} << 58);
}

TEST(KeptPerRowTest, Refusals) {
  int64_t kept;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_kept_per_row(-7, 2, 4, &kept), {"cols", "-7"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_kept_per_row(8, 2, 4, nullptr), {"kept", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_kept_per_row(8, 4, 4, &kept), {"4:4", "32"}));
}

}  // namespace
}  // namespace nm4j_test
