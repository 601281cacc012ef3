// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Marks functions that run on the host and in CUDA kernels (NM_HD_CALL: not inlined there), and loops that a kernel
// unrolls: so do arrays become registers. The host has no need to, except where it says HERE_TOO. Rolled loops save
// registers.
#ifndef NM4J_FORMAT_HOST_DEVICE_H_
#define NM4J_FORMAT_HOST_DEVICE_H_

#ifdef __CUDACC__
#define NM_HD __host__ __device__ __forceinline__
#define NM_HD_CALL __host__ __device__ __noinline__ inline
#define NM_UNROLL _Pragma("unroll")
#define NM_UNROLL_HERE_TOO _Pragma("unroll")
#define NM_ROLLED _Pragma("unroll 1")
#else
#define NM_HD inline
#define NM_HD_CALL inline
#define NM_UNROLL
#define NM_ROLLED
#define NM_UNROLL_HERE_TOO _Pragma("GCC unroll 8")
#endif

#endif  // NM4J_FORMAT_HOST_DEVICE_H_
