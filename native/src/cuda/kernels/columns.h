// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The matrix of columns of a convolution, and the sums of columns that come from each element of the images. Of NHWC,
// threads work along the channels, which are neighbours both in images and in columns. Of NCHW the neighbours in an
// image are pixels: blocks turn tiles of pixels and channels around in shared memory.
//
// Floors, bytes an element of columns: sizeof(T), and those of the images once; what kernel positions read again comes
// from a cache. Divisions are of 32 bits (nm_cuda_conv2d_columns limits the sizes): of NHWC few for each 16 bytes, of
// NCHW a few for each element of columns.
#ifndef NM4J_CUDA_KERNELS_COLUMNS_H_
#define NM4J_CUDA_KERNELS_COLUMNS_H_

#include <algorithm>
#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"
#include "format/conv2d_columns.h"

namespace nm {
namespace cuda {

// A pixel of n images of h x w, of the input or the output.
struct Pixel {
  int64_t n;
  uint32_t h, w;

  NM_HD static Pixel of(int64_t index, int64_t height, int64_t width) {
    const auto i = static_cast<uint32_t>(index), wide = static_cast<uint32_t>(width);
    const uint32_t line = i / wide, high = static_cast<uint32_t>(height);
    return {line / high, line % high, i % wide};
  }
};

// An element of a row of columns.
struct ColumnElement {
  uint32_t kernel_h, kernel_w, channel;

  NM_HD static ColumnElement of(const Conv2dColumns& c, int64_t element) {
    const auto e = static_cast<uint32_t>(element), channels = static_cast<uint32_t>(c.x.c);
    const uint32_t position = e / channels, wide = static_cast<uint32_t>(c.g.kernel_w);
    return {position / wide, position % wide, e % channels};
  }

  // To the one behind it.
  NM_HD void advance(const Conv2dColumns& c) {
    if (++channel < c.x.c) return;
    channel = 0;
    if (++kernel_w < c.g.kernel_w) return;
    kernel_w = 0;
    ++kernel_h;
  }

  // What lies there; nothing around the image.
  template <typename T>
  NM_HD T load(const Conv2dColumns& c, const Pixel& out, const T* x) const {
    const int64_t at = pixel(c, out);
    return at < 0 ? T{} : x[at + channel * c.x.stride_c];
  }

  NM_HD int64_t pixel(const Conv2dColumns& c, const Pixel& out) const {
    return c.input(out.n, c.input_h(out.h, kernel_h), c.input_w(out.w, kernel_w));
  }
};

// Of NHWC images, rows of columns from the pixel `first` on. T: any type of the elements' size.
template <typename T>
struct MakeColumns {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 16 / sizeof(T);

  Conv2dColumns c;
  const T* x;
  int64_t first, count;
  T* columns;
  int64_t ld;

  NM_HD void thread(const Thread& t) const {
    const bool in_one_position = c.x.c % kChunk == 0;
    for (int64_t col = t.global_x() * kChunk; col < c.row; col += t.stride_x() * kChunk) {
      const ColumnElement begin = ColumnElement::of(c, col);
      for (int64_t row = t.global_y(); row < count; row += t.stride_y()) {
        const Pixel out = Pixel::of(first + row, c.out.h, c.out.w);
        T values[kChunk];
        if (in_one_position) {
          const int64_t at = begin.pixel(c, out);
          load_run(x + (at < 0 ? 0 : at + begin.channel), at < 0 ? 0 : kChunk, values);
        } else {
          ColumnElement e = begin;
          NM_UNROLL
          for (int i = 0; i < kChunk; ++i) {
            values[i] = col + i < c.row ? e.load(c, out, x) : T{};
            e.advance(c);
          }
        }
        store_run(columns + row * ld + col, c.row - col, values);
      }
    }
  }
};

// Calls body(row of columns, first element of a kernel position in it) for all that an input pixel is part of, in the
// order of the rows.
template <typename Body>
NM_HD void for_uses(const Conv2dColumns& c, const Pixel& in, const Body& body) {
  const auto stride_h = static_cast<uint32_t>(c.g.stride_h), stride_w = static_cast<uint32_t>(c.g.stride_w);
  NM_ROLLED
  for (int64_t kh = c.g.kernel_h - 1; kh >= 0; --kh) {
    const int64_t h = in.h + c.g.pad_top - kh * c.g.dilation_h;  // in steps of the stride, from the first output on
    if (h < 0 || static_cast<uint32_t>(h) % stride_h != 0) continue;
    const int64_t out_h = static_cast<uint32_t>(h) / stride_h;
    if (out_h >= c.out.h) continue;
    NM_ROLLED
    for (int64_t kw = c.g.kernel_w - 1; kw >= 0; --kw) {
      const int64_t w = in.w + c.g.pad_left - kw * c.g.dilation_w;
      if (w < 0 || static_cast<uint32_t>(w) % stride_w != 0) continue;
      const int64_t out_w = static_cast<uint32_t>(w) / stride_w;
      if (out_w < c.out.w) body((in.n * c.out.h + out_h) * c.out.w + out_w, (kh * c.g.kernel_w + kw) * c.x.c);
    }
  }
}

// Of NHWC images: sums in fp32, rounded at the end.
template <typename T>
struct SumColumns {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 16 / sizeof(T);

