// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// E in the order that CUTLASS's sparse kernels read (and PyTorch's CUTLASS backend stores), from rows and back. CUTLASS
// defines it as reorder_meta (tools/util/include/cutlass/util/host_reorder.h) followed by the layout
// ColumnMajorInterleaved<2>: rows of a block of 32 (16 for words of 32 bits) are interleaved by 4 (2), in each 2 x 2
// square the two off the diagonal change places, and pairs of columns of words follow each other.
//
// Floor: 2 x 1/8 byte a dense weight (fp32: 2 x 1/4).
#ifndef NM4J_CUDA_KERNELS_METADATA_H_
#define NM4J_CUDA_KERNELS_METADATA_H_

#include <cstdint>

#include "cuda/kernels/launch.h"
#include "cuda/kernels/rows.h"

namespace nm {
namespace cuda {

// Rows of E that are interleaved with each other: rows of a reordered E are a multiple, columns a multiple of 2.
template <typename Word>
constexpr int kMetadataBlock = sizeof(Word) == 2 ? 32 : 16;

struct MetadataPosition {
  int64_t row, col;
};

// Where CUTLASS has the word that is in this row and column, before ColumnMajorInterleaved<2>; and the inverse.
template <typename Word>
NM_HD MetadataPosition to_cutlass(int64_t row, int64_t col) {
  constexpr int kBlock = kMetadataBlock<Word>, kInterleave = kBlock / 8;
  int64_t to = row / kBlock * kBlock + row % 8 * kInterleave + row % kBlock / 8;
  const int64_t turn = col % 2 - to % 2;  // 1: upper right, -1: lower left
  return {to + turn, col - turn};
}
template <typename Word>
NM_HD MetadataPosition from_cutlass(int64_t row, int64_t col) {
  constexpr int kBlock = kMetadataBlock<Word>, kInterleave = kBlock / 8;
  const int64_t turn = col % 2 - row % 2;
  row += turn;
  const int64_t in_block = row % kBlock;
  return {row / kBlock * kBlock + in_block % kInterleave * 8 + in_block / kInterleave, col - turn};
}

NM_HD int64_t interleaved_offset(int64_t rows, MetadataPosition p) {
  return (p.col / 2 * rows + p.row) * 2 + p.col % 2;
}

// A thread takes the two words that lie next to each other in CUTLASS's order. Threads of a block run along its rows
// first, so that one side is contiguous; of the other, a block takes 16 words of a row.
template <typename Word, bool kToCutlass>
struct ReorderMetadata {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kBlockX = 32;

  const Word* from;
  Word* to;
  int64_t rows, words;  // of E; rows % kMetadataBlock == 0, words % 2 == 0

  NM_HD void thread(const Thread& t) const {
    for (int64_t pair = t.global_y(); pair < words / 2; pair += t.stride_y()) {
      for (int64_t row = t.global_x(); row < rows; row += t.stride_x()) {
        for (int side = 0; side < 2; ++side) {
          const MetadataPosition there = {row, pair * 2 + side};
          const MetadataPosition here = from_cutlass<Word>(there.row, there.col);
          const int64_t plain = here.row * words + here.col, reordered = interleaved_offset(rows, there);
          if (kToCutlass) {
            to[reordered] = from[plain];
          } else {
            to[plain] = from[reordered];
          }
        }
      }
    }
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_METADATA_H_
