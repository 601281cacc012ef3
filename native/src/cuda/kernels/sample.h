// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Unbiased random N:M sparsity of least variance, nm_sample_f32: the arithmetic of cpu/sample-inl.h, where it is
// explained, in the same order, a group to a thread.
//
// Floor: 8 bytes a number, 1/8 more with a mask.
#ifndef NM4J_CUDA_KERNELS_SAMPLE_H_
#define NM4J_CUDA_KERNELS_SAMPLE_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"
#include "format/pattern.h"
#include "mask/philox-inl.h"

namespace nm {
namespace cuda {

// The first `m` of kM values are a group. Sets of them are bits.
template <int kM>
struct SampledGroup {
  float value[kM];
  int m;
  uint32_t certain = 0;

  NM_HD bool is_certain(int i) const { return (certain >> i & 1) != 0; }

  NM_HD float uncertain_sum() const {
    float sum = 0.0f;
    NM_UNROLL
    for (int i = 0; i < kM; ++i) {
      if (!is_certain(i)) sum += fabsf(value[i]);  // zeros behind m change nothing
    }
    return sum;
  }

  // Odd multiples of 2^-24 between 0 and 1.
  NM_HD static float draw(uint64_t group, uint64_t seed) {
    Philox<uint32_t> philox = {{static_cast<uint32_t>(group), static_cast<uint32_t>(group >> 32), 0, kSampling}};
    philox.run(seed);
    return (static_cast<float>(philox.x[0] >> 9) + 0.5f) * 0x1p-23f;
  }

  // Replaces the values by what is kept of them; false if their sum is not finite.
  NM_HD bool run(int n, uint64_t group, uint64_t seed) {
    float sum = uncertain_sum();
    if (!(sum <= 0x1.fffffep127f)) return false;
    float left = static_cast<float>(n);
    NM_ROLLED
    for (int pass = 1; pass < n; ++pass) {
      uint32_t above = 0;
      NM_UNROLL
      for (int i = 0; i < kM; ++i) {
        above |= static_cast<uint32_t>(!is_certain(i) && left * fabsf(value[i]) > sum) << i;
      }
      certain |= above;
      left -= static_cast<float>(count_bits(above));
      sum = uncertain_sum();
    }
    choose(left > 0.0f ? sum / left : 0.0f, draw(group, seed), left);
    return true;
  }

 private:
  NM_HD void choose(float scale, float u, float left) {
    float next = u * scale, end = 0.0f;
    uint32_t hits = 0;
    NM_UNROLL
    for (int i = 0; i < kM; ++i) {
      if (i >= m || is_certain(i)) continue;
      end += fabsf(value[i]);
      if (end > next && left > 0.0f) {
        hits |= 1u << i;
        next += scale;
        left -= 1.0f;
      }
    }
    // Rounding may leave the last point behind all numbers: then the last that can takes it.
    bool open = left > 0.0f && scale > 0.0f;
    NM_UNROLL
    for (int i = kM - 1; i >= 0; --i) {
      if (open && value[i] != 0.0f && ((hits | certain) >> i & 1) == 0) {
        hits |= 1u << i;
        open = false;
      }
    }
    NM_UNROLL
    for (int i = 0; i < kM; ++i) {
      const float sampled = (hits >> i & 1) != 0 ? copysignf(scale, value[i]) : 0.0f;
      value[i] = is_certain(i) ? value[i] : sampled;
    }
  }
};

// kM: 2, 4, 8, 16 or 32, the least that holds M.
template <int kM>
struct Sample {
  static constexpr int kThreads = kBlockThreads, kBlocks = kM == 32 ? 1 : 2;

  const float* g;
  int64_t rows, cols, ld;
  int n, m;
  uint64_t seed, first_group;
  float* out;
  int64_t ldo;
  Findings* not_finite;  // groups; or NULL

  NM_HD void thread(const Thread& t) const {
    Found found;
    const auto groups = static_cast<uint64_t>(group_count(cols, m));
    for_chunks(t, rows, cols, m, [&](int64_t row, int64_t col) {
      SampledGroup<kM> group;
      group.m = m;
      const int64_t count = cols - col < m ? cols - col : m;
      load_run(g + row * ld + col, count, group.value);
      const uint64_t number = first_group + static_cast<uint64_t>(row) * groups + static_cast<uint64_t>(col / m);
      if (!group.run(n, number, seed)) found.add(row * cols + col);
      store_run(out + row * ldo + col, count, group.value);
    });
    report(not_finite, found);
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_SAMPLE_H_
