// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// A handle of cuSPARSELt and the plans made with it. A handle belongs to the device that was current when it was made,
// and NVIDIA advises one per thread (PyTorch met errors where two threads shared one, also in turns): so there is one
// session per device and thread, which ends with the thread.
#ifndef NM4J_CUDA_LT_SESSION_H_
#define NM4J_CUDA_LT_SESSION_H_

#include "cuda/lt/library.h"
#include "cuda/lt/plan_cache.h"

namespace nm {
namespace cuda {
namespace lt {

class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // NM_CUDA_UNAVAILABLE where cuSPARSELt has nothing for the device.
  int32_t open(int32_t device);

  int32_t device() const { return device_; }
  const Functions& functions() const { return library_->functions; }
  const Handle* handle() const { return &handle_; }
  // See algorithm_scope.
  const std::string& scope() const { return scope_; }
  PlanCache& plans() { return plans_; }

 private:
  const Library* library_ = nullptr;
  int32_t device_ = -1;
  bool initialized_ = false;
  std::string scope_;
  Handle handle_;
  PlanCache plans_;
};

// The calling thread's session, made on first use; the device is current.
int32_t session(int32_t device, Session** out);

// Device, library, and that the library takes the device.
Availability product_availability(int32_t device);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_SESSION_H_
