// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// A plan of cuSPARSELt with the descriptors that it refers to.
#ifndef NM4J_CUDA_LT_PLAN_H_
#define NM4J_CUDA_LT_PLAN_H_

#include "cuda/lt/descriptor.h"
#include "cuda/lt/problem.h"

namespace nm {
namespace cuda {
namespace lt {

class Session;

// Device (and host) addresses of one execution.
struct Operands {
  const void *alpha, *beta;  // host floats, or device floats for each feature (beta: if C is added)
  const void *a, *b, *c;
  void *d, *workspace;
};

class PreparedPlan {
 public:
  PreparedPlan() = default;
  PreparedPlan(const PreparedPlan&) = delete;
  PreparedPlan& operator=(const PreparedPlan&) = delete;
  ~PreparedPlan();

  // Once per object. The address of the bias is part of the plan. NM_UNSUPPORTED for what the library refuses.
  // search_iterations: 0, or for a plan that will search.
  int32_t init(Session* session, const Problem& problem, const Choice& choice, const void* bias,
               int32_t search_iterations = 0);

  int64_t workspace_bytes() const { return workspace_bytes_; }
  int64_t compressed_bytes() const { return compressed_bytes_; }

  int32_t run(const Operands& operands, cudaStream_t stream) const;

  // Lets the library measure its algorithms; blocks, writes d. It changes the plan: workspace_bytes is another.
  int32_t search(const Operands& operands, cudaStream_t stream, Choice* found);

  // Configurations are numbered from 0 to this.
  int32_t config_count(int32_t* count) const;

 private:
  int32_t describe(const Problem& problem);
  int32_t set_epilogue(const Problem& problem, const void* bias);
  int32_t select(const Choice& choice, int32_t search_iterations);
  int32_t ask_sizes();
  template <typename T>
  int32_t set(MatmulAttribute attribute, const T& value);
  int32_t get(AlgAttribute attribute, int32_t* value) const;
  int32_t set(AlgAttribute attribute, int32_t value);

  Session* session_ = nullptr;
  Descriptor a_, b_, c_, d_;
  MatmulDescriptor matmul_;  // there is no function that destroys it
  AlgSelection selection_;
  Plan plan_;
  bool selected_ = false, planned_ = false;
  int64_t workspace_bytes_ = 0, compressed_bytes_ = 0;
};

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_PLAN_H_
