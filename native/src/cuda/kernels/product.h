// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Products of N:M weights on ordinary cores, for the patterns and types that sparse tensor cores lack:
//   Y = act(alpha * f * (W X) + beta * C + bias),  f: a scale for each output feature
// with sums in fp32, in the order of the columns: the same bits on every call. After the ideas published as NM-SpMM
// (arXiv 2503.01253): a tile of Y to a block, panels of X in shared memory, weights and columns read as vectors. There,
// pruned vectors of weights share their columns; here each weight has its own.
//
// Floors. Shared memory: each multiply-add reads its own 4 bytes of X, and a multiprocessor delivers 128 bytes a cycle:
// at most 32 multiply-adds a cycle, half of an A100's 64 fp32 lanes, a quarter of the 128 of compute
// capability 8.6, 8.9 and 9.0. So it can beat dense fp32 products only where M / N is above 2 (above 4). Memory: per
// tile of 64 rows and 128 batch items the tile's weights, (sizeof(T) + 1) bytes a slot, and cols x 128 of X: small
// batches waste most of a tile.
#ifndef NM4J_CUDA_KERNELS_PRODUCT_H_
#define NM4J_CUDA_KERNELS_PRODUCT_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/panel.h"
#include "nm4j/nm4j.h"

namespace nm {
namespace cuda {

// A matrix of features x batch. Feature-major: the batch is contiguous; batch-major: the features are.
template <typename T>
struct Activations {
  T* data;
  int64_t ld;
  bool batch_major;

  NM_HD T* at(int64_t feature, int64_t item) const {
    return data + (batch_major ? item * ld + feature : feature * ld + item);
  }
};

// Inlined for each of a thread's results, erff alone would need more registers than there are.
NM_HD_CALL float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); }

NM_HD float activate(int32_t activation, float x) {
  if (activation == NM_RELU) return x < 0.0f ? 0.0f : x;  // NaN stays NaN
  if (activation == NM_GELU) return gelu(x);
  return x;
}

template <typename T>
struct PanelProduct {
  // 16 x 16 threads, each with 4 rows and twice 4 items, half a tile apart so that 8 lanes read 128 bytes in a row.
  static constexpr int kThreads = 256, kBlocks = 2, kTileBatch = 128, kRows = 4, kItems = 8, kAcross = 16;
  // A row of slots in shared memory is a little longer than 32, so that the two rows a warp reads at once lie in
  // different banks.
  static constexpr int kSlotStride = kBlockColumns + 4;

  PanelShape shape;
  const T* values;
  const uint8_t* columns;
  int64_t batch;
  Activations<const T> x;
  Activations<const T> c;  // not read if beta is 0
  Activations<T> y;
  const T* bias;               // or NULL
  const float* feature_scale;  // or NULL
  float alpha, beta;
  int32_t activation;

  struct Shared {
    alignas(16) float x[kBlockColumns + 1][kTileBatch];
    alignas(16) float values[kTileRows][kSlotStride];
    alignas(16) uint8_t columns[kTileRows][kSlotStride];
  };
  struct Local {
    float sums[kRows][kItems];
  };

  // Per block of columns: load, multiply; then the results.
  NM_HD int phases() const { return static_cast<int>(2 * shape.blocks() + 1); }

  NM_HD void phase(int p, const Thread& t, Shared& shared, Local& local) const {
    const int64_t row0 = static_cast<int64_t>(t.block_x) * kTileRows,
                  item0 = static_cast<int64_t>(t.block_y) * kTileBatch;
    if (p == 0) begin(t, shared, local);
    if (p % 2 != 0) {
      multiply(t, shared, local);
    } else if (p / 2 < shape.blocks()) {
      load_weights(t, p / 2, row0, shared);
      load_x(t, static_cast<int64_t>(p / 2) * shape.block_columns(), item0, shared);
    } else {
      y.batch_major ? finish<true>(t, row0, item0, local) : finish<false>(t, row0, item0, local);
    }
  }

 private:
  NM_HD static void begin(const Thread& t, Shared& shared, Local& local) {
    if (t.x < kTileBatch) shared.x[kZeroColumn][t.x] = 0.0f;
    NM_UNROLL
    for (int r = 0; r < kRows; ++r) {
      NM_UNROLL
      for (int i = 0; i < kItems; ++i) local.sums[r][i] = 0.0f;
    }
  }

  // The slots of a tile follow each other in memory.
  NM_HD void load_weights(const Thread& t, int64_t block, int64_t row0, Shared& shared) const {
    const int slots = shape.slots(), fours = slots / 4;
    const int64_t tile = (block * shape.padded_rows() + row0) * slots;
    for (int i = static_cast<int>(t.x); i < kTileRows * fours; i += kThreads) {
      const int row = i / fours, slot = i % fours * 4;
      T from[4];
      float to[4];
      uint8_t where[4];
      load_run(values + tile + i * 4, 4, from);
      load_run(columns + tile + i * 4, 4, where);
      NM_UNROLL
      for (int j = 0; j < 4; ++j) to[j] = widen(from[j]);
      store_aligned(&shared.values[row][slot], to);
      store_aligned(&shared.columns[row][slot], where);
    }
  }