  Conv2dColumns c;
  const T* columns;
  int64_t ld;
  T* x;

  NM_HD void thread(const Thread& t) const {
    for_chunks(t, c.x.n * c.x.h * c.x.w, c.x.c, kChunk, [&](int64_t row, int64_t channel) {
      const Pixel in = Pixel::of(row, c.x.h, c.x.w);
      float sums[kChunk];
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) sums[i] = 0.0f;
      for_uses(c, in, [&](int64_t use, int64_t element) {
        T values[kChunk];
        load_run(columns + use * ld + element + channel, c.x.c - channel, values);
        NM_UNROLL
        for (int i = 0; i < kChunk; ++i) sums[i] += widen(values[i]);
      });
      T result[kChunk];
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) result[i] = narrow<T>(sums[i]);
      store_run(x + c.input(in.n, in.h, in.w) + channel, c.x.c - channel, result);
    });
  }
};

// A matrix in tiles of 32 x 32 elements, which blocks take in turn and pass through shared memory, so that it is read
// along one side and written along the other. Each thread has 4 elements of a tile.
struct Turn {
  static constexpr int kSide = 32, kHigh = kBlockThreads / kSide;

  int64_t rows, cols;
  uint32_t blocks;

  static Turn of(int64_t rows, int64_t cols) {
    Turn turn = {rows, cols, 1};
    turn.blocks = static_cast<uint32_t>(std::min(turn.tiles(), kManyBlocks));
    return turn;
  }
  Grid grid() const { return {blocks, 1, kSide, kHigh}; }

  NM_HD int phases() const { return static_cast<int>((tiles() + blocks - 1) / blocks * 2); }

  // Calls body(row, column, row in the tile, column in the tile) for this thread's elements of a phase's tile;
  // neighbouring threads have neighbouring columns, or rows.
  template <typename Body>
  NM_HD void for_elements(int phase, const Thread& t, bool along_rows, const Body& body) const {
    const int64_t tile = t.block_x + int64_t{phase / 2} * blocks;
    if (tile >= tiles()) return;
    const auto index = static_cast<uint32_t>(tile), wide = static_cast<uint32_t>(tiles_of(cols));
    const int64_t row = int64_t{index / wide} * kSide, col = int64_t{index % wide} * kSide;
    NM_UNROLL
    for (int i = 0; i < kSide; i += kHigh) {
      const uint32_t r = along_rows ? t.y + i : t.x, c = along_rows ? t.x : t.y + i;
      if (row + r < rows && col + c < cols) body(row + r, col + c, r, c);
    }
  }

 private:
  NM_HD static int64_t tiles_of(int64_t size) { return (size + kSide - 1) / kSide; }
  NM_HD int64_t tiles() const { return tiles_of(rows) * tiles_of(cols); }
};

// What a block shares: one more in each row, so that the elements of a column lie in different banks.
template <typename T>
struct Tile {
  T at[Turn::kSide][Turn::kSide + 1];
};

// Of NCHW images: pixels of the output, from `first` on, x elements of a row.
template <typename T>
struct MakeColumnsOfPlanes {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;
  using Shared = Tile<T>;
  struct Local {};

  Conv2dColumns c;
  const T* x;
  int64_t first;
  T* columns;
  int64_t ld;
  Turn turn;

  NM_HD int phases() const { return turn.phases(); }

  NM_HD void phase(int p, const Thread& t, Shared& tile, Local&) const {
    if (p % 2 == 0) {
      turn.for_elements(p, t, false, [&](int64_t row, int64_t col, uint32_t r, uint32_t e) {
        tile.at[r][e] = ColumnElement::of(c, col).load(c, Pixel::of(first + row, c.out.h, c.out.w), x);
      });
    } else {
      turn.for_elements(p, t, true, [&](int64_t row, int64_t col, uint32_t r, uint32_t e) {
        columns[row * ld + col] = tile.at[r][e];
      });
    }
  }
};

// Of NCHW images: pixels of the input x channels.
template <typename T>
struct SumColumnsOfPlanes {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;
  using Shared = Tile<T>;
  struct Local {};

  Conv2dColumns c;
  const T* columns;
  int64_t ld;
  T* x;
  Turn turn;

  NM_HD int phases() const { return turn.phases(); }

  NM_HD void phase(int p, const Thread& t, Shared& tile, Local&) const {
    if (p % 2 == 0) {
      turn.for_elements(p, t, true, [&](int64_t pixel, int64_t channel, uint32_t r, uint32_t e) {
        float sum = 0.0f;
        for_uses(c, Pixel::of(pixel, c.x.h, c.x.w),
                 [&](int64_t use, int64_t element) { sum += widen(columns[use * ld + element + channel]); });
        tile.at[r][e] = narrow<T>(sum);
      });
    } else {
      turn.for_elements(p, t, false, [&](int64_t pixel, int64_t channel, uint32_t r, uint32_t e) {
        const Pixel in = Pixel::of(pixel, c.x.h, c.x.w);
        x[c.input(in.n, in.h, in.w) + channel * c.x.stride_c] = tile.at[r][e];
      });
    }
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_COLUMNS_H_
