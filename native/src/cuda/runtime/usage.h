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
  // Before and after work is queued that reads.
  int32_t begin_read(cudaStream_t stream) const {
    if (written_.raw() != nullptr) NM_CUDA_TRY(cudaStreamWaitEvent, stream, written_.raw(), 0);
    return NM_OK;
  }
  int32_t end_read(cudaStream_t stream) {
    Event& event = read_[stream];
    NM_TRY(event.create(cudaEventDisableTiming));
    NM_CUDA_TRY(cudaEventRecord, event.raw(), stream);
    return NM_OK;
  }

  // The same for work that writes.
  int32_t begin_write(cudaStream_t stream) {
    NM_TRY(written_.create(cudaEventDisableTiming));
    for (const auto& [reader, event] : read_) {
      if (reader != stream) NM_CUDA_TRY(cudaStreamWaitEvent, stream, event.raw(), 0);
    }
    return begin_read(stream);
  }
  int32_t end_write(cudaStream_t stream) {
    NM_CUDA_TRY(cudaEventRecord, written_.raw(), stream);
    return NM_OK;
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
  Event written_;                       // after the last write; waiting for one never recorded succeeds at once
  std::map<cudaStream_t, Event> read_;  // after the last read on each stream
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_RUNTIME_USAGE_H_
