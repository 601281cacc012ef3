/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Memory that is not there: a status, not a crash. The limits are those of processes of their own.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

// Leaves the process `bytes` of address space in all.
void LimitAddressSpace(rlim_t bytes) {
  const rlimit limit{bytes, bytes};
  if (setrlimit(RLIMIT_AS, &limit) != 0) std::exit(2);
}

[[noreturn]] void CreateMoreThanFits() {
  Random random;
  const Weights weights = IntegerWeights(5, 8, {2, 4}, random);
  LimitAddressSpace(rlim_t{1} << 30);
  nm_matrix* a = nullptr;
  const int32_t status = nm_matrix_create(1 << 16, 1 << 16, 2, 4, NM_F32, NM_ANY_BATCH, &a);
  std::fprintf(stderr, "%s: %s\n", nm_status_name(status), nm_last_error());
  // The library goes on afterwards.
  std::exit(a == nullptr && weights.Pack(NM_ANY_BATCH) != nullptr ? 0 : 1);
}

TEST(OutOfMemoryDeathTest, CreateSaysSo) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer itself needs more address space than the test leaves";
#endif
  EXPECT_EXIT(CreateMoreThanFits(), testing::ExitedWithCode(0), "NM_OUT_OF_MEMORY: .*[0-9]+.*");
}

[[noreturn]] void TransposeWithoutMemory() {
  Random random;
  const Handle w = RealWeights(2048, 2048, {2, 4}, random).Pack(NM_LARGE_BATCH);
  LimitAddressSpace(1);
  nm_matrix* t = w.get();
  const int32_t status = nm_matrix_transpose(w.get(), &t);
  std::fprintf(stderr, "%s: %s\n", nm_status_name(status), nm_last_error());
  std::exit(t == nullptr ? 0 : 1);
}

TEST(OutOfMemoryDeathTest, TransposeSaysSo) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer itself needs more address space than the test leaves";
#endif
  EXPECT_EXIT(TransposeWithoutMemory(), testing::ExitedWithCode(0), "NM_OUT_OF_MEMORY: .*2048 x 2048.*");
}

}  // namespace
}  // namespace nm4j_test
