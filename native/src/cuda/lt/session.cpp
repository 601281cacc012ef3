// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/session.h"

#include <map>
#include <memory>

#include "cuda/lt/algorithms.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

struct Sessions {
  std::map<int32_t, std::unique_ptr<Session>> by_device;

  Sessions() { plan_counters().threads += 1; }
  ~Sessions() { plan_counters().threads -= 1; }
};

Sessions& sessions() {
  thread_local Sessions of_thread;
  return of_thread;
}

}  // namespace

int32_t Session::open(int32_t device) {
  NM_TRY(require_library(&library_));
  device_ = device;
  NM_TRY(algorithm_scope(device, &scope_));
  const Status status = functions().Init(&handle_);
  if (status == Status::kArchMismatch) {
    return fail(NM_CUDA_UNAVAILABLE, "cuSPARSELt %s has no kernels for %s", library_->version.text().c_str(),
                device_label(device).c_str());
  }
  NM_TRY(check_lt(status, "cusparseLtInit"));
  initialized_ = true;
  return NM_OK;
}

Session::~Session() {
  DeviceScope scope;
  if (initialized_) scope.enter(device_);
  plans_.clear();
  if (initialized_) functions().Destroy(&handle_);
}

int32_t session(int32_t device, Session** out) {
  std::unique_ptr<Session>& mine = sessions().by_device[device];
  if (mine == nullptr) {
    auto made = std::make_unique<Session>();
    NM_TRY(made->open(device));
    mine = std::move(made);
  }
  *out = mine.get();
  return NM_OK;
}

Availability product_availability(int32_t device) {
  Availability found = device_availability(device);
  if (found.reason != NM_CUDA_AVAILABLE) return found;
  const Library& opened = library();
  if (opened.availability.reason != NM_CUDA_AVAILABLE) return opened.availability;
  DeviceScope scope;
  Session* mine;
  const int32_t entered = scope.enter(device);
  const int32_t status = entered != NM_OK ? entered : session(device, &mine);
  if (status == NM_CUDA_UNAVAILABLE) return {NM_CUDA_LT_LACKS_DEVICE, nm_last_error()};
  if (status != NM_OK) return {NM_CUDA_LT_FAILED, nm_last_error()};
  return {NM_CUDA_AVAILABLE, device_label(device) + " with " + opened.availability.text};
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
