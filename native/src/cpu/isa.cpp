// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cpu/isa.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#ifdef NM4J_X86
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace nm {
namespace {

std::atomic<nm_isa> limit{kBestIsa};

#ifdef NM4J_X86
// Tiles of bf16 and of int8, and the operating system's permission for this process to use them: Linux gives it on
// request, for good, as the registers are large. Not asked for where NM4J_ISA forbids tiles. (GCC 12's
// __builtin_cpu_supports says no on CPUs that have them.)
bool detect_amx() {
#ifdef __linux__
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24, kInt8 = 1u << 25;
  if ((d & kBf16) == 0 || (d & kTile) == 0 || (d & kInt8) == 0) return false;
  // ARCH_GET_XCOMP_SUPP and ARCH_REQ_XCOMP_PERM of asm/prctl.h.
  constexpr int kGetSupported = 0x1021, kRequestPermission = 0x1023, kTileData = 18;
  uint64_t supported = 0;
  if (syscall(SYS_arch_prctl, kGetSupported, &supported) != 0 || (supported >> kTileData & 1) == 0) return false;
  if (requested_isa().isa < NM_ISA_AMX) return true;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

// __builtin_cpu_supports also asks the operating system (XGETBV) whether it saves the registers.
nm_isa detect() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx2) return NM_ISA_SCALAR;
  if (!avx512) return NM_ISA_AVX2;
  // The kernels permute bytes too, which the first CPUs with VNNI (Cascade Lake, Cooper Lake) cannot.
  if (!__builtin_cpu_supports("avx512vnni") || !__builtin_cpu_supports("avx512vbmi")) return NM_ISA_AVX512;
  if (!__builtin_cpu_supports("avx512bf16")) return NM_ISA_AVX512_VNNI;
  return __builtin_cpu_supports("avx512vbmi2") && detect_amx() ? NM_ISA_AMX : NM_ISA_AVX512_BF16;
}

bool read_intel() {
  __builtin_cpu_init();
  return __builtin_cpu_is("intel");
}

std::string read_name() {
  unsigned words[12];
  if (__get_cpuid_max(0x80000000u, nullptr) < 0x80000004u) return "unknown x86 CPU";
  for (unsigned leaf = 0; leaf < 3; ++leaf) {
    __get_cpuid(0x80000002u + leaf, &words[4 * leaf], &words[4 * leaf + 1], &words[4 * leaf + 2], &words[4 * leaf + 3]);
  }
  char text[sizeof words + 1] = {};
  std::memcpy(text, words, sizeof words);
  const char* begin = text;
  while (*begin == ' ') ++begin;
  std::string name = begin;
  while (!name.empty() && name.back() == ' ') name.pop_back();
  return name.empty() ? "unknown x86 CPU" : name;
}

std::string read_features() {
  std::string list;
  // The builtin takes literals only.
#define NM_FEATURE(name) \
  if (__builtin_cpu_supports(name)) list += list.empty() ? name : " " name
  NM_FEATURE("sse4.2");
  NM_FEATURE("avx");
  NM_FEATURE("fma");
  NM_FEATURE("avx2");
  NM_FEATURE("bmi2");
  NM_FEATURE("avx512f");
  NM_FEATURE("avx512bw");
  NM_FEATURE("avx512dq");
  NM_FEATURE("avx512vl");
  NM_FEATURE("avx512vnni");
  NM_FEATURE("avx512vbmi");
  NM_FEATURE("avx512bf16");
  NM_FEATURE("avx512vbmi2");
#undef NM_FEATURE
  if (detected_isa() >= NM_ISA_AMX) list += " amx";
  return list;
}
#else
nm_isa detect() { return NM_ISA_SCALAR; }
bool read_intel() { return false; }
std::string read_name() { return "CPU without an nm4j SIMD kernel"; }
std::string read_features() { return ""; }
#endif

IsaRequest read_request() {
  const char* text = std::getenv("NM4J_ISA");
  if (text == nullptr || *text == '\0') return {"", true, kBestIsa};
  for (int isa = NM_ISA_SCALAR; isa <= kBestIsa; ++isa) {
    const auto candidate = static_cast<nm_isa>(isa);
    if (std::strcmp(text, isa_name(candidate)) == 0) return {text, true, candidate};
  }
  return {text, false, kBestIsa};
}

}  // namespace

nm_isa detected_isa() {
  static const nm_isa isa = detect();
  return isa;
}

bool is_intel() {
  static const bool intel = read_intel();
  return intel;
}

const std::string& cpu_name() {
  static const std::string name = read_name();
  return name;
}

const std::string& cpu_features() {
  static const std::string features = read_features();
  return features;
}

const char* isa_name(nm_isa isa) {
  constexpr const char* kNames[] = {"scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx"};
  return kNames[isa];
}

const IsaRequest& requested_isa() {
  static const IsaRequest request = read_request();
  return request;
}

void limit_isa(nm_isa isa) { limit = isa; }

nm_isa limited_isa() { return limit; }

nm_isa active_isa() { return std::min({detected_isa(), requested_isa().isa, limit.load()}); }

std::string isa_reason() {
  const nm_isa active = active_isa();
  const IsaRequest& request = requested_isa();
  const std::string name = isa_name(active);
  if (active < detected_isa()) {
    const bool by_environment = request.isa == active;
    return name + ", limited by " + (by_environment ? "NM4J_ISA=" + request.text : std::string("nm_isa_limit")) +
           " (this CPU supports " + isa_name(detected_isa()) + ")";
  }
  const bool asked_higher = !request.text.empty() && request.isa > active;
  return name + ", the best this CPU supports" + (asked_higher ? " (NM4J_ISA=" + request.text + " asks for more)" : "");
}

}  // namespace nm
