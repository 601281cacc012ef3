// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_*: the library and the devices.
#include "cuda/runtime/device.h"

#include <cstring>
#include <memory>

#include "abi/check.h"
#include "cuda/blas/library.h"
#include "cuda/lt/library.h"
#include "cuda/lt/session.h"

using nm::guarded;

namespace {

int32_t tell(const nm::cuda::Availability& found, int32_t* reason, const char** text) {
  thread_local std::string kept;
  kept = found.text;
  *reason = found.reason;
  *text = kept.c_str();
  return NM_OK;
}

}  // namespace

const char* nm_cuda_version(void) { return NM4J_VERSION; }

const char* nm_cuda_last_error(void) { return nm_last_error(); }

const char* nm_cuda_status_name(int32_t status) {
  switch (status) {
    case NM_CUDA_UNAVAILABLE:
      return "NM_CUDA_UNAVAILABLE";
    case NM_CUDA_FAILURE:
      return "NM_CUDA_FAILURE";
    case NM_CUDA_LT_FAILURE:
      return "NM_CUDA_LT_FAILURE";
    default:
      return nm_status_name(status);
  }
}

int32_t nm_cuda_simulated(void) {
#ifdef NM4J_DOUBLE
  return 1;
#else
  return 0;
#endif
}

int32_t nm_cuda_runtime_versions(int32_t* runtime, int32_t* driver) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("runtime", runtime));
    NM_TRY(nm::check_not_null("driver", driver));
    NM_CUDA_TRY(cudaRuntimeGetVersion, runtime);
    NM_CUDA_TRY(cudaDriverGetVersion, driver);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_device_count(int32_t* count) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("count", count));
    *count = 0;
    int driver = 0;
    NM_CUDA_TRY(cudaDriverGetVersion, &driver);
    if (driver == 0) return int32_t{NM_OK};
    const cudaError_t error = cudaGetDeviceCount(count);
    if (error == cudaErrorNoDevice || error == cudaErrorInsufficientDriver) {
      cudaGetLastError();
      *count = 0;
      return int32_t{NM_OK};
    }
    return nm::cuda::check_cuda(error, "cudaGetDeviceCount");
  });
}

int32_t nm_cuda_device_reason(int32_t device, int32_t* reason, const char** text) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("reason", reason));
    NM_TRY(nm::check_not_null("text", text));
    return tell(nm::cuda::device_availability(device), reason, text);
  });
}

int32_t nm_cuda_product_reason(int32_t device, int32_t* reason, const char** text) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("reason", reason));
    NM_TRY(nm::check_not_null("text", text));
    return tell(nm::cuda::lt::product_availability(device), reason, text);
  });
}

int32_t nm_cuda_gemm_reason(int32_t device, int32_t* reason, const char** text) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("reason", reason));
    NM_TRY(nm::check_not_null("text", text));
    const nm::cuda::Availability found = nm::cuda::device_availability(device);
    const bool usable = found.reason == NM_CUDA_AVAILABLE;
    return tell(usable ? nm::cuda::blas::library().availability : found, reason, text);
  });
}

int32_t nm_cuda_device_get(int32_t device, nm_cuda_device_info* info) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("info", info));
    const nm::cuda::Availability found = nm::cuda::device_availability(device);
    if (found.reason != NM_CUDA_AVAILABLE && found.reason != NM_CUDA_OLD_DEVICE) {
      return nm::fail(NM_CUDA_UNAVAILABLE, "%s", found.text.c_str());
    }
    nm::cuda::DeviceScope scope;
    NM_TRY(scope.enter(device));
    *info = {};
    std::strncpy(info->name, nm::cuda::device_name(device).c_str(), sizeof info->name - 1);
    NM_CUDA_TRY(cudaDeviceGetAttribute, &info->major, cudaDevAttrComputeCapabilityMajor, device);
    NM_CUDA_TRY(cudaDeviceGetAttribute, &info->minor, cudaDevAttrComputeCapabilityMinor, device);
    NM_CUDA_TRY(cudaDeviceGetAttribute, &info->multiprocessors, cudaDevAttrMultiProcessorCount, device);
    NM_CUDA_TRY(cudaDeviceGetAttribute, &info->integrated, cudaDevAttrIntegrated, device);
    size_t free_bytes, total_bytes;
    NM_CUDA_TRY(cudaMemGetInfo, &free_bytes, &total_bytes);
    info->free_bytes = static_cast<int64_t>(free_bytes);
    info->total_bytes = static_cast<int64_t>(total_bytes);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_lt_version(int32_t* major, int32_t* minor, int32_t* patch) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("major", major));
    NM_TRY(nm::check_not_null("minor", minor));
    NM_TRY(nm::check_not_null("patch", patch));
    const nm::cuda::lt::Library* library;
    NM_TRY(nm::cuda::lt::require_library(&library));
    *major = library->version.major;
    *minor = library->version.minor;
    *patch = library->version.patch;
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_lt_path(const char** path) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("path", path));
    const nm::cuda::lt::Library* library;
    NM_TRY(nm::cuda::lt::require_library(&library));
    *path = library->path.c_str();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_synchronize(int32_t device) {
  return guarded([&] {
    NM_TRY(nm::cuda::require_device(device));
    nm::cuda::DeviceScope scope;
    NM_TRY(scope.enter(device));
    NM_CUDA_TRY(cudaDeviceSynchronize);
    return int32_t{NM_OK};
  });
}