  static constexpr int kRun = 4, kRuns = kBlockColumns * kTileBatch / kRun / kThreads;  // a thread's

  // Neighbouring threads take neighbouring items: of feature-major X one run of a row, of batch-major X rows, which
  // keeps the writes to shared memory apart.
  NM_HD void load_x(const Thread& t, int64_t col0, int64_t item0, Shared& shared) const {
    const int64_t left = shape.cols - col0;
    const int width = left < shape.block_columns() ? static_cast<int>(left) : shape.block_columns();
    if (x.batch_major) {
      load_items(t, x.data + item0 * x.ld + col0, width, batch - item0, shared);
    } else {
      load_columns(t, x.data + col0 * x.ld + item0, width, batch - item0, shared);
    }
  }
  NM_HD void load_items(const Thread& t, const T* tile, int width, int64_t items, Shared& shared) const {
    const int item = static_cast<int>(t.x) % kTileBatch, first = static_cast<int>(t.x) / kTileBatch * kRun;
    constexpr int kStep = kThreads / kTileBatch * kRun;
    const T* const row = tile + item * x.ld;
    NM_UNROLL
    for (int i = 0; i < kRuns; ++i) {
      const int col = first + i * kStep;
      T from[kRun];
      load_run(row + col, item < items ? width - col : 0, from);
      NM_UNROLL
      for (int j = 0; j < kRun; ++j) shared.x[col + j][item] = widen(from[j]);
    }
  }
  NM_HD void load_columns(const Thread& t, const T* tile, int width, int64_t items, Shared& shared) const {
    constexpr int kInRow = kTileBatch / kRun, kStep = kThreads / kInRow;
    const int item = static_cast<int>(t.x) % kInRow * kRun, first = static_cast<int>(t.x) / kInRow;
    NM_UNROLL
    for (int i = 0; i < kRuns; ++i) {
      const int col = first + i * kStep;
      T from[kRun];
      float to[kRun];
      load_run(tile + col * x.ld + item, col < width ? items - item : 0, from);
      NM_UNROLL
      for (int j = 0; j < kRun; ++j) to[j] = widen(from[j]);
      store_aligned(&shared.x[col][item], to);
    }
  }

  NM_HD static int row_of(const Thread& t) { return static_cast<int>(t.x) / kAcross * kRows; }
  NM_HD static int item_of(const Thread& t, int half) {
    return static_cast<int>(t.x) % kAcross * 4 + half * (kTileBatch / 2);
  }

  NM_HD void multiply(const Thread& t, const Shared& shared, Local& local) const {
    const int row = row_of(t), slots = shape.slots();
    NM_ROLLED
    for (int slot = 0; slot < slots; slot += 4) {
      NM_UNROLL
      for (int r = 0; r < kRows; ++r) {
        float weights[4];
        uint8_t where[4];
        load_aligned(&shared.values[row + r][slot], weights);
        load_aligned(&shared.columns[row + r][slot], where);
        NM_UNROLL
        for (int j = 0; j < 4; ++j) {
          NM_UNROLL
          for (int half = 0; half < 2; ++half) {
            float items[4];
            load_aligned(&shared.x[where[j]][item_of(t, half)], items);
            NM_UNROLL
            for (int i = 0; i < 4; ++i) {
              float& sum = local.sums[r][half * 4 + i];
              sum = fmaf(weights[j], items[i], sum);
            }
          }
        }
      }
    }
  }

  NM_HD float result(float sum, int64_t row, T previous) const {
    float value = (feature_scale == nullptr ? alpha : alpha * feature_scale[row]) * sum;
    if (beta != 0.0f) value = fmaf(beta, widen(previous), value);
    if (bias != nullptr) value += widen(bias[row]);
    return activate(activation, value);
  }

  // The layout is known when compiling, or every sum would wait in a register for both.
  template <bool kBatchMajor>
  NM_HD void finish(const Thread& t, int64_t row0, int64_t item0, const Local& local) const {
    const int64_t row = row0 + row_of(t);
    NM_UNROLL
    for (int half = 0; half < 2; ++half) {
      const int64_t item = item0 + item_of(t, half);
      NM_UNROLL
      for (int line = 0; line < 4; ++line) {  // four runs of four, along whatever is contiguous
        const int64_t row1 = kBatchMajor ? row : row + line, item1 = kBatchMajor ? item + line : item;
        if (row1 >= shape.rows || item1 >= batch) continue;
        const int64_t count = kBatchMajor ? shape.rows - row1 : batch - item1;
        T previous[4] = {}, out[4];
        if (beta != 0.0f) load_run(c.at(row1, item1), count, previous);
        NM_UNROLL
        for (int i = 0; i < 4; ++i) {
          const float sum = kBatchMajor ? local.sums[i][half * 4 + line] : local.sums[line][half * 4 + i];
          const int64_t feature = kBatchMajor ? row1 + i : row1;
          out[i] = i < count ? narrow<T>(result(sum, feature, previous[i])) : T{};
        }
        store_run(y.at(row1, item1), count, out);
      }
    }
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_PRODUCT_H_
