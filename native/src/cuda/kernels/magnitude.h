// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masks of the N largest of each group of M, by magnitude or by score, the lowest column first among equals.
//
// Floor: reads T, writes a bit: sizeof(T) + 1/8 bytes a weight.
#ifndef NM4J_CUDA_KERNELS_MAGNITUDE_H_
#define NM4J_CUDA_KERNELS_MAGNITUDE_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"

namespace nm {
namespace cuda {

// What is compared: keys in the order of the numbers, NaN the largest, -0.0 equal to 0.0. kZeroIsLast: key(0) comes
// after all others.
struct ByMagnitude {
  static constexpr bool kZeroIsLast = true;
  template <typename T>
  NM_HD static uint32_t key(T value) {
    return magnitude_key(value);
  }
  template <typename T>
  static constexpr uint32_t kNan = KeysOf<T>::kNan;
};
struct ByScore {
  static constexpr bool kZeroIsLast = false;
  template <typename T>
  NM_HD static uint32_t key(T value) {
    const uint32_t magnitude = magnitude_key(value);
    return widen(value) < 0.0f ? 0x80000000u - magnitude : 0x80000000u + magnitude;  // a NaN is never below
  }
  template <typename T>
  static constexpr uint32_t kNan = 0x80000000u + KeysOf<T>::kNan;
};

// The bits of the `n` first ones in order among kM keys.
template <int kM>
NM_HD uint32_t largest_of(const uint32_t* keys, int n) {
  uint32_t bits = 0;
  NM_UNROLL
  for (int i = 0; i < kM; ++i) {
    int rank = 0;
    NM_UNROLL
    for (int j = 0; j < kM; ++j) {
      if (j < i) rank += keys[j] >= keys[i];
      if (j > i) rank += keys[j] > keys[i];
    }
    bits |= static_cast<uint32_t>(rank < n) << i;
  }
  return bits;
}

// The same for a chunk of whole groups. Elements behind a row's end have key 0 and come last, hence take no one's
// place.
template <int kM, int kChunk>
NM_HD uint32_t chunk_mask(const uint32_t (&keys)[kChunk], int n) {
  static_assert(kChunk % kM == 0 && kChunk <= 32);
  uint32_t bits = 0;
  NM_UNROLL
  for (int g = 0; g < kChunk; g += kM) bits |= largest_of<kM>(keys + g, n) << g;
  return bits;
}

// 8 columns from `col` on, for any M and stride: each column is compared with all of its group, in memory (the cache
// holds it). The elements of a group are `stride` apart, and groups follow each other in periods of `stride` columns.
template <typename Order, typename T>
NM_HD uint32_t byte_mask(const T* row, int64_t cols, int64_t col, int n, int m, int64_t stride) {
  const int64_t channels = cols / stride;
  int64_t channel = col / stride, place = col - channel * stride, first = channel / m * m;
  uint32_t bits = 0;
  NM_ROLLED
  for (int i = 0; i < 8 && col + i < cols; ++i) {
    const T* group = row + first * stride + place;
    const int length = channels - first < m ? static_cast<int>(channels - first) : m;
    const int mine = static_cast<int>(channel - first);
    const uint32_t key = Order::key(row[col + i]);
    int rank = 0;
    for (int j = 0; j < length; ++j) {
      const uint32_t other = Order::key(group[j * stride]);
      rank += j < mine ? other >= key : other > key;
    }
    bits |= static_cast<uint32_t>(rank < n) << i;
    if (++place == stride) {
      place = 0;
      if (++channel - first == m) first = channel;
    }
  }
  return bits;
}

// Whether there is a NaN among them. Behind the row's end keys are 0: they come last.
template <typename Order, typename T, int kChunk>
NM_HD bool load_keys(const T* row, int64_t count, uint32_t (&keys)[kChunk]) {
  T values[kChunk];
  load_run(row, count, values);
  uint32_t largest = 0;
  NM_UNROLL
  for (int i = 0; i < kChunk; ++i) {
    keys[i] = Order::kZeroIsLast || i < count ? Order::key(values[i]) : 0;
    largest = keys[i] > largest ? keys[i] : largest;
  }
  return largest == Order::template kNan<T>;
}

// Columns to a thread: whole groups, whole mask bytes and 16 bytes of weights.
template <typename T, int kM>
constexpr int kMaskChunk = kM > 16                    ? kM
                           : kM > 8 || sizeof(T) == 1 ? 16
                                                      : 8;

// kM: 2, 4, 8, 16 or 32; 0 for any M and stride.
template <typename T, int kM, typename Order>
struct LargestMask {
  static constexpr int kThreads = kBlockThreads, kBlocks = kM == 32 ? 1 : 2;
  static constexpr int kChunk = kM == 0 ? 8 : kMaskChunk<T, kM>;

  const T* w;
  int64_t rows, cols, ld;
  int n, m;
  int64_t stride;  // 1 unless kM is 0
  uint8_t* mask;
  Findings* nan;  // or NULL

  NM_HD void thread(const Thread& t) const {
    Found found;
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      const T* const from = w + row * ld;
      uint32_t keys[kChunk];
      const bool any_nan = load_keys<Order>(from + col, cols - col, keys);
      uint32_t bits;
      if constexpr (kM == 0) {
        bits = byte_mask<Order>(from, cols, col, n, m, stride);
      } else {
        bits = chunk_mask<kM>(keys, n);
        if (cols - col < kChunk) bits &= (uint32_t{1} << (cols - col)) - 1;
      }
      store_bits<kChunk>(mask + row * mask_row_bytes(cols) + col / 8, cols - col < kChunk ? cols - col : kChunk, bits);
      if (any_nan) {
        for (int i = 0; i < kChunk; ++i) {
          if (keys[i] == Order::template kNan<T>) found.add(row * cols + col + i);
        }
      }
    });
    report(nan, found);
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_MAGNITUDE_H_
