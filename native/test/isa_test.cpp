/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Which instruction set is in use, and why.
#include "support/isa.h"

#include <gtest/gtest.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "support/multiplication.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

#if defined(__x86_64__)
// As the operating system lists it.
bool HasCpuFlag(const std::string& flag) {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("flags", 0) == 0) return ContainsWord(line, flag.c_str());
  }
  return false;
}
#endif

// The compiler's own detection, operating system support included; of tiles, about which GCC 12 is wrong, the system's.
int32_t CompilerDetectedIsa() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2")) {
    return NM_ISA_SCALAR;
  }
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return NM_ISA_AVX2;
  if (!__builtin_cpu_supports("avx512vnni") || !__builtin_cpu_supports("avx512vbmi")) return NM_ISA_AVX512;
  if (!__builtin_cpu_supports("avx512bf16")) return NM_ISA_AVX512_VNNI;
  const bool tiles = HasCpuFlag("amx_tile") && HasCpuFlag("amx_bf16") && HasCpuFlag("amx_int8");
  return tiles && __builtin_cpu_supports("avx512vbmi2") ? NM_ISA_AMX : NM_ISA_AVX512_BF16;
#else
  return NM_ISA_SCALAR;
#endif
}

// What NM4J_ISA leaves of the detected one.
int32_t AllowedIsa() {
  const char* asked = std::getenv("NM4J_ISA");
  for (int32_t isa = NM_ISA_SCALAR; asked != nullptr && isa <= kBestIsa; ++isa) {
    if (std::string(asked) == kIsaNames[isa]) return std::min(isa, CompilerDetectedIsa());
  }
  return CompilerDetectedIsa();
}

TEST(IsaTest, DetectsWhatTheCompilerDetects) { EXPECT_EQ(DetectedIsa(), CompilerDetectedIsa()); }

TEST(IsaTest, EnvironmentLimits) { EXPECT_EQ(ActiveIsa(), AllowedIsa()); }

#if defined(__x86_64__) && defined(__linux__)
// Tiles make the process's signal frames 8 KiB larger.
TEST(IsaTest, AsksTheSystemForTilesOnlyWhereTheyAreAllowed) {
  const bool allowed = ActiveIsa() >= NM_ISA_AMX;
  constexpr int kGetPermitted = 0x1022, kTileData = 18;  // ARCH_GET_XCOMP_PERM of asm/prctl.h
  uint64_t permitted = 0;
  if (syscall(SYS_arch_prctl, kGetPermitted, &permitted) != 0) GTEST_SKIP() << "a system without such permissions";
  EXPECT_EQ((permitted >> kTileData & 1) != 0, allowed);
}
#endif

TEST(IsaTest, FeaturesNameWhatIsDetected) {
  EXPECT_STRNE(nm_cpu_name(), "");
  const std::string features = nm_cpu_features();
  if (DetectedIsa() >= NM_ISA_AVX2) {
    for (const char* feature : {"avx2", "fma"}) EXPECT_TRUE(ContainsWord(features, feature)) << features;
  }
  if (DetectedIsa() >= NM_ISA_AVX512) {
    for (const char* feature : {"avx512f", "avx512bw", "avx512dq", "avx512vl"}) {
      EXPECT_TRUE(ContainsWord(features, feature)) << features;
    }
  }
}

TEST(IsaTest, LimitLowersAndLifts) {
  for (int32_t limit = NM_ISA_SCALAR; limit <= kBestIsa; ++limit) {
    IsaLimit held(limit);
    EXPECT_EQ(ActiveIsa(), std::min(limit, AllowedIsa()));
  }
  EXPECT_EQ(ActiveIsa(), AllowedIsa());
}

TEST(IsaTest, ReasonNamesTheActiveOne) {
  for (int32_t limit = NM_ISA_SCALAR; limit <= kBestIsa; ++limit) {
    IsaLimit held(limit);
    EXPECT_TRUE(ContainsWord(nm_isa_reason(), kIsaNames[ActiveIsa()])) << nm_isa_reason();
  }
}

TEST(IsaTest, ReasonNamesTheLimit) {
  IsaLimit held(NM_ISA_SCALAR);
  const bool limits = AllowedIsa() > NM_ISA_SCALAR;  // else NM4J_ISA or the machine did before
  EXPECT_EQ(ContainsWord(nm_isa_reason(), "nm_isa_limit"), limits) << nm_isa_reason();
}

TEST(IsaTest, Refusals) {
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_isa_limit(-1), {"-1", kIsaNames[kBestIsa]}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_isa_limit(kBestIsa + 1), {std::to_string(kBestIsa + 1)}));
  EXPECT_EQ(ActiveIsa(), AllowedIsa()) << "a refused limit has no effect";
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_isa_detected(nullptr), {"isa", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_isa_active(nullptr), {"isa", "null"}));
}

