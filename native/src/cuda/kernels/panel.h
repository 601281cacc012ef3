// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Weights of any N:M as the products on ordinary cores (product.h) read them: columns in blocks of as many whole groups
// as 32 columns hold; for each block and row a fixed number of slots, a multiple of 4, each a value and its column
// within the block. Unused slots have the value 0 and point behind the block, where the kernel keeps a row of zeros: no
// activation takes part in them. Blocks follow each other, rows within them, padded to whole tiles.
#ifndef NM4J_CUDA_KERNELS_PANEL_H_
#define NM4J_CUDA_KERNELS_PANEL_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/check.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"

namespace nm {
namespace cuda {

constexpr int kBlockColumns = 32, kTileRows = 64;
constexpr uint8_t kZeroColumn = kBlockColumns;  // of unused slots

struct PanelShape {
  int64_t rows, cols;
  int n, m;

  NM_HD int block_columns() const { return kBlockColumns / m * m; }
  NM_HD int64_t blocks() const { return (cols + block_columns() - 1) / block_columns(); }
  NM_HD int slots() const { return (kBlockColumns / m * n + 3) / 4 * 4; }
  NM_HD int64_t padded_rows() const { return (rows + kTileRows - 1) / kTileRows * kTileRows; }
  NM_HD int64_t all_slots() const { return blocks() * padded_rows() * slots(); }
};

// Dense weights and their mask to slots. What the mask does not keep is no weight, whatever its group could hold.
template <typename T>
struct PackPanel {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  PanelShape shape;
  const T* w;
  int64_t ld;
  const uint8_t* mask;
  T* values;
  uint8_t* columns;
  Findings* breaches;  // groups that keep more than N, of which the lowest N columns are taken; or NULL

  // x: blocks, y: padded rows.
  NM_HD void thread(const Thread& t) const {
    Found found;
    const int width = shape.block_columns(), slots = shape.slots();
    const CheckPattern<void> bits = {mask, shape.rows, shape.cols, 0, shape.n, shape.m, nullptr};
    for (int64_t row = t.global_y(); row < shape.padded_rows(); row += t.stride_y()) {
      for (int64_t block = t.global_x(); block < shape.blocks(); block += t.stride_x()) {
        const int64_t col = block * width, at = (block * shape.padded_rows() + row) * slots;
        const uint32_t kept = row < shape.rows ? bits.bits_at(row, col) : 0;
        int slot = 0;
        for (int first = 0; first + shape.m <= kBlockColumns; first += shape.m) {
          int taken = 0;
          for (int i = first; i < first + shape.m; ++i) {
            if ((kept >> i & 1) == 0 || ++taken > shape.n) continue;
            values[at + slot] = w[row * ld + col + i];
            columns[at + slot] = static_cast<uint8_t>(i);
            ++slot;
          }
          if (taken > shape.n) found.add(row * shape.cols + col + first);
        }
        for (; slot < slots; ++slot) {
          values[at + slot] = T{};
          columns[at + slot] = kZeroColumn;
        }
      }
    }
    report(breaches, found);
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_PANEL_H_
