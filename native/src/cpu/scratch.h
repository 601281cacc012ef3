// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Per-thread scratch memory of the kernels.
#ifndef NM4J_CPU_SCRATCH_H_
#define NM4J_CPU_SCRATCH_H_

#include <cstdint>

namespace nm {

// 64-byte aligned room for `floats` floats, uninitialised, valid until the thread's next call or end. Grows, never
// shrinks: allocating on each call would fault its pages in anew each time. Throws std::bad_alloc.
float* scratch(int64_t floats);

// The same, another one: for a kernel that runs a second kernel, which uses scratch().
float* outer_scratch(int64_t floats);

}  // namespace nm

#endif  // NM4J_CPU_SCRATCH_H_