TEST(IsaTest, EveryLevelMultiplies) {
  Random random;
  const Weights weights = IntegerWeights(37, 75, {2, 4}, random);
  for (int32_t limit = NM_ISA_SCALAR; limit <= kBestIsa; ++limit) {
    IsaLimit held(limit);
    for (int32_t workload : kWorkloads) {
      const Handle a = weights.Pack(workload);
      for (int32_t layout : kLayouts) {
        for (int64_t batch : {1, 9, 77}) {
          Multiplication product(layout, 37, 75, batch);
          product.FillIntegers(random);
          ASSERT_TRUE(Succeeds(product.Run(a.get())));
          EXPECT_TRUE(Matches(product, weights, Accuracy::kExact)) << kIsaNames[limit];
        }
      }
    }
  }
}

TEST(IsaTest, MatricesKeepTheirKernels) {
  Random random;
  const Weights weights = RealWeights(37, 75, {2, 4}, random);
  const Handle a = weights.Pack(NM_ANY_BATCH);
  for (int32_t layout : kLayouts) {
    for (int64_t batch : {1, 77}) {
      const char* before = nullptr;
      ASSERT_TRUE(Succeeds(nm_matrix_kernel(a.get(), layout, batch, &before)));
      Multiplication product(layout, 37, 75, batch);
      product.FillReals(random);
      ASSERT_TRUE(Succeeds(product.Run(a.get())));
      const FloatMatrix result = Copy(product.y);

      IsaLimit held(NM_ISA_SCALAR);
      const char* after = nullptr;
      ASSERT_TRUE(Succeeds(nm_matrix_kernel(a.get(), layout, batch, &after)));
      EXPECT_STREQ(after, before);
      ASSERT_TRUE(Succeeds(product.Run(a.get())));
      EXPECT_TRUE(SameBits(result, product.y)) << product.Describe();
    }
  }
}

// The variable is read once, so each value needs a process of its own.
class IsaEnvironmentDeathTest : public testing::Test {
 protected:
  void TearDown() override {
    if (former_.has_value()) {
      setenv("NM4J_ISA", former_->c_str(), 1);
    } else {
      unsetenv("NM4J_ISA");
    }
  }

 private:
  static std::optional<std::string> Former() {
    const char* value = std::getenv("NM4J_ISA");
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  }

  const std::optional<std::string> former_ = Former();
};

[[noreturn]] void ReportIsa() {
  int32_t isa = -1;
  const int32_t status = nm_isa_active(&isa);
  std::fprintf(stderr, "%s, isa %d, message: %s, reason: %s\n", nm_status_name(status), isa, nm_last_error(),
               nm_isa_reason());
  std::exit(0);
}

[[noreturn]] void ReportCreate() {
  nm_matrix* a = nullptr;
  const int32_t status = nm_matrix_create(4, 8, 2, 4, NM_F32, NM_ANY_BATCH, &a);
  std::fprintf(stderr, "%s, message: %s\n", nm_status_name(status), nm_last_error());
  std::exit(a == nullptr ? 0 : 1);
}

TEST_F(IsaEnvironmentDeathTest, UnknownValuesAreRefused) {
  for (const char* value : {"sse9", "AVX2", "avx2 ", "avx51", "2"}) {
    setenv("NM4J_ISA", value, 1);
    EXPECT_EXIT(ReportIsa(), testing::ExitedWithCode(0),
                std::string("NM_INVALID_ARGUMENT, .*NM4J_ISA.*") + value + ".*, reason");
    EXPECT_EXIT(ReportCreate(), testing::ExitedWithCode(0), std::string("NM_INVALID_ARGUMENT, .*NM4J_ISA.*") + value);
  }
}

TEST_F(IsaEnvironmentDeathTest, KnownValuesAreHeld) {
  for (int32_t isa = NM_ISA_SCALAR; isa <= CompilerDetectedIsa(); ++isa) {
    setenv("NM4J_ISA", kIsaNames[isa], 1);
    EXPECT_EXIT(ReportIsa(), testing::ExitedWithCode(0),
                "NM_OK, isa " + std::to_string(isa) + ", .*reason: .*" + kIsaNames[isa]);
  }
  if (CompilerDetectedIsa() > NM_ISA_SCALAR) {
    setenv("NM4J_ISA", "scalar", 1);
    EXPECT_EXIT(ReportIsa(), testing::ExitedWithCode(0), "reason: scalar, limited by NM4J_ISA=scalar");
  }
}

TEST_F(IsaEnvironmentDeathTest, UnsetMeansTheBest) {
  unsetenv("NM4J_ISA");
  EXPECT_EXIT(ReportIsa(), testing::ExitedWithCode(0),
              "NM_OK, isa " + std::to_string(CompilerDetectedIsa()) + ", .*the best this CPU supports");
}

}  // namespace
}  // namespace nm4j_test
