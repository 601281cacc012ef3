/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_ISA_H_
#define NM4J_TEST_SUPPORT_ISA_H_

#include <cstdint>

#include "nm4j/nm4j.h"
#include "support/status.h"

namespace nm4j_test {

inline constexpr const char* kIsaNames[] = {"scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx"};
inline constexpr int32_t kBestIsa = NM_ISA_AMX;

inline int32_t DetectedIsa() {
  int32_t isa = -1;
  Require(nm_isa_detected(&isa));
  return isa;
}

inline int32_t ActiveIsa() {
  int32_t isa = -1;
  Require(nm_isa_active(&isa));
  return isa;
}

// Limits the process while it lives.
class IsaLimit {
 public:
  explicit IsaLimit(int32_t isa) { Require(nm_isa_limit(isa)); }
  IsaLimit(const IsaLimit&) = delete;
  IsaLimit& operator=(const IsaLimit&) = delete;
  ~IsaLimit() { nm_isa_limit(kBestIsa); }
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_ISA_H_
