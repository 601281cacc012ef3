// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// How a kernel is written and launched, once for the device and for its emulation on the host.
//
// A kernel is a struct of its arguments, trivially copyable, in one of two forms:
//   - independent threads:  NM_HD void thread(const Thread& t) const;
//   - blocks that share memory:  types Shared and Local,
//       NM_HD int phases() const;                                          // how many; the same for all blocks
//       NM_HD void phase(int p, const Thread& t, Shared& s, Local& l) const;
//     Between two phases all threads of a block wait for each other. Local is what a thread keeps from one to the next.
// kThreads is the number of threads in a block, at most; kBlocks, how many blocks a multiprocessor is to hold at least:
// left to itself, ptxas spills a few registers now and then for the sake of one more. Nothing else of CUDA appears in a
// kernel, so that g++ compiles the same code: there, host_launch runs it thread by thread, phase by phase.
#ifndef NM4J_CUDA_KERNELS_LAUNCH_H_
#define NM4J_CUDA_KERNELS_LAUNCH_H_

#include <cstdint>
#include <type_traits>
#ifndef __CUDACC__
#include <functional>
#include <memory>
#include <vector>
#endif

#include "format/host_device.h"

struct CUstream_st;  // what a cudaStream_t points to

namespace nm {
namespace cuda {

using Stream = CUstream_st*;

struct Grid {
  uint32_t blocks_x, blocks_y, threads_x, threads_y;
};

// Where a thread stands: in its block, and its block in the grid.
struct Thread {
  uint32_t x, y, block_x, block_y;
  Grid grid;

  NM_HD uint32_t in_block() const { return y * grid.threads_x + x; }
  NM_HD int64_t global_x() const { return static_cast<int64_t>(block_x) * grid.threads_x + x; }
  NM_HD int64_t global_y() const { return static_cast<int64_t>(block_y) * grid.threads_y + y; }
  NM_HD int64_t stride_x() const { return static_cast<int64_t>(grid.blocks_x) * grid.threads_x; }
  NM_HD int64_t stride_y() const { return static_cast<int64_t>(grid.blocks_y) * grid.threads_y; }
};

template <typename Kernel, typename = void>
struct HasPhases : std::false_type {};
template <typename Kernel>
struct HasPhases<Kernel, std::void_t<typename Kernel::Shared>> : std::true_type {};

#ifdef __CUDACC__

template <typename Kernel>
__global__ void __launch_bounds__(Kernel::kThreads, Kernel::kBlocks) run(const __grid_constant__ Kernel kernel) {
  const Thread t = {threadIdx.x, threadIdx.y, blockIdx.x, blockIdx.y, {gridDim.x, gridDim.y, blockDim.x, blockDim.y}};
  if constexpr (HasPhases<Kernel>::value) {
    __shared__ typename Kernel::Shared shared;
    typename Kernel::Local local;
    const int phases = kernel.phases();
    for (int p = 0; p < phases; ++p) {
      if (p > 0) __syncthreads();
      kernel.phase(p, t, shared, local);
    }
  } else {
    kernel.thread(t);
  }
}

// Queues the kernel; a cudaError_t.
template <typename Kernel>
int launch(const Grid& grid, Stream stream, const Kernel& kernel) {
  static_assert(std::is_trivially_copyable_v<Kernel>);
  run<Kernel><<<dim3(grid.blocks_x, grid.blocks_y), dim3(grid.threads_x, grid.threads_y), 0, stream>>>(kernel);
  return static_cast<int>(cudaGetLastError());
}

#else

// Runs `work` when its turn in the stream comes; a cudaError_t. The stand-in for the CUDA runtime defines it.
int host_launch(Stream stream, std::function<void()> work);

// The threads of a grid, one after the other.
template <typename Kernel>
void run_on_host(const Grid& grid, const Kernel& kernel) {
  const auto each_thread = [&](uint32_t block_x, uint32_t block_y, auto&& body) {
    for (uint32_t y = 0; y < grid.threads_y; ++y) {
      for (uint32_t x = 0; x < grid.threads_x; ++x) body(Thread{x, y, block_x, block_y, grid});
    }
  };
  for (uint32_t block_y = 0; block_y < grid.blocks_y; ++block_y) {
    for (uint32_t block_x = 0; block_x < grid.blocks_x; ++block_x) {
      if constexpr (HasPhases<Kernel>::value) {
        // As on the device, nothing of them is initialised.
        const std::unique_ptr<typename Kernel::Shared> shared(new typename Kernel::Shared);
        std::vector<typename Kernel::Local> local(grid.threads_x * grid.threads_y);
        for (int p = 0; p < kernel.phases(); ++p) {
          each_thread(block_x, block_y, [&](const Thread& t) { kernel.phase(p, t, *shared, local[t.in_block()]); });
        }
      } else {
        each_thread(block_x, block_y, [&](const Thread& t) { kernel.thread(t); });
      }
    }
  }
}

template <typename Kernel>
int launch(const Grid& grid, Stream stream, const Kernel& kernel) {
  static_assert(std::is_trivially_copyable_v<Kernel>);
  return host_launch(stream, [grid, kernel] { run_on_host(grid, kernel); });
}

#endif  // __CUDACC__

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_LAUNCH_H_
