/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "support/crash_note.h"
#include "support/isa.h"
#include "support/random.h"

namespace nm4j_test {
namespace {

constexpr int kSkipped = 77;

class PrintSeed : public testing::Environment {
  void SetUp() override {
    std::printf("replay with NM4J_TEST_SEED=%llu\n", static_cast<unsigned long long>(RunSeed()));
    std::fflush(stdout);
  }
};

// Whether NM4J_ISA asks for an instruction set that this machine lacks; the library would fall back to a lower one, and
// the tests of that one would run twice under a wrong name.
bool AsksForMissingIsa() {
  const char* asked = std::getenv("NM4J_ISA");
  if (asked == nullptr) return false;
  int32_t detected = NM_ISA_SCALAR;
  // Fails where NM4J_ISA names nothing at all, which is a test's business.
  if (nm_isa_detected(&detected) != NM_OK) return false;
  for (int32_t isa = detected + 1; isa <= kBestIsa; ++isa) {
    if (std::strcmp(asked, kIsaNames[isa]) == 0) {
      std::printf("SKIPPED: this machine has no %s\n", asked);
      return true;
    }
  }
  return false;
}

}  // namespace
}  // namespace nm4j_test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  GTEST_FLAG_SET(death_test_style, "threadsafe");
#if !defined(__SANITIZE_ADDRESS__)  // which explains a fault better itself
  nm4j_test::InstallCrashHandler();
#endif
  testing::AddGlobalTestEnvironment(new nm4j_test::PrintSeed);
  if (!GTEST_FLAG_GET(list_tests) && nm4j_test::AsksForMissingIsa()) return nm4j_test::kSkipped;
  return RUN_ALL_TESTS();
}
