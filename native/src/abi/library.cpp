// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Version, machine and instruction set.
#include <string>

#include "abi/check.h"
#include "abi/status.h"
#include "cpu/isa.h"

namespace nm {

int32_t check_isa_request() {
  const IsaRequest& request = requested_isa();
  if (request.valid) return NM_OK;
  return fail(NM_INVALID_ARGUMENT,
              "NM4J_ISA: expected scalar, avx2, avx512, avx512vnni, avx512bf16 or amx, got \"%.64s\"",
              request.text.c_str());
}

}  // namespace nm

using nm::fail;
using nm::guarded;

const char* nm_version(void) { return NM4J_VERSION; }

const char* nm_cpu_name(void) { return nm::cpu_name().c_str(); }

const char* nm_cpu_features(void) { return nm::cpu_features().c_str(); }

int32_t nm_isa_detected(int32_t* isa) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("isa", isa));
    *isa = nm::detected_isa();
    return int32_t{NM_OK};
  });
}

int32_t nm_isa_active(int32_t* isa) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("isa", isa));
    NM_TRY(nm::check_isa_request());
    *isa = nm::active_isa();
    return int32_t{NM_OK};
  });
}

const char* nm_isa_reason(void) {
  thread_local std::string reason;
  reason = nm::isa_reason();
  return reason.c_str();
}

int32_t nm_isa_limit(int32_t isa) {
  return guarded([&]() -> int32_t {
    if (isa < NM_ISA_SCALAR || isa > nm::kBestIsa) {
      return fail(NM_INVALID_ARGUMENT, "isa: expected 0 (scalar) to %d (%s), got %d", nm::kBestIsa,
                  nm::isa_name(nm::kBestIsa), isa);
    }
    nm::limit_isa(static_cast<nm_isa>(isa));
    return NM_OK;
  });
}
