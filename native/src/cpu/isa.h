// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// What the CPU can do, and what of it may be used.
#ifndef NM4J_CPU_ISA_H_
#define NM4J_CPU_ISA_H_

#include <string>

#include "nm4j/nm4j.h"

namespace nm {

constexpr nm_isa kBestIsa = NM_ISA_AMX;

nm_isa detected_isa();
const std::string& cpu_name();
const std::string& cpu_features();
const char* isa_name(nm_isa isa);

// Whether Intel made the CPU; constants measured on its cores then apply (crossover.cpp).
bool is_intel();

// The environment variable NM4J_ISA as it was at first use.
struct IsaRequest {
  std::string text;  // "" when not set
  bool valid;
  nm_isa isa;  // kBestIsa when not set
};
const IsaRequest& requested_isa();

void limit_isa(nm_isa isa);
nm_isa limited_isa();
nm_isa active_isa();
std::string isa_reason();

}  // namespace nm

#endif  // NM4J_CPU_ISA_H_
