// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// A matrix descriptor of cuSPARSELt that is destroyed with its owner, and never moves.
#ifndef NM4J_CUDA_LT_DESCRIPTOR_H_
#define NM4J_CUDA_LT_DESCRIPTOR_H_

#include "cuda/lt/library.h"

namespace nm {
namespace cuda {
namespace lt {

class Session;

// A matrix as cuSPARSELt sees it: `count` of them, `stride` elements apart (0: all are the same one).
struct Matrix {
  int64_t rows, cols, ld;
  DataType type;
  Order order;
  int64_t count, stride;
};

class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  // Once per object. What the library does not take is NM_UNSUPPORTED.
  int32_t init(Session* session, const Matrix& matrix, bool structured);

  const MatDescriptor* get() const { return &opaque_; }

 private:
  const Functions* functions_ = nullptr;  // NULL until there is something to destroy
  MatDescriptor opaque_;
};

// NM_UNSUPPORTED for kNotSupported, with what is not; else as check_lt.
int32_t check_supported(Status status, const char* call, int32_t device);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_DESCRIPTOR_H_
