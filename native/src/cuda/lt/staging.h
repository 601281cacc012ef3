// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Operands that cuSPARSELt would not take as they lie pass through scratch memory, padded and aligned.
#ifndef NM4J_CUDA_LT_STAGING_H_
#define NM4J_CUDA_LT_STAGING_H_

#include <cstdint>

#include "cuda/runtime/error.h"

namespace nm {
namespace cuda {
namespace lt {

// Caller memory: `count` matrices of lines x width elements, lines ld apart, matrices `stride`.
struct View {
  const void* data;
  int64_t lines, width, ld, stride, count, element;
};

// Where the library finds the operand: in caller memory (offset < 0), or at `offset` of scratch memory.
struct Placement {
  int64_t lines, width, ld, stride;  // in elements; the stride is 0 for a single matrix
  int64_t offset;

  bool staged() const { return offset >= 0; }
  const void* address(const View& view, const unsigned char* scratch) const {
    return staged() ? scratch + offset : view.data;
  }
};

// Hands out scratch memory; the sum is known before any is allocated. Fails with NM_OVERFLOW.
class ScratchPlan {
 public:
  int32_t take(int64_t bytes, int64_t* offset);
  int64_t bytes() const { return bytes_; }

 private:
  int64_t bytes_ = 0;
};

// Caller memory if its extents are lines x width, and all addresses and strides multiples of 16 bytes; else scratch.
int32_t place(const View& view, int64_t lines, int64_t width, ScratchPlan* scratch, Placement* out);

// The same, but in scratch memory whatever the view is; `stride` is ignored for a single matrix.
int32_t place_in_scratch(const View& view, int64_t lines, int64_t width, int64_t ld, int64_t stride,
                         ScratchPlan* scratch, Placement* out);

// Queues the copies of all matrices of `view` to or from `other`, which lies as `placement` says. copy_in clears what
// padding there is.
int32_t copy_in(const View& view, const Placement& placement, void* other, cudaStream_t stream);
int32_t copy_out(const Placement& placement, const void* other, const View& view, void* data, cudaStream_t stream);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_STAGING_H_
