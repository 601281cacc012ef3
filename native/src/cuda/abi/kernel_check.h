// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Argument checks of the functions that launch kernels.
#ifndef NM4J_CUDA_ABI_KERNEL_CHECK_H_
#define NM4J_CUDA_ABI_KERNEL_CHECK_H_

#include <vector>

#include "abi/check.h"
#include "cuda/kernels/kernels.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/stream.h"

namespace nm {
namespace cuda {

// NM_F32, NM_BF16, NM_CUDA_F16 or NM_S8.
int32_t check_element(const char* name, int32_t dtype);
// The same without NM_S8.
int32_t check_float_element(const char* name, int32_t dtype);
int64_t element_bytes(int32_t dtype);

// What a caller calls const, too: whether a kernel writes it is for the kernel to say.
inline DenseView view(int32_t dtype, const void* data, int64_t rows, int64_t cols, int64_t ld) {
  return {dtype, const_cast<void*>(data), rows, cols, ld};
}

// Collects the device memory of a call as it is checked: sizes, alignment, where it lies. `in` may overlap each other,
// `out` nothing.
class DeviceArguments {
 public:
  explicit DeviceArguments(const nm_cuda_stream* stream) : stream_(stream) {}

  int32_t read(const Span& span) { return add(span, false); }
  int32_t write(const Span& span) { return add(span, true); }
  int32_t in(const char* name, const void* data, int64_t rows, int64_t cols, int64_t ld, int64_t element);
  int32_t out(const char* name, const void* data, int64_t rows, int64_t cols, int64_t ld, int64_t element);
  int32_t mask_in(const char* name, const void* mask, int64_t rows, int64_t cols);
  int32_t mask_out(const char* name, const void* mask, int64_t rows, int64_t cols);
  int32_t in(const DenseView& view, const char* name) {
    return in(name, view.data, view.rows, view.cols, view.ld, element_bytes(view.dtype));
  }
  int32_t out(const DenseView& view, const char* name) {
    return out(name, view.data, view.rows, view.cols, view.ld, element_bytes(view.dtype));
  }
  int32_t findings(const nm_cuda_findings* findings) { return out("findings", findings, 1, 2, 2, sizeof(int64_t)); }

 private:
  struct Argument {
    Span span;
    bool written;
  };
  int32_t add(const Span& span, bool written);

  const nm_cuda_stream* stream_;
  std::vector<Argument> arguments_;
};

// Runs `launch` with the stream's device current; it returns a cudaError_t.
template <typename Launch>
int32_t on_stream(const nm_cuda_stream* stream, const char* kernel, const Launch& launch) {
  DeviceScope scope;
  NM_TRY(scope.enter(stream->device));
  return check_cuda(static_cast<cudaError_t>(launch()), kernel);
}

// The same after the findings were set to nothing found; findings may be NULL.
template <typename Launch>
int32_t with_findings(const nm_cuda_stream* stream, const char* kernel, nm_cuda_findings* findings,
                      const Launch& launch) {
  return on_stream(stream, kernel, [&] {
    auto* const found = reinterpret_cast<Findings*>(findings);
    if (found != nullptr) {
      if (const int error = launch_clear(stream->raw, found)) return error;
    }
    return launch(found);
  });
}

// Nothing found among nothing: the kernels themselves want something to do.
inline int32_t nothing_found(const nm_cuda_stream* stream, nm_cuda_findings* findings) {
  return with_findings(stream, "clear", findings, [](Findings*) { return 0; });
}

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_ABI_KERNEL_CHECK_H_
