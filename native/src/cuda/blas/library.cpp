// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/blas/library.h"

#include <algorithm>
#include <vector>

#include "cuda/runtime/shared_library.h"

namespace nm {
namespace cuda {
namespace blas {
namespace {

constexpr int kOldest = 11;  // the first with types of computation

template <typename Function>
bool find(const SharedLibrary& library, const char* name, Function* function, std::string* missing) {
  *function = reinterpret_cast<Function>(find_function(library, name));
  if (*function == nullptr) *missing = library.path + " lacks " + name;
  return *function != nullptr;
}

bool find_all(const SharedLibrary& library, Functions* f, std::string* missing) {
  return find(library, "cublasGetProperty", &f->GetProperty, missing) &&
         find(library, "cublasCreate_v2", &f->Create, missing) &&
         find(library, "cublasDestroy_v2", &f->Destroy, missing) &&
         find(library, "cublasSetStream_v2", &f->SetStream, missing) &&
         find(library, "cublasGemmEx", &f->GemmEx, missing);
}

// That of the CUDA runtime in this library first: the driver takes it for certain.
std::vector<std::string> candidates() {
  int runtime = 0;
  cudaRuntimeGetVersion(&runtime);
  std::vector<int> majors = {13, 12, kOldest};
  std::stable_partition(majors.begin(), majors.end(), [&](int major) { return major == runtime / 1000; });
  std::vector<std::string> paths;
  for (const char* folder : {"", "/usr/local/cuda/lib64/"}) {
    for (const int major : majors) paths.push_back(folder + ("libcublas.so." + std::to_string(major)));
  }
  return paths;
}

Library load() {
  Library result = {};
  const SharedLibrary opened = open_first("NM4J_CUBLAS", candidates());
  if (opened.handle == nullptr) {
    result.availability = opened.broken.empty()
                              ? Availability{NM_CUDA_BLAS_MISSING, "libcublas was not found; tried " + opened.tried}
                              : Availability{NM_CUDA_BLAS_BROKEN, "libcublas cannot be loaded: " + opened.broken};
    return result;
  }
  std::string missing;
  if (!find_all(opened, &result.functions, &missing)) {
    result.availability = {NM_CUDA_BLAS_BROKEN, missing};
    return result;
  }
  const std::string path = path_of(reinterpret_cast<void*>(result.functions.Create), opened.path);
  int major = 0, minor = 0;
  if (result.functions.GetProperty(Property::kMajor, &major) != Status::kSuccess ||
      result.functions.GetProperty(Property::kMinor, &minor) != Status::kSuccess) {
    result.availability = {NM_CUDA_BLAS_BROKEN, path + " does not tell its version"};
    return result;
  }
  const std::string what = "cuBLAS " + std::to_string(major) + "." + std::to_string(minor) + " (" + path + ")";
  result.availability = major < kOldest ? Availability{NM_CUDA_BLAS_TOO_OLD, what + " is older than 11.0"}
                                        : Availability{NM_CUDA_AVAILABLE, what};
  return result;
}

}  // namespace

const Library& library() {
  static const Library* const loaded = new Library(load());  // outlives threads that end after main
  return *loaded;
}

int32_t check_blas(Status status, const char* call) {
  if (status == Status::kSuccess) return NM_OK;
  return fail(status == Status::kAllocFailed ? int32_t{NM_OUT_OF_MEMORY} : int32_t{NM_CUDA_FAILURE},
              "%s: status %d of %s", call, static_cast<int>(status), library().availability.text.c_str());
}

int32_t create(cudaStream_t stream, Handle* out) {
  const Library& blas = library();
  if (blas.availability.reason != NM_CUDA_AVAILABLE) {
    return fail(NM_CUDA_UNAVAILABLE, "%s", blas.availability.text.c_str());
  }
  Handle handle;
  NM_TRY(check_blas(blas.functions.Create(&handle), "cublasCreate"));
  const int32_t status = check_blas(blas.functions.SetStream(handle, stream), "cublasSetStream");
  if (status != NM_OK) {
    blas.functions.Destroy(handle);
    return status;
  }
  *out = handle;
  return NM_OK;
}

int32_t destroy(Handle handle) {
  return handle == nullptr ? int32_t{NM_OK} : check_blas(library().functions.Destroy(handle), "cublasDestroy");
}

}  // namespace blas
}  // namespace cuda
}  // namespace nm
