// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// cuSPARSELt, opened at run time, once per process.
#ifndef NM4J_CUDA_LT_LIBRARY_H_
#define NM4J_CUDA_LT_LIBRARY_H_

#include <string>

#include "cuda/lt/declarations.h"
#include "cuda/runtime/device.h"

namespace nm {
namespace cuda {
namespace lt {

struct Version {
  int major, minor, patch;

  int number() const { return major * 1000000 + minor * 1000 + patch; }
  std::string text() const;
};

struct Library {
  Availability availability;
  std::string path;
  Version version;
  Functions functions;
};

// Opened by the first call; never closed, since handles live in threads that may outlast any owner.
const Library& library();

// NM_OK, or NM_CUDA_UNAVAILABLE with the reason.
int32_t require_library(const Library** out);

// NM_OK for kSuccess; else NM_CUDA_LT_FAILURE (NM_OUT_OF_MEMORY where it says so).
int32_t check_lt(Status status, const char* call);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

// Returns from the enclosing function when the call fails: NM_LT_TRY(functions, MatmulPlanDestroy, &plan).
#define NM_LT_TRY(functions, name, ...) \
  NM_TRY(::nm::cuda::lt::check_lt((functions).name(__VA_ARGS__), "cusparseLt" #name))

#endif  // NM4J_CUDA_LT_LIBRARY_H_
