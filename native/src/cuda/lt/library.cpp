// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/library.h"

#include <vector>

#include "cuda/runtime/shared_library.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

constexpr char kName[] = "libcusparseLt.so.0";
constexpr Version kOldest = {0, 6, 0}, kRefused = {0, 8, 0}, kNewest = {0, 10, 999}, kDestroysSelections = {0, 8, 0};

#if defined(__x86_64__)
#define NM_LT_TRIPLET "x86_64-linux-gnu"
#else
#define NM_LT_TRIPLET "aarch64-linux-gnu"
#endif

// Where NVIDIA's packages put the library since 0.8 (out of the loader's sight), and where toolkits are.
std::vector<std::string> candidates() {
  std::vector<std::string> paths = {kName};
  for (const char* folder : {"/usr/lib/" NM_LT_TRIPLET "/libcusparseLt/13/",
                             "/usr/lib/" NM_LT_TRIPLET "/libcusparseLt/12/", "/usr/local/cuda/lib64/"}) {
    paths.push_back(std::string(folder) + kName);
  }
  return paths;
}

// Finds the functions; the name of the first that is missing, or NULL.
const char* find_functions(const SharedLibrary& library, Functions* functions) {
#define NM_LT_FIND(name, result, arguments)                                                            \
  functions->name = reinterpret_cast<result(*) arguments>(find_function(library, "cusparseLt" #name)); \
  if (functions->name == nullptr) return "cusparseLt" #name;
  NM_LT_FUNCTIONS(NM_LT_FIND)
#undef NM_LT_FIND
  functions->MatmulAlgSelectionDestroy = reinterpret_cast<decltype(functions->MatmulAlgSelectionDestroy)>(
      find_function(library, "cusparseLtMatmulAlgSelectionDestroy"));
  return nullptr;
}

Availability check_version(const Library& found) {
  const int number = found.version.number();
  const std::string what = "cuSPARSELt " + found.version.text() + " (" + found.path + ")";
  if (number < kOldest.number()) {
    return {NM_CUDA_LT_TOO_OLD, what + " is older than 0.6, which numbers its types differently"};
  }
  if (number == kRefused.number()) {
    return {NM_CUDA_LT_REFUSED, what + " is refused for its defects; install 0.8.1 or newer"};
  }
  if (number > kNewest.number()) {
    return {NM_CUDA_LT_TOO_NEW, what + " is newer than 0.10, the newest that this nm4j was checked against"};
  }
  if (number >= kDestroysSelections.number() && found.functions.MatmulAlgSelectionDestroy == nullptr) {
    return {NM_CUDA_LT_BROKEN, what + " lacks cusparseLtMatmulAlgSelectionDestroy"};
  }
  return {NM_CUDA_AVAILABLE, what};
}

Library load() {
  Library result = {};
  const SharedLibrary opened = open_first("NM4J_CUSPARSELT", candidates());
  if (opened.handle == nullptr) {
    result.availability =
        opened.broken.empty()
            ? Availability{NM_CUDA_LT_MISSING, std::string(kName) + " was not found; tried " + opened.tried}
            : Availability{NM_CUDA_LT_BROKEN, std::string(kName) + " cannot be loaded: " + opened.broken};
    return result;
  }
  result.path = opened.path;
  const char* missing = find_functions(opened, &result.functions);
  if (result.functions.Init != nullptr) {
    result.path = path_of(reinterpret_cast<void*>(result.functions.Init), opened.path);
  }
  if (result.functions.GetProperty == nullptr && result.functions.Init != nullptr) {
    result.availability = {NM_CUDA_LT_TOO_OLD,
                           "cuSPARSELt (" + result.path + ") lacks cusparseLtGetProperty: it is older than 0.6"};
    return result;
  }
  if (missing != nullptr) {
    result.availability = {NM_CUDA_LT_BROKEN, result.path + " lacks " + missing};
    return result;
  }
  const struct {
    Property property;
    int* value;
  } properties[] = {{Property::kMajor, &result.version.major},
                    {Property::kMinor, &result.version.minor},
                    {Property::kPatch, &result.version.patch}};
  for (const auto& [property, value] : properties) {
    if (result.functions.GetProperty(property, value) != Status::kSuccess) {
      result.availability = {NM_CUDA_LT_BROKEN, result.path + " does not tell its version"};
      return result;
    }
  }
  result.availability = check_version(result);
  return result;
}

const char* status_name(Status status) {
  constexpr const char* kNames[] = {"SUCCESS",          "NOT_INITIALIZED", "ALLOC_FAILED",
                                    "INVALID_VALUE",    "ARCH_MISMATCH",   "MAPPING_ERROR",
                                    "EXECUTION_FAILED", "INTERNAL_ERROR",  "MATRIX_TYPE_NOT_SUPPORTED",
                                    "ZERO_PIVOT",       "NOT_SUPPORTED",   "INSUFFICIENT_RESOURCES"};
  const auto index = static_cast<size_t>(status);
  return index < sizeof kNames / sizeof *kNames ? kNames[index] : "an unknown status";
}

}  // namespace

std::string Version::text() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

const Library& library() {
  static const Library* const loaded = new Library(load());  // outlives threads that end after main
  return *loaded;
}

int32_t require_library(const Library** out) {
  *out = &library();
  if ((*out)->availability.reason == NM_CUDA_AVAILABLE) return NM_OK;
  return fail(NM_CUDA_UNAVAILABLE, "%s", (*out)->availability.text.c_str());
}

int32_t check_lt(Status status, const char* call) {
  if (status == Status::kSuccess) return NM_OK;
  const nm_status memory = NM_OUT_OF_MEMORY;
  return fail(status == Status::kAllocFailed ? int32_t{memory} : int32_t{NM_CUDA_LT_FAILURE},
              "%s: CUSPARSE_STATUS_%s (%d), cuSPARSELt %s", call, status_name(status), static_cast<int>(status),
              library().version.text().c_str());
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
