/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// What the library says about itself, and how it reports failures.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <thread>

#include "nm4j/nm4j.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

void FailWith(int64_t rows) {
  int64_t bytes;
  ASSERT_EQ(nm_mask_bytes(rows, 8, &bytes), NM_INVALID_ARGUMENT);
}

TEST(LibraryTest, VersionHasThreeNumbers) {
  unsigned major, minor, patch;
  char rest;
  EXPECT_EQ(std::sscanf(nm_version(), "%u.%u.%u%c", &major, &minor, &patch, &rest), 3) << nm_version();
  EXPECT_EQ(nm_version(), nm_version()) << "not static";
}

TEST(LibraryTest, StatusesHaveTheirNames) {
  EXPECT_STREQ(nm_status_name(NM_OK), "NM_OK");
  EXPECT_STREQ(nm_status_name(NM_INVALID_ARGUMENT), "NM_INVALID_ARGUMENT");
  EXPECT_STREQ(nm_status_name(NM_INVALID_PATTERN), "NM_INVALID_PATTERN");
  EXPECT_STREQ(nm_status_name(NM_OVERFLOW), "NM_OVERFLOW");
  EXPECT_STREQ(nm_status_name(NM_PATTERN_BREACH), "NM_PATTERN_BREACH");
  EXPECT_STREQ(nm_status_name(NM_NAN), "NM_NAN");
  EXPECT_STREQ(nm_status_name(NM_OUT_OF_MEMORY), "NM_OUT_OF_MEMORY");
  EXPECT_STREQ(nm_status_name(NM_INVALID_STATE), "NM_INVALID_STATE");
  EXPECT_STREQ(nm_status_name(NM_UNSUPPORTED), "NM_UNSUPPORTED");
  EXPECT_STREQ(nm_status_name(NM_INTERNAL), "NM_INTERNAL");
  for (int32_t unknown : {-1, 10, 1000, INT32_MIN, INT32_MAX}) {
    EXPECT_STREQ(nm_status_name(unknown), "NM_UNKNOWN") << unknown;
  }
}

TEST(ErrorTest, AThreadWithoutFailuresHasNoMessage) {
  FailWith(-11);
  std::string message = "never asked";
  std::thread([&] { message = nm_last_error(); }).join();
  EXPECT_EQ(message, "");
}

TEST(ErrorTest, MessageSurvivesSuccesses) {
  FailWith(-11);
  const std::string message = nm_last_error();
  int64_t bytes;
  ASSERT_TRUE(Succeeds(nm_mask_bytes(1, 8, &bytes)));
  EXPECT_EQ(nm_last_error(), message);
}

TEST(ErrorTest, MessageIsOfTheLastFailure) {
  FailWith(-11);
  EXPECT_TRUE(ContainsWord(nm_last_error(), "-11")) << nm_last_error();
  FailWith(-12);
  EXPECT_TRUE(ContainsWord(nm_last_error(), "-12")) << nm_last_error();
  EXPECT_FALSE(ContainsWord(nm_last_error(), "-11")) << nm_last_error();
}

TEST(ErrorTest, MessageBelongsToItsThread) {
  FailWith(-11);
  std::thread([] { FailWith(-12); }).join();
  EXPECT_TRUE(ContainsWord(nm_last_error(), "-11")) << nm_last_error();
}

}  // namespace
}  // namespace nm4j_test
