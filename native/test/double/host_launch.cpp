// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Kernels of a build for the double run on the host when their turn in the stream comes. Linked into
// libnm4j_cuda, where kernels/launch.h declares it.
#include <cxxabi.h>

#include <cstdlib>

#include "cuda/kernels/launch.h"
#include "runtime/queue.h"

namespace nm {
namespace cuda {
namespace {

// "MagnitudeMask<float, 4>", from the type of launch()'s lambda.
std::string kernel_name(const std::function<void()>& work) {
  int status = 0;
  char* const text = abi::__cxa_demangle(work.target_type().name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : work.target_type().name();
  std::free(text);
  const size_t begin = name.find("launch<"), end = name.find(" >(");
  if (begin != std::string::npos && end != std::string::npos) {
    name = name.substr(begin + sizeof "launch<" - 1, end - begin - sizeof "launch<" + 1);
  }
  for (const std::string space : {"nm::cuda::", "nm::", "(anonymous namespace)::"}) {
    for (size_t at; (at = name.find(space)) != std::string::npos;) name.erase(at, space.size());
  }
  return name;
}

}  // namespace

int host_launch(Stream stream, std::function<void()> work) {
  const std::lock_guard<std::recursive_mutex> guard(nm4j_double::lock());
  if (nm4j_double::fails_now()) return cudaErrorLaunchFailure;
  std::string name = kernel_name(work);
  nm4j_double::enqueue_kernel(stream, std::move(name), std::move(work), 5);
  return cudaSuccess;
}

}  // namespace cuda
}  // namespace nm
