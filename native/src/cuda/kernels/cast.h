// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// From one element type to another, under a mask if there is one; and rows to integers with a scale each.
//
// Floors, bytes a weight: cast sizeof(From) + sizeof(To), columns scaled 8, quantise sizeof(From) + 1 (the second
// reading of a row comes from the cache); 1/8 more under a mask.
#ifndef NM4J_CUDA_KERNELS_CAST_H_
#define NM4J_CUDA_KERNELS_CAST_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"

namespace nm {
namespace cuda {

// out = factor * x where the mask keeps (everywhere, if it is NULL), +0.0 elsewhere; the product in fp32, then rounded.
template <typename From, typename To>
struct Cast {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 8;

  const From* x;
  int64_t rows, cols, ldx;
  const uint8_t* mask;  // or NULL
  float factor;
  To* out;  // may be x
  int64_t ldo;

  NM_HD void thread(const Thread& t) const {
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      const int64_t count = cols - col < kChunk ? cols - col : kChunk;
      const uint32_t bits =
          mask == nullptr ? ~0u : load_bits<kChunk>(mask + row * mask_row_bytes(cols) + col / 8, count);
      From in[kChunk];
      To result[kChunk];
      load_run(x + row * ldx + col, count, in);
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) {
        result[i] = (bits >> i & 1) != 0 ? narrow<To>(widen(in[i]) * factor) : To{};
      }
      store_run(out + row * ldo + col, count, result);
    });
  }
};

// out = x times a factor for each column, for masks by |w s|.
struct ScaleColumns {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 4;

  const float* x;
  int64_t rows, cols, ldx;
  const float* factors;
  float* out;
  int64_t ldo;

  NM_HD void thread(const Thread& t) const {
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      float values[kChunk], by[kChunk];
      load_run(x + row * ldx + col, cols - col, values);
      load_run(factors + col, cols - col, by);
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) values[i] *= by[i];
      store_run(out + row * ldo + col, cols - col, values);
    });
  }
};

// A block to a row: scale = max |w| / 127 over the kept weights (1 if all are 0, at least the smallest normal fp32),
// and w / scale rounded to integers -127 .. 127, ties to even; 0 where not kept. Weights that are not finite are
// reported; their row's results mean nothing.
template <typename From>
struct QuantizeRows {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 8;

  const From* w;
  int64_t cols, ld;
  const uint8_t* mask;  // or NULL
  int8_t* out;
  int64_t ldo;
  float* scales;         // one a row
  Findings* not_finite;  // or NULL

  struct Shared {
    float largest[kThreads];
  };
  struct Local {};

  // Maxima of threads, of two times as many in each further phase, then the integers.
  static constexpr int kHalvings = 8;
  static_assert(1 << kHalvings == kThreads);
  NM_HD int phases() const { return kHalvings + 2; }

  NM_HD void phase(int p, const Thread& t, Shared& shared, Local&) const {
    if (p == 0) {
      shared.largest[t.x] = largest(t);
    } else if (p <= kHalvings) {
      const uint32_t half = kThreads >> p;
      if (t.x < half) shared.largest[t.x] = fmaxf(shared.largest[t.x], shared.largest[t.x + half]);
    } else {
      quantize(t, scale_of(shared.largest[0]));
    }
  }

 private:
  NM_HD static float scale_of(float largest) {
    constexpr float kSmallestNormal = 0x1p-126f;
    return largest == 0.0f ? 1.0f : fmaxf(largest / 127.0f, kSmallestNormal);
  }

  // Calls body(column, count, kept weights, others are 0) for this thread's chunks.
  template <typename Body>
  NM_HD void chunks(const Thread& t, const Body& body) const {
    const int64_t row = t.block_x;
    for (int64_t col = static_cast<int64_t>(t.x) * kChunk; col < cols; col += kThreads * kChunk) {
      const int64_t count = cols - col < kChunk ? cols - col : kChunk;
      const uint32_t bits =
          mask == nullptr ? ~0u : load_bits<kChunk>(mask + row * mask_row_bytes(cols) + col / 8, count);
      From in[kChunk];
      load_run(w + row * ld + col, count, in);
      float kept[kChunk];
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) kept[i] = (bits >> i & 1) != 0 ? widen(in[i]) : 0.0f;
      body(col, count, kept);
    }
  }

  NM_HD float largest(const Thread& t) const {
    float result = 0.0f;
    Found found;
    chunks(t, [&](int64_t col, int64_t, const float(&kept)[kChunk]) {
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) {
        if (magnitude_key(kept[i]) >= KeysOf<float>::kInfinity) found.add(t.block_x * cols + col + i);
        result = fmaxf(result, fabsf(kept[i]));
      }
    });
    report(not_finite, found);
    return result;
  }

  NM_HD void quantize(const Thread& t, float scale) const {
    const int64_t row = t.block_x;
    if (t.x == 0) scales[row] = scale;
    chunks(t, [&](int64_t col, int64_t count, const float(&kept)[kChunk]) {
      int8_t result[kChunk];
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) {
        // Rounding may carry the largest one past 127.
        result[i] = narrow<int8_t>(fminf(127.0f, fmaxf(-127.0f, rintf(kept[i] / scale))));
      }
      store_run(out + row * ldo + col, count, result);
    });
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_CAST_H_
