/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <gtest/gtest.h>

#include <cstdio>

#include "nm4j/nm4j_cuda.h"
#include "support/crash_note.h"
#include "support/random.h"

namespace nm4j_test {
namespace {

class PrintSetting : public testing::Environment {
  void SetUp() override {
    std::printf("replay with NM4J_TEST_SEED=%llu; %s\n", static_cast<unsigned long long>(RunSeed()),
                nm_cuda_simulated() ? "SIMULATED: the contract double, no GPU" : "on a GPU");
    std::fflush(stdout);
  }
};

}  // namespace
}  // namespace nm4j_test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  GTEST_FLAG_SET(death_test_style, "threadsafe");
#if !defined(__SANITIZE_ADDRESS__)  // which explains a fault better itself
  nm4j_test::InstallCrashHandler();
#endif
  testing::AddGlobalTestEnvironment(new nm4j_test::PrintSetting);
  return RUN_ALL_TESTS();
}
