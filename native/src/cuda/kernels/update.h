// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masked training steps: the optimiser step (train/update_math-inl.h, the CPU's arithmetic), the next magnitude mask,
// its flips and the masked copies in one pass over memory.
//
// Floor of a step with a new mask, bytes a weight: SGD with momentum 5 x 4 + 1/4 (w, gradient and buffer read, w and
// buffer written, mask read and written), Adam 7 x 4 + 1/4; 4 more for `masked`, 2 for its bf16 copy. Where M is not 2,
// 4, 8 or 16, or groups have a stride, mask and copies take a second pass: 4 + 1/4 more.
#ifndef NM4J_CUDA_KERNELS_UPDATE_H_
#define NM4J_CUDA_KERNELS_UPDATE_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/check.h"
#include "cuda/kernels/magnitude.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"
#include "train/update_math-inl.h"

namespace nm {
namespace cuda {

// The vector traits of one GPU thread.
struct DeviceLane {
  using Reg = float;
  NM_HD static Reg set1(float value) { return value; }
  NM_HD static Reg add(Reg a, Reg b) { return a + b; }
  NM_HD static Reg mul(Reg a, Reg b) { return a * b; }
  NM_HD static Reg div(Reg a, Reg b) { return a / b; }
  NM_HD static Reg sqrt(Reg a) { return sqrtf(a); }
  NM_HD static Reg fma(Reg a, Reg b, Reg c) { return fmaf(a, b, c); }
  NM_HD static Reg keep(uint32_t bits, Reg a) { return (bits & 1) != 0 ? a : 0.0f; }
};

// Tensors without gaps; what is not needed is NULL.
struct StepTensors {
  float* w;
  const float* grad;
  float* first;
  float* second;
  uint8_t* mask;
  float* masked;
  Bf16* masked_bf16;
  float pruned_factor;
};

// masked = w where the bits keep, pruned_factor * w elsewhere (0 times infinity is 0 here).
template <int kChunk>
NM_HD void store_masked(const StepTensors& t, int64_t at, int64_t count, uint32_t bits, const float (&w)[kChunk]) {
  if (t.masked == nullptr && t.masked_bf16 == nullptr) return;
  float masked[kChunk];
  Bf16 rounded[kChunk];
  NM_UNROLL
  for (int i = 0; i < kChunk; ++i) {
    masked[i] = (bits >> i & 1) != 0 ? w[i] : t.pruned_factor != 0.0f ? t.pruned_factor * w[i] : 0.0f;
    rounded[i] = narrow<Bf16>(masked[i]);
  }
  if (t.masked != nullptr) store_run(t.masked + at, count, masked);
  if (t.masked_bf16 != nullptr) store_run(t.masked_bf16 + at, count, rounded);
}

enum StepKind { kNoStep, kSgdStep, kAdamStep };

// kM: 2, 4, 8 or 16: the next mask is made here; 0: the mask stays.
template <StepKind kStep, int kM>
struct MaskedStep {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;
  static constexpr int kChunk = kM == 0 ? 8 : kMaskChunk<float, kM>;

  UpdateRule rule;
  int64_t rows, cols;
  int n;
  StepTensors tensors;
  uint64_t* flips;  // or NULL

  NM_HD void thread(const Thread& t) const {
    uint32_t flipped = 0;
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      const int64_t at = row * cols + col, count = cols - col < kChunk ? cols - col : kChunk;
      uint8_t* const mask = tensors.mask + row * mask_row_bytes(cols) + col / 8;
      uint32_t bits = load_bits<kChunk>(mask, count);
      float w[kChunk];
      load_run(tensors.w + at, count, w);
      if constexpr (kStep != kNoStep) step(at, count, bits, w);
      if constexpr (kM != 0) {
        uint32_t keys[kChunk];
        NM_UNROLL
        for (int i = 0; i < kChunk; ++i) keys[i] = i < count ? magnitude_key(w[i]) : 0;
        uint32_t next = chunk_mask<kM>(keys, n);
        if (count < kChunk) next &= (uint32_t{1} << count) - 1;
        flipped += count_bits(bits ^ next);
        if (next != bits) store_bits<kChunk>(mask, count, next);
        bits = next;
      }
      store_masked(tensors, at, count, bits, w);
    });
    if (kM != 0 && flips != nullptr) add_to(flips, flipped);
  }

 private:
  NM_HD void step(int64_t at, int64_t count, uint32_t bits, float (&w)[kChunk]) const {
    constexpr nm_optimizer kOptimizer = kStep == kAdamStep ? NM_ADAM : NM_SGD;  // AdamW differs in numbers only
    const bool has_first = uses_first(kOptimizer, rule);
    float grad[kChunk], first[kChunk] = {}, second[kChunk] = {};
    load_run(tensors.grad + at, count, grad);
    if (has_first) load_run(tensors.first + at, count, first);
    if constexpr (kStep == kAdamStep) load_run(tensors.second + at, count, second);
    NM_UNROLL
    for (int i = 0; i < kChunk; ++i) {
      UpdateState<DeviceLane> state = {w[i], grad[i], first[i], second[i]};
      update_step<DeviceLane, kOptimizer>(rule, bits >> i, &state);
      w[i] = state.w;
      first[i] = state.first;
      second[i] = state.second;
    }
    store_run(tensors.w + at, count, w);
    if (has_first) store_run(tensors.first + at, count, first);
    if constexpr (kStep == kAdamStep) {
      if (writes_second(kOptimizer, rule)) store_run(tensors.second + at, count, second);
    }
  }
};

// The next mask for any M and stride, of weights as they are.
struct NextMask {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 8;

  int64_t rows, cols;
  int n, m;
  int64_t stride;
  StepTensors tensors;
  uint64_t* flips;  // or NULL

  NM_HD void thread(const Thread& t) const {
    uint32_t flipped = 0;
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      const int64_t at = row * cols + col, count = cols - col < kChunk ? cols - col : kChunk;
      uint8_t* const mask = tensors.mask + row * mask_row_bytes(cols) + col / 8;
      const uint32_t bits = load_bits<kChunk>(mask, count);
      const uint32_t next = byte_mask<ByMagnitude>(tensors.w + row * cols, cols, col, n, m, stride);
      flipped += count_bits(bits ^ next);
      if (next != bits) store_bits<kChunk>(mask, count, next);
      float w[kChunk];
      load_run(tensors.w + at, count, w);
      store_masked(tensors, at, count, next, w);
    });
    if (flips != nullptr) add_to(flips, flipped);
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_UPDATE_H_
