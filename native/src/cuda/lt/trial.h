// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Operands of our own, on which algorithms are tried: small integers, whose products are exact in every order of
// summation, so that two right algorithms agree bit for bit.
#ifndef NM4J_CUDA_LT_TRIAL_H_
#define NM4J_CUDA_LT_TRIAL_H_

#include <vector>

#include "cuda/lt/plan.h"
#include "cuda/lt/product.h"

namespace nm {
namespace cuda {
namespace lt {

class Trial {
 public:
  Trial(const Problem& problem, nm_cuda_stream* stream) : problem_(problem), stream_(stream) {}

  // Makes operands for problems of this kind. The stream's device is current, its mutex held.
  int32_t prepare(const nm_cuda_weights& weights);

  const void* bias() const { return problem_.has_bias ? bias_.data() : nullptr; }
  Operands operands() const;

  // The result of one execution, downloaded.
  int32_t result(const PreparedPlan& plan, std::vector<unsigned char>* out);

  // The median of `iterations` executions, on the device's clock.
  int32_t time(const PreparedPlan& plan, int32_t iterations, float* milliseconds);

 private:
  int32_t upload(const std::vector<unsigned char>& host, DeviceBuffer* device);

  const Problem problem_;
  nm_cuda_stream* const stream_;
  nm_cuda_weights weights_ = {};
  DeviceBuffer b_, c_, d_, bias_, scales_, betas_;
  int64_t d_bytes_ = 0;
  float alpha_ = 1, beta_ = 0;
};

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_TRIAL_H_
