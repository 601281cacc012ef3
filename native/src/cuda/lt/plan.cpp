// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/plan.h"

#include <utility>

#include "cuda/lt/session.h"
#include "cuda/lt/types.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

Order order(int64_t column_major) { return column_major ? Order::kColumn : Order::kRow; }

}  // namespace

int32_t PreparedPlan::init(Session* session, const Problem& problem, const Choice& choice, const void* bias,
                           int32_t search_iterations) {
  session_ = session;
  NM_TRY(describe(problem));
  NM_TRY(set_epilogue(problem, bias));
  NM_TRY(select(choice, search_iterations));
  NM_TRY(check_supported(session->functions().MatmulPlanInit(session->handle(), &plan_, &matmul_, &selection_),
                         "cusparseLtMatmulPlanInit", session->device()));
  planned_ = true;
  return ask_sizes();
}

// A plan refers to its selection and to all descriptors, so it goes first.
PreparedPlan::~PreparedPlan() {
  if (planned_) session_->functions().MatmulPlanDestroy(&plan_);
  if (selected_ && session_->functions().MatmulAlgSelectionDestroy != nullptr) {
    session_->functions().MatmulAlgSelectionDestroy(&selection_);
  }
}

// The sparse operand is always A and nothing is transposed: orders say how matrices lie.
int32_t PreparedPlan::describe(const Problem& p) {
  const Types& types = *find_types(static_cast<int32_t>(p.a_type), static_cast<int32_t>(p.d_type));
  const Matrix a = {p.m,
                    p.k,
                    p.a_column_major ? p.m : p.k,
                    data_type(types.a),
                    order(p.a_column_major),
                    p.count,
                    p.a_count == 1 ? 0 : p.m * p.k};
  const Matrix b = {p.k, p.n, p.ldb, data_type(types.a), order(p.b_column_major), p.count, p.b_stride};
  const Matrix c = {p.m, p.n, p.ldd, data_type(types.c), order(p.d_column_major), p.count, p.c_stride};
  const Matrix d = {p.m, p.n, p.ldd, data_type(types.d), order(p.d_column_major), p.count, p.d_stride};
  NM_TRY(a_.init(session_, a, true));
  NM_TRY(b_.init(session_, b, false));
  NM_TRY(c_.init(session_, c, false));
  NM_TRY(d_.init(session_, d, false));
  return check_supported(
      session_->functions().MatmulDescriptorInit(session_->handle(), &matmul_, Operation::kNone, Operation::kNone,
                                                 a_.get(), b_.get(), c_.get(), d_.get(), types.compute),
      "cusparseLtMatmulDescriptorInit", session_->device());
}

template <typename T>
int32_t PreparedPlan::set(MatmulAttribute attribute, const T& value) {
  return check_supported(
      session_->functions().MatmulDescSetAttribute(session_->handle(), &matmul_, attribute, &value, sizeof value),
      "cusparseLtMatmulDescSetAttribute", session_->device());
}

// Before the selection and the plan, which may look at it.
int32_t PreparedPlan::set_epilogue(const Problem& problem, const void* bias) {
  const int on = 1;
  if (problem.activation == NM_RELU) NM_TRY(set(MatmulAttribute::kRelu, on));
  if (problem.activation == NM_CUDA_GELU_TANH) NM_TRY(set(MatmulAttribute::kGelu, on));
  if (problem.has_vectors) NM_TRY(set(MatmulAttribute::kAlphaVector, on));
  // A vector for alpha alone leaves C out.
  if (problem.has_vectors && problem.accumulates) NM_TRY(set(MatmulAttribute::kBetaVector, on));
  if (problem.has_bias) {
    NM_TRY(set(MatmulAttribute::kBiasPointer, bias));
    NM_TRY(set(MatmulAttribute::kBiasStride, int64_t{0}));  // the same one for all batch items
  }
  return NM_OK;
}

int32_t PreparedPlan::get(AlgAttribute attribute, int32_t* value) const {
  NM_LT_TRY(session_->functions(), MatmulAlgGetAttribute, session_->handle(), &selection_, attribute, value,
            sizeof *value);
  return NM_OK;
}

int32_t PreparedPlan::set(AlgAttribute attribute, int32_t value) {
  NM_LT_TRY(session_->functions(), MatmulAlgSetAttribute, session_->handle(), &selection_, attribute, &value,
            sizeof value);
  return NM_OK;
}

// The library says here, not earlier, which types it does not multiply on this device. Of the attributes only those are
// set that differ from the defaults: some devices refuse to be told their own defaults.
int32_t PreparedPlan::select(const Choice& choice, int32_t search_iterations) {
  NM_TRY(check_supported(
      session_->functions().MatmulAlgSelectionInit(session_->handle(), &selection_, &matmul_, MatmulAlg::kDefault),
      "cusparseLtMatmulAlgSelectionInit", session_->device()));
  selected_ = true;
  const std::pair<AlgAttribute, int32_t> wanted[] = {{AlgAttribute::kConfigId, choice.config},
                                                     {AlgAttribute::kSplitK, choice.split_k},
                                                     {AlgAttribute::kSplitKMode, choice.split_k_mode},
                                                     {AlgAttribute::kSplitKBuffers, choice.split_k_buffers}};
  for (const auto& [attribute, value] : wanted) {
    if (value < 0) continue;
    int32_t present;
    NM_TRY(get(attribute, &present));
    if (present != value) NM_TRY(set(attribute, value));
  }
  return search_iterations > 0 ? set(AlgAttribute::kSearchIterations, search_iterations) : int32_t{NM_OK};
}

int32_t PreparedPlan::ask_sizes() {
  size_t workspace, compressed, temporary;
  NM_LT_TRY(session_->functions(), MatmulGetWorkspace, session_->handle(), &plan_, &workspace);
  NM_LT_TRY(session_->functions(), SpMMACompressedSize, session_->handle(), &plan_, &compressed, &temporary);
  workspace_bytes_ = static_cast<int64_t>(workspace);
  compressed_bytes_ = static_cast<int64_t>(compressed);
  return NM_OK;
}

int32_t PreparedPlan::run(const Operands& o, cudaStream_t stream) const {
  NM_LT_TRY(session_->functions(), Matmul, session_->handle(), &plan_, o.alpha, o.a, o.b, o.beta, o.c, o.d, o.workspace,
            &stream, 1);
  return NM_OK;
}

int32_t PreparedPlan::search(const Operands& o, cudaStream_t stream, Choice* found) {
  NM_LT_TRY(session_->functions(), MatmulSearch, session_->handle(), &plan_, o.alpha, o.a, o.b, o.beta, o.c, o.d,
            o.workspace, &stream, 1);
  NM_TRY(get(AlgAttribute::kConfigId, &found->config));
  NM_TRY(get(AlgAttribute::kSplitK, &found->split_k));
  NM_TRY(get(AlgAttribute::kSplitKMode, &found->split_k_mode));
  NM_TRY(get(AlgAttribute::kSplitKBuffers, &found->split_k_buffers));
  return ask_sizes();
}

int32_t PreparedPlan::config_count(int32_t* count) const { return get(AlgAttribute::kConfigMaxId, count); }

}  // namespace lt
}  // namespace cuda
}  // namespace nm
