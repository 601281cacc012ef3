// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Kernels of a build for the double run on the host when their turn in the stream comes. Linked into
// libnm4j_cuda, where kernels/launch.h declares it.
#include "cuda/kernels/launch.h"
#include "runtime/queue.h"

namespace nm {
namespace cuda {

// What a kernel reads and writes is not known here: only the late running, and the guard pages, watch it.
int host_launch(Stream stream, std::function<void()> work) {
  const std::lock_guard<std::recursive_mutex> guard(nm4j_double::lock());
  if (nm4j_double::fails_now()) return cudaErrorLaunchFailure;
  nm4j_double::enqueue(stream, {}, std::move(work), 5);
  return cudaSuccess;
}

}  // namespace cuda
}  // namespace nm
