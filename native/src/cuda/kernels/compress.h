// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The compressed operand of sparse tensor cores (PTX ISA, "mma.sp"): the kept half of the values, and four bits of
// metadata for each two of them.
//   16 and 8 bits, 2:4: of four columns the kept ones i < j; values in order, nibble i | j << 2.
//   fp32 as TF32, 1:2: of two columns the kept one; nibble 0100 (the first) or 1110 (the second).
// A row's nibbles follow each other, the lowest bits of a byte first: rows of E, words of 16 bits (32 for int8). Rows
// are padded with zeros to whole words of E; groups that keep too few are completed by their lowest free columns, with
// +0.0.
//
// Floor of compress and of decompress: for 2:4, fp16: 2 + 1 + 1/8 + 1/8 bytes a weight (dense, values, mask, E; without
// the mask for decompress); int8 1 + 1/2 + 1/8 + 1/8; fp32 4 + 2 + 1/8 + 1/4.
#ifndef NM4J_CUDA_KERNELS_COMPRESS_H_
#define NM4J_CUDA_KERNELS_COMPRESS_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/check.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"

namespace nm {
namespace cuda {

// How E describes T.
template <typename T>
struct TensorCore {
  using Word = uint16_t;
  static constexpr int kGroup = sizeof(T) == 4 ? 2 : 4, kKept = kGroup / 2;
  static constexpr int kWordColumns = 4 * kGroup;  // dense columns that a word of E describes
};
template <>
struct TensorCore<int8_t> {
  using Word = uint32_t;
  static constexpr int kGroup = 4, kKept = 2, kWordColumns = 32;
};

// The columns of a group as a nibble: `bits` has exactly two of four, or one of two.
template <int kGroup>
NM_HD uint32_t encode(uint32_t bits) {
  if (kGroup == 2) return bits == 1 ? 0x4 : 0xe;
  const uint32_t first = (bits & 1) != 0 ? 0 : (bits & 2) != 0 ? 1 : 2;
  const uint32_t second = (bits & 8) != 0 ? 3 : (bits & 4) != 0 ? 2 : 1;
  return first | second << 2;
}

// And back; 0 if it is none of the legal nibbles.
template <int kGroup>
NM_HD uint32_t decode(uint32_t nibble) {
  if (kGroup == 2) return nibble == 0x4 ? 1 : nibble == 0xe ? 2 : 0;
  const uint32_t first = nibble & 3, second = nibble >> 2;
  return first < second ? 1u << first | 1u << second : 0;
}

// At least kKept bits: free columns complete from the lowest on. Of more, the lowest kKept remain.
template <int kKept>
NM_HD uint32_t complete(uint32_t bits, uint32_t group) {
  NM_UNROLL
  for (int i = 0; i < kKept; ++i) {
    if (count_bits(bits) < kKept) {
      const uint32_t free = ~bits & group;
      bits |= free & (0u - free);
    }
  }
  if (count_bits(bits) <= kKept) return bits;
  uint32_t lowest = 0;
  NM_UNROLL
  for (int i = 0; i < kKept; ++i) {
    const uint32_t next = bits & (0u - bits);
    lowest |= next;
    bits ^= next;
  }
  return lowest;
}

template <typename T>
struct Compress {
  using Core = TensorCore<T>;
  using Word = typename Core::Word;
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = Core::kWordColumns;

  const T* w;
  int64_t rows, cols, ld;
  const uint8_t* mask;
  T* values;           // rows x words * kChunk / 2
  Word* metadata;      // rows x words
  int64_t words;       // at least cols / kChunk, rounded up
  Findings* breaches;  // groups of the mask that keep more than the tensor core can, or NULL

  NM_HD void thread(const Thread& t) const {
    Found found;
    for_chunks(t, rows, words * kChunk, kChunk, [&](int64_t row, int64_t col) {
      const int64_t count = col < cols ? cols - col : 0;
      T dense[kChunk], kept[kChunk / 2];
      load_run(w + row * ld + col, count, dense);
      const uint32_t bits = count == 0 ? 0 : load_bits<kChunk>(mask + row * mask_row_bytes(cols) + col / 8, count);
      uint32_t word = 0;
      NM_UNROLL
      for (int g = 0; g < kChunk / Core::kGroup; ++g) {
        constexpr uint32_t kAll = (1u << Core::kGroup) - 1;
        const uint32_t mine = bits >> g * Core::kGroup & kAll, full = complete<Core::kKept>(mine, kAll);
        if (count_bits(mine) > Core::kKept) found.add(row * cols + col + g * Core::kGroup);
        word |= encode<Core::kGroup>(full) << 4 * g;
        select(dense + g * Core::kGroup, full & mine, full, kept + g * Core::kKept);
      }
      const int64_t at = row * words + col / kChunk;
      store_run(values + at * (kChunk / 2), kChunk / 2, kept);
      metadata[at] = static_cast<Word>(word);
    });
    report(breaches, found);
  }

 private:
  // The values at the columns of `full`, zeros for those that `mine` lacks. No index is computed: the group is in
  // registers.
  NM_HD static void select(const T* group, uint32_t mine, uint32_t full, T* kept) {
    T clean[Core::kGroup];
    NM_UNROLL
    for (int i = 0; i < Core::kGroup; ++i) clean[i] = (mine >> i & 1) != 0 ? group[i] : T{};
    if constexpr (Core::kGroup == 2) {
      kept[0] = (full & 1) != 0 ? clean[0] : clean[1];
    } else {
      kept[0] = (full & 1) != 0 ? clean[0] : (full & 2) != 0 ? clean[1] : clean[2];
      kept[1] = (full & 8) != 0 ? clean[3] : (full & 4) != 0 ? clean[2] : clean[1];
    }
  }
};

// Dense rows from values and E. A nibble that is not legal gives zeros, and counts as a breach.
template <typename T>
struct Decompress {
  using Core = TensorCore<T>;
  using Word = typename Core::Word;
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = Core::kWordColumns;

  const T* values;
  const Word* metadata;
  int64_t words;
  T* w;
  int64_t rows, cols, ld;
  Findings* breaches;  // or NULL

  NM_HD void thread(const Thread& t) const {
    Found found;
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      const int64_t at = row * words + col / kChunk;
      T dense[kChunk], kept[kChunk / 2];
      load_run(values + at * (kChunk / 2), kChunk / 2, kept);
      const uint32_t word = metadata[at];
      NM_UNROLL
      for (int g = 0; g < kChunk / Core::kGroup; ++g) {
        const uint32_t bits = decode<Core::kGroup>(word >> 4 * g & 15);
        if (bits == 0) found.add(row * cols + col + g * Core::kGroup);
        NM_UNROLL
        for (int i = 0; i < Core::kGroup; ++i) {
          // The last kept column of a group holds its last value, any other its first.
          const T value = bits >> i == 1 ? kept[(g + 1) * Core::kKept - 1] : kept[g * Core::kKept];
          dense[g * Core::kGroup + i] = (bits >> i & 1) != 0 ? value : T{};
        }
      }
      store_run(w + row * ld + col, cols - col, dense);
    });
    report(breaches, found);
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_COMPRESS_H_
