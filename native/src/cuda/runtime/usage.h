// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The order of work on one object from any streams: what reads waits for the last write, what writes waits for all
// reads. The object's mutex is held, its device is current.
#ifndef NM4J_CUDA_RUNTIME_USAGE_H_
#define NM4J_CUDA_RUNTIME_USAGE_H_

#include <map>

#include "cuda/runtime/event.h"

namespace nm {
namespace cuda {

class Usage {
 public:
  // Queues work that reads: queue() returns a status. Work of which a part fails is ordered all the same.
  template <typename Queue>
  int32_t read(cudaStream_t stream, const Queue& queue) {
    Event& event = read_[stream];
    NM_TRY(event.create(cudaEventDisableTiming));
    NM_TRY(wait_for_write(stream));
    return mark(event, stream, queue());
  }

  // The same for work that writes.
  template <typename Queue>
  int32_t write(cudaStream_t stream, const Queue& queue) {
    NM_TRY(written_.create(cudaEventDisableTiming));
    for (const auto& [reader, event] : read_) {
      if (reader != stream) NM_CUDA_TRY(cudaStreamWaitEvent, stream, event.raw(), 0);
    }
    NM_TRY(wait_for_write(stream));
    return mark(written_, stream, queue());
  }

  // Blocks until nothing reads any more. Whatever fails, all is waited for; the first failure is told.
  int32_t synchronize_reads() const {
    int32_t status = NM_OK;
    for (const auto& [reader, event] : read_) {
      const cudaError_t error = cudaEventSynchronize(event.raw());
      if (status == NM_OK) status = check_cuda(error, "cudaEventSynchronize");
    }
    return status;
  }

 private:
  int32_t wait_for_write(cudaStream_t stream) const {
    if (written_.raw() != nullptr) NM_CUDA_TRY(cudaStreamWaitEvent, stream, written_.raw(), 0);
    return NM_OK;
  }

  // Records what was queued with this status; what cannot be recorded is waited for. The first failure is told.
  static int32_t mark(const Event& event, cudaStream_t stream, int32_t status) {
    const cudaError_t error = cudaEventRecord(event.raw(), stream);
    if (error == cudaSuccess) return status;
    cudaStreamSynchronize(stream);
    if (status == NM_OK) return check_cuda(error, "cudaEventRecord");
    cudaGetLastError();
    return status;
  }

  Event written_;                       // after the last write; waiting for one never recorded succeeds at once
  std::map<cudaStream_t, Event> read_;  // after the last read on each stream
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_RUNTIME_USAGE_H_
