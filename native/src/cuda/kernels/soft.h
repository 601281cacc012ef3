// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// S-STE's continuous pruning: S(w) = sign(w) max(|w| - t, 0), t being the group's (N + 1)-th largest |w|.
//
// Floors: 2 sizeof(T) bytes a weight; its scale, which is computed once, sizeof(T).
#ifndef NM4J_CUDA_KERNELS_SOFT_H_
#define NM4J_CUDA_KERNELS_SOFT_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/magnitude.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"

namespace nm {
namespace cuda {

// What of w is further from 0 than t; the same bits as the CPU's, of zeros too.
NM_HD float beyond(float w, float t) {
  const float above = w > -t ? w : -t, within = above < t ? above : t;
  return w - within;
}

// The threshold of `length` weights in memory (the cache holds them), of which the others of the group are zeros.
template <typename T>
NM_HD float threshold_of(const T* group, int n, int length) {
  NM_ROLLED
  for (int i = 0; i < length; ++i) {
    const uint32_t key = magnitude_key(group[i]);
    int rank = 0;
    for (int j = 0; j < length; ++j) {
      const uint32_t other = magnitude_key(group[j]);
      rank += j < i ? other >= key : other > key;
    }
    if (rank == n) return fabsf(widen(group[i]));
  }
  return 0.0f;
}

// Where group is finite, its threshold; else it is found.
template <typename T>
NM_HD void find_infinite(const T* from, int64_t at, int length, Found* found) {
  for (int i = 0; i < length; ++i) {
    if (magnitude_key(from[i]) >= KeysOf<T>::kInfinity) found->add(at + i);
  }
}

// kM: 2, 4, 8 or 16, a chunk to a thread; 0: a group of any M.
template <typename T, int kM>
struct SoftThreshold {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  const T* w;
  int64_t rows, cols, ld;
  int n, m;
  float scale;
  T* out;
  int64_t ldo;
  Findings* not_finite;  // or NULL

  NM_HD static constexpr int chunk(int m) { return kM == 0 ? m : kMaskChunk<T, kM>; }

  NM_HD void thread(const Thread& t) const {
    Found found;
    for_chunks(t, rows, cols, chunk(m), [&](int64_t row, int64_t col) {
      const T* const from = w + row * ld + col;
      T* const to = out + row * ldo + col;
      if constexpr (kM == 0) {
        const int length = cols - col < m ? static_cast<int>(cols - col) : m;
        const float threshold = threshold_of(from, n, length);
        for (int i = 0; i < length; ++i) to[i] = narrow<T>(scale * beyond(widen(from[i]), threshold));
        find_infinite(from, row * cols + col, length, &found);
      } else {
        constexpr int kChunk = kMaskChunk<T, kM>;
        T values[kChunk], result[kChunk];
        uint32_t keys[kChunk];
        load_run(from, cols - col, values);
        NM_UNROLL
        for (int i = 0; i < kChunk; ++i) keys[i] = magnitude_key(values[i]);
        NM_UNROLL
        for (int g = 0; g < kChunk; g += kM) {
          const uint32_t kept = largest_of<kM>(keys + g, n);
          float threshold = 0.0f;
          NM_UNROLL
          for (int i = 0; i < kM; ++i) {
            const float magnitude = fabsf(widen(values[g + i]));
            if ((kept >> i & 1) == 0 && magnitude > threshold) threshold = magnitude;
          }
          NM_UNROLL
          for (int i = 0; i < kM; ++i) {
            result[g + i] = narrow<T>(scale * beyond(widen(values[g + i]), threshold));
          }
        }
        store_run(to, cols - col, result);
        NM_UNROLL
        for (int i = 0; i < kChunk; ++i) {
          if (keys[i] >= KeysOf<T>::kInfinity) found.add(row * cols + col + i);
        }
      }
    });
    report(not_finite, found);
  }
};

// <w, S(w)> and <S(w), S(w)> of what a block takes, in fp64, always in the same order.
struct ScaleSum {
  double dot, square;
};

template <typename T>
struct ScaleSums {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  const T* w;
  int64_t rows, cols, ld;
  int n, m;
  ScaleSum* sums;        // one a block
  Findings* not_finite;  // or NULL

  struct Shared {
    ScaleSum sums[kThreads];
  };
  struct Local {};

  static constexpr int kHalvings = 8;
  static_assert(1 << kHalvings == kThreads);
  NM_HD int phases() const { return kHalvings + 2; }

  NM_HD void phase(int p, const Thread& t, Shared& shared, Local&) const {
    const uint32_t mine = t.in_block();
    if (p == 0) {
      shared.sums[mine] = sum(t);
    } else if (p <= kHalvings) {
      const uint32_t half = kThreads >> p;
      if (mine < half) {
        shared.sums[mine].dot += shared.sums[mine + half].dot;
        shared.sums[mine].square += shared.sums[mine + half].square;
      }
    } else if (mine == 0) {
      sums[t.block_y * t.grid.blocks_x + t.block_x] = shared.sums[0];
    }
  }

 private:
  NM_HD ScaleSum sum(const Thread& t) const {
    Found found;
    ScaleSum result = {0, 0};
    for_chunks(t, rows, cols, m, [&](int64_t row, int64_t col) {
      const T* const from = w + row * ld + col;
      const int length = cols - col < m ? static_cast<int>(cols - col) : m;
      const float threshold = threshold_of(from, n, length);
      for (int i = 0; i < length; ++i) {
        const float value = widen(from[i]), soft = beyond(value, threshold);
        result.dot += static_cast<double>(value) * soft;
        result.square += static_cast<double>(soft) * soft;
      }
      find_infinite(from, row * cols + col, length, &found);
    });
    report(not_finite, found);
    return result;
  }
};

// One thread for all.
struct FinishScale {
  static constexpr int kThreads = 32, kBlocks = 2;

  const ScaleSum* sums;
  int count;
  double* scale;

  NM_HD void thread(const Thread& t) const {
    if (t.x != 0) return;
    ScaleSum all = {0, 0};
    for (int i = 0; i < count; ++i) {
      all.dot += sums[i].dot;
      all.square += sums[i].square;
    }
    *scale = all.square == 0 ? 1.0 : all.dot / all.square;
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_SOFT_H_
