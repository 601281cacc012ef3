/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * TEST TOOL. The few declarations of the CUDA runtime that nm4j uses, in place of NVIDIA's header of the same name, for
 * builds whose runtime is the double of this folder. Names and values are those of the CUDA runtime API.
 */
#ifndef NM4J_DOUBLE_CUDA_RUNTIME_API_H_
#define NM4J_DOUBLE_CUDA_RUNTIME_API_H_

#include <stddef.h>

#define NM4J_DOUBLE_API __attribute__((visibility("default")))

extern "C" {

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInitializationError = 3,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorNotReady = 600,
  cudaErrorLaunchFailure = 719,
  cudaErrorUnknown = 999
};

enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };

enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrIntegrated = 18,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76
};

enum cudaMemoryType {
  cudaMemoryTypeUnregistered = 0,
  cudaMemoryTypeHost = 1,
  cudaMemoryTypeDevice = 2,
  cudaMemoryTypeManaged = 3
};

struct cudaPointerAttributes {
  cudaMemoryType type;
  int device;
  void* devicePointer;
  void* hostPointer;
};

struct cudaDeviceProp {
  char name[256];
};

typedef struct CUstream_st* cudaStream_t;
typedef struct CUevent_st* cudaEvent_t;

enum { cudaStreamNonBlocking = 1 };
enum { cudaEventDefault = 0, cudaEventDisableTiming = 2 };
enum { cudaHostAllocPortable = 1 };

NM4J_DOUBLE_API const char* cudaGetErrorName(cudaError_t error);
NM4J_DOUBLE_API const char* cudaGetErrorString(cudaError_t error);
NM4J_DOUBLE_API cudaError_t cudaGetLastError(void);
NM4J_DOUBLE_API cudaError_t cudaDriverGetVersion(int* version);
NM4J_DOUBLE_API cudaError_t cudaRuntimeGetVersion(int* version);
NM4J_DOUBLE_API cudaError_t cudaGetDeviceCount(int* count);
NM4J_DOUBLE_API cudaError_t cudaGetDevice(int* device);
NM4J_DOUBLE_API cudaError_t cudaSetDevice(int device);
NM4J_DOUBLE_API cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
NM4J_DOUBLE_API cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
NM4J_DOUBLE_API cudaError_t cudaDeviceSynchronize(void);
NM4J_DOUBLE_API cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes);
NM4J_DOUBLE_API cudaError_t cudaMalloc(void** memory, size_t bytes);
NM4J_DOUBLE_API cudaError_t cudaFree(void* memory);
NM4J_DOUBLE_API cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned flags);
NM4J_DOUBLE_API cudaError_t cudaFreeHost(void* memory);
NM4J_DOUBLE_API cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* memory);
NM4J_DOUBLE_API cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind);
NM4J_DOUBLE_API cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                                            cudaStream_t stream);
NM4J_DOUBLE_API cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch,
                                              size_t width, size_t height, cudaMemcpyKind kind, cudaStream_t stream);
NM4J_DOUBLE_API cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream);
NM4J_DOUBLE_API cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
NM4J_DOUBLE_API cudaError_t cudaStreamDestroy(cudaStream_t stream);
NM4J_DOUBLE_API cudaError_t cudaStreamSynchronize(cudaStream_t stream);
NM4J_DOUBLE_API cudaError_t cudaStreamQuery(cudaStream_t stream);
NM4J_DOUBLE_API cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
NM4J_DOUBLE_API cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
NM4J_DOUBLE_API cudaError_t cudaEventDestroy(cudaEvent_t event);
NM4J_DOUBLE_API cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
NM4J_DOUBLE_API cudaError_t cudaEventQuery(cudaEvent_t event);
NM4J_DOUBLE_API cudaError_t cudaEventSynchronize(cudaEvent_t event);
NM4J_DOUBLE_API cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);

}  // extern "C"

#endif /* NM4J_DOUBLE_CUDA_RUNTIME_API_H_ */
