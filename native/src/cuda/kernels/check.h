// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Groups that keep more than N: how many, and the first column of the first one. And numbers that are not finite.
//
// Floors: sizeof(T) bytes a weight, 1/8 byte for a mask.
#ifndef NM4J_CUDA_KERNELS_CHECK_H_
#define NM4J_CUDA_KERNELS_CHECK_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"

namespace nm {
namespace cuda {

NM_HD int count_bits(uint32_t bits) {
#ifdef __CUDA_ARCH__
  return __popc(bits);
#else
  return __builtin_popcount(bits);
#endif
}

// One bit a column, non-zeros of T or bits of a mask, in chunks of 32.
template <typename T>
NM_HD uint32_t nonzero_bits(const T* row, int64_t count) {
  T values[32];
  load_run(row, count, values);
  uint32_t bits = 0;
  NM_UNROLL
  for (int i = 0; i < 32; ++i) bits |= static_cast<uint32_t>(magnitude_key(values[i]) != 0) << i;
  return bits;
}

// T: an element type; void: `rows` are those of a mask.
template <typename T>
struct CheckPattern {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  const void* data;
  int64_t rows, cols, ld;  // ld: of elements; of a mask, whatever
  int n, m;
  Findings* breaches;

  NM_HD uint32_t bits_at(int64_t row, int64_t col) const {
    if constexpr (std::is_void_v<T>) {
      const uint8_t* const mask = static_cast<const uint8_t*>(data) + row * mask_row_bytes(cols);
      const int64_t count = cols - col;
      if (col % 8 == 0) return load_bits<32>(mask + col / 8, count);
      uint8_t bytes[8];
      load_run(mask + col / 8, (col % 8 + (count < 32 ? count : 32) + 7) / 8, bytes);
      uint64_t bits = 0;
      NM_UNROLL
      for (int i = 0; i < 8; ++i) bits |= static_cast<uint64_t>(bytes[i]) << 8 * i;
      bits >>= col % 8;
      return static_cast<uint32_t>(count < 32 ? bits & ((uint64_t{1} << count) - 1) : bits);
    } else {
      return nonzero_bits(static_cast<const T*>(data) + row * ld + col, cols - col);
    }
  }

  // A thread takes as many whole groups as 32 columns hold.
  NM_HD static constexpr int chunk(int m) { return 32 / m * m; }

  NM_HD void thread(const Thread& t) const {
    Found found;
    const uint32_t group = m == 32 ? ~0u : (1u << m) - 1;
    for_chunks(t, rows, cols, chunk(m), [&](int64_t row, int64_t col) {
      const uint32_t bits = bits_at(row, col);
      for (int first = 0; first + m <= 32; first += m) {
        if (count_bits(bits >> first & group) > n) found.add(row * cols + col + first);
      }
    });
    report(breaches, found);
  }
};

// Infinities and NaN among T.
template <typename T>
struct CheckFinite {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 16 / sizeof(T);

  const T* x;
  int64_t rows, cols, ld;
  Findings* found_here;

  NM_HD void thread(const Thread& t) const {
    Found found;
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      T values[kChunk];
      load_run(x + row * ld + col, cols - col, values);
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) {
        if (magnitude_key(values[i]) >= KeysOf<T>::kInfinity) found.add(row * cols + col + i);
      }
    });
    report(found_here, found);
  }
};

// Bits that differ between two masks: Zhou et al.'s sparse architecture divergence. Floor: 1/4 byte a weight.
struct MaskDistance {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 128;  // bits: 16 bytes

  const uint8_t* a;
  const uint8_t* b;
  int64_t rows, cols;
  uint64_t* bits;

  NM_HD void thread(const Thread& t) const {
    uint32_t differ = 0;
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      const int64_t at = row * mask_row_bytes(cols) + col / 8;
      NM_UNROLL
      for (int word = 0; word < kChunk; word += 32) {
        const int64_t left = cols - col - word;
        if (left > 0)
          differ += count_bits(load_bits<32>(a + at + word / 8, left) ^ load_bits<32>(b + at + word / 8, left));
      }
    });
    add_to(bits, differ);
  }
};

// Sets findings and totals to nothing found, in the order of the stream.
struct ClearFindings {
  static constexpr int kThreads = 32, kBlocks = 2;
  Findings* findings;
  NM_HD void thread(const Thread& t) const {
    if (t.x == 0) *findings = {0, Findings::kNowhere};
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_CHECK_H_
