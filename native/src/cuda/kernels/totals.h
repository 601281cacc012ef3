// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// What all threads of a kernel find together. Each thread calls these once, at its end, with what it found itself.
#ifndef NM4J_CUDA_KERNELS_TOTALS_H_
#define NM4J_CUDA_KERNELS_TOTALS_H_

#include <cstdint>

#include "cuda/kernels/launch.h"

namespace nm {
namespace cuda {

// How many were found, and where the first one lies: row * cols + column, kNowhere if there is none. In device memory.
struct Findings {
  static constexpr uint64_t kNowhere = ~uint64_t{0};
  uint64_t count, first;
};
static_assert(sizeof(Findings) == 16);

// What a thread has found so far.
struct Found {
  uint32_t count = 0;
  uint64_t first = Findings::kNowhere;

  // Positions may come in any order.
  NM_HD void add(int64_t position) {
    ++count;
    if (static_cast<uint64_t>(position) < first) first = static_cast<uint64_t>(position);
  }
};

#ifdef __CUDA_ARCH__

// One atomic operation a warp. Blocks are whole warps, and all of a warp's threads get here.
NM_HD void add_to(uint64_t* total, uint32_t mine) {
  const uint32_t warp = __reduce_add_sync(~0u, mine);
  const uint32_t lane = (threadIdx.y * blockDim.x + threadIdx.x) % 32;
  if (lane == 0 && warp != 0) atomicAdd(reinterpret_cast<unsigned long long*>(total), warp);
}

NM_HD void report(Findings* findings, const Found& mine) {
  if (findings == nullptr) return;  // the same for all threads
  add_to(&findings->count, mine.count);
  // Rare, so that each thread may do it.
  if (mine.count != 0) atomicMin(reinterpret_cast<unsigned long long*>(&findings->first), mine.first);
}

#else

NM_HD void add_to(uint64_t* total, uint32_t mine) { *total += mine; }

NM_HD void report(Findings* findings, const Found& mine) {
  if (findings == nullptr) return;
  findings->count += mine.count;
  if (mine.first < findings->first) findings->first = mine.first;
}

#endif

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_TOTALS_H_
