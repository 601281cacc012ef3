// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/runtime/memory.h"

#include <cinttypes>

#include "abi/check.h"

namespace nm {
namespace cuda {
namespace {

int32_t locate(const void* memory, cudaPointerAttributes* where) {
  NM_CUDA_TRY(cudaPointerGetAttributes, where, memory);
  return NM_OK;
}

bool on_device(const cudaPointerAttributes& where) {
  return where.type == cudaMemoryTypeDevice || where.type == cudaMemoryTypeManaged;
}

}  // namespace

int32_t allocate_device(int64_t bytes, void** memory) {
  *memory = nullptr;
  if (bytes == 0) return NM_OK;
  const cudaError_t error = cudaMalloc(memory, static_cast<size_t>(bytes));
  if (error != cudaErrorMemoryAllocation) return check_cuda(error, "cudaMalloc");
  cudaGetLastError();
  size_t free_bytes = 0, total_bytes = 0;
  cudaMemGetInfo(&free_bytes, &total_bytes);
  return fail(NM_OUT_OF_MEMORY, "out of device memory: %" PRId64 " bytes asked for, %zu of %zu free", bytes, free_bytes,
              total_bytes);
}

int32_t DeviceBuffer::allocate(int64_t bytes) {
  release();
  NM_TRY(allocate_device(bytes, &data_));
  bytes_ = bytes;
  return NM_OK;
}

void DeviceBuffer::release() {
  if (data_ != nullptr) {
    cudaDeviceSynchronize();
    cudaFree(data_);
  }
  data_ = nullptr;
  bytes_ = 0;
}

int32_t check_device_memory(const char* name, const void* memory, int64_t bytes, int32_t device) {
  if (bytes == 0) return NM_OK;
  NM_TRY(check_not_null(name, memory));
  cudaPointerAttributes where;
  NM_TRY(locate(memory, &where));
  if (!on_device(where)) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected memory of device %d, got host memory at %p", name, device, memory);
  }
  if (where.type == cudaMemoryTypeDevice && where.device != device) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected memory of device %d, got memory of device %d", name, device,
                where.device);
  }
  return NM_OK;
}

int32_t check_host_memory(const char* name, const void* memory, int64_t bytes) {
  if (bytes == 0) return NM_OK;
  NM_TRY(check_not_null(name, memory));
  cudaPointerAttributes where;
  NM_TRY(locate(memory, &where));
  if (where.type != cudaMemoryTypeDevice) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected host memory, got memory of device %d", name, where.device);
}

}  // namespace cuda
}  // namespace nm
