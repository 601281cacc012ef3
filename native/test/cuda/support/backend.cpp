/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cuda/support/backend.h"

#include <dlfcn.h>

namespace nm4j_test {
namespace {

template <typename Function>
Function Control(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

int64_t Ask(const char* name) {
  const auto ask = Control<int64_t (*)()>(name);
  return ask == nullptr ? 0 : ask();
}

}  // namespace

testing::AssertionResult CudaOk(int32_t status) {
  if (status == NM_OK) return testing::AssertionSuccess();
  return testing::AssertionFailure() << nm_cuda_status_name(status) << ": " << nm_cuda_last_error();
}

testing::AssertionResult CudaRefuses(int32_t expected, int32_t status, std::initializer_list<std::string> words) {
  if (status != expected) {
    return testing::AssertionFailure() << "expected " << nm_cuda_status_name(expected) << ", got "
                                       << nm_cuda_status_name(status)
                                       << (status == NM_OK ? "" : std::string(": ") + nm_cuda_last_error());
  }
  for (const std::string& word : words) {
    if (!ContainsWord(nm_cuda_last_error(), word)) {
      return testing::AssertionFailure() << "the message lacks \"" << word << "\": " << nm_cuda_last_error();
    }
  }
  return testing::AssertionSuccess();
}

bool Simulated() { return nm_cuda_simulated() == 1; }

int64_t LiveObjects() { return Ask("nm_double_live"); }
int64_t PendingOperations() { return Ask("nm_double_pending"); }
int64_t Calls() { return Ask("nm_double_calls"); }

void FailAt(int64_t k) {
  if (const auto fail = Control<void (*)(int64_t)>("nm_double_fail_at")) fail(k);
}

bool HasFailed() {
  const auto failed = Control<int32_t (*)()>("nm_double_failed");
  return failed != nullptr && failed() != 0;
}

void BreakConfig(int32_t config) {
  if (const auto break_config = Control<void (*)(int32_t)>("nm_double_break_config")) break_config(config);
}

}  // namespace nm4j_test
