// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// A cudaEvent_t that is destroyed with its owner.
#ifndef NM4J_CUDA_RUNTIME_EVENT_H_
#define NM4J_CUDA_RUNTIME_EVENT_H_

#include <utility>

#include "cuda/runtime/error.h"

namespace nm {
namespace cuda {

class Event {
 public:
  Event() = default;
  Event(Event&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Event& operator=(Event&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Event() {
    if (raw_ != nullptr) cudaEventDestroy(raw_);
  }

  // On the current device, once.
  int32_t create(unsigned flags) {
    if (raw_ == nullptr) NM_CUDA_TRY(cudaEventCreateWithFlags, &raw_, flags);
    return NM_OK;
  }
  cudaEvent_t raw() const { return raw_; }

 private:
  cudaEvent_t raw_ = nullptr;
};

}  // namespace cuda
}  // namespace nm

struct nm_cuda_event {
  int32_t device;
  nm::cuda::Event event;
};

#endif  // NM4J_CUDA_RUNTIME_EVENT_H_
