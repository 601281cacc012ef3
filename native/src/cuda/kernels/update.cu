// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of training steps.
#include "cuda/kernels/kernels.h"
#include "cuda/kernels/update.h"

namespace nm {
namespace cuda {
namespace {

template <StepKind kStep, int kM>
int masked_step(Stream stream, const nm_update& u, const UpdateRule& rule, const StepTensors& tensors,
                uint64_t* flips) {
  using Kernel = MaskedStep<kStep, kM>;
  const Extent e = extent(u.rows, u.cols, true, Kernel::kChunk);
  return launch(chunk_grid(e.rows, e.cols, Kernel::kChunk), stream, Kernel{rule, e.rows, e.cols, u.n, tensors, flips});
}

template <StepKind kStep>
int step(Stream stream, const nm_update& u, const UpdateRule& rule, const StepTensors& tensors, uint64_t* flips) {
  if ((u.flags & NM_KEEP_MASK) != 0) return masked_step<kStep, 0>(stream, u, rule, tensors, flips);
  if (u.group_stride == 1) {
    if (u.m == 2) return masked_step<kStep, 2>(stream, u, rule, tensors, flips);
    if (u.m == 4) return masked_step<kStep, 4>(stream, u, rule, tensors, flips);
    if (u.m == 8) return masked_step<kStep, 8>(stream, u, rule, tensors, flips);
    if (u.m == 16) return masked_step<kStep, 16>(stream, u, rule, tensors, flips);
  }
  // Groups that no thread holds: the step, then the mask of all weights.
  if (kStep != kNoStep) {
    StepTensors uncopied = tensors;
    uncopied.masked = nullptr;
    uncopied.masked_bf16 = nullptr;
    if (const int error = masked_step<kStep, 0>(stream, u, rule, uncopied, nullptr)) return error;
  }
  return launch(chunk_grid(u.rows, u.cols, NextMask::kChunk), stream,
                NextMask{u.rows, u.cols, u.n, u.m, u.group_stride, tensors, flips});
}

}  // namespace

int launch_update(Stream stream, const nm_update& u, const UpdateRule& rule, uint64_t* flips) {
  const StepTensors tensors = {
      u.w, u.grad, u.first, u.second, u.mask, u.masked, reinterpret_cast<Bf16*>(u.masked_bf16), u.pruned_factor};
  if ((u.flags & NM_NO_STEP) != 0) return step<kNoStep>(stream, u, rule, tensors, flips);
  if (u.optimizer == NM_SGD) return step<kSgdStep>(stream, u, rule, tensors, flips);
  return step<kAdamStep>(stream, u, rule, tensors, flips);
}

}  // namespace cuda
}  // namespace nm
