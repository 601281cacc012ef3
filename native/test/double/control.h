// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. What a test can ask of the double of the CUDA runtime, and do to it. Tests find these functions with
// dlsym, so that the same tests run on a real card, where there are none.
//
// Environment variables, read when the double is loaded:
//   NM4J_DOUBLE_DEVICES   number of devices (default 2)
//   NM4J_DOUBLE_SM        their compute capability (default 8.0)
//   NM4J_DOUBLE_DRIVER    version of the driver, as 13000; 0: none (default 13000; the runtime is 13000)
//   NM4J_DOUBLE_MEMORY    bytes of memory a device has (default 1 GiB)
//   NM4J_DOUBLE_LEAKS     "abort" (default): what is left when the process ends makes it end with status 97; "report":
//                         it is printed only
//   NM4J_DOUBLE_GUEST     "1": the host stands in for the kernels of another library, PyTorch's say, which run on
//   default
//                         streams. It can touch the memory of devices, and what is queued on a default stream runs at
//                         once; other streams are as late as ever
#ifndef NM4J_DOUBLE_CONTROL_H_
#define NM4J_DOUBLE_CONTROL_H_

#include <cstdint>

#include "cuda_runtime_api.h"

extern "C" {

// Allocations, streams, events, handles, descriptors, selections and plans that exist now.
NM4J_DOUBLE_API int64_t nm_double_live(void);

// The k-th call from now (of CUDA or of cuSPARSELt, k from 0) fails, as it would in reality: without effect. < 0: none.
NM4J_DOUBLE_API void nm_double_fail_at(int64_t k);

// Whether that has happened.
NM4J_DOUBLE_API int32_t nm_double_failed(void);

// Calls so far, those included that have failed.
NM4J_DOUBLE_API int64_t nm_double_calls(void);

// Operations that are queued and have not run.
NM4J_DOUBLE_API int64_t nm_double_pending(void);

// Configuration `config` of cuSPARSELt computes wrong results for 256 rows or more, now and then. < 0: none.
NM4J_DOUBLE_API void nm_double_break_config(int32_t config);

}  // extern "C"

#endif  // NM4J_DOUBLE_CONTROL_H_
