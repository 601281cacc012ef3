// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Convolution: the row stream's kernels over panels from images. Include inside a kernel file only.
//
// Panels are packed block by block, just before the block's products, and never leave the L1 cache; so scratch memory
// does not grow with the kernel's size or the channels.
#ifndef NM4J_CPU_CONV2D_INL_H_
#define NM4J_CPU_CONV2D_INL_H_

#include "cpu/image_panel-inl.h"
#include "cpu/row_stream-inl.h"

namespace nm {
namespace {

// Rows of `tile` count from `channel`, the first output channel of the group.
template <typename V, int kVectors>
class Conv2dTile {
 public:
  using P = RowStreamPanel<V, float, kVectors>;

  static void run(const Conv2dArgs& args, const RowStreamView& w, int64_t group, const Tile& tile, float* panel,
                  float* sums) {
    const nm_conv2d_geometry& geometry = *args.geometry;
    const int64_t channels = geometry.in_channels / geometry.groups;
    const int64_t padded = w.cols / (geometry.kernel_h * geometry.kernel_w);
    ImagePanel<V, kVectors> source(args, group * channels, channels, tile.item, static_cast<int>(tile.items));
    for (int64_t block = 0; block < w.blocks; ++block) {
      const int64_t col = block * w.block_cols;
      source.pack(col, smaller(w.block_cols, w.cols - col), padded, panel);
      P::multiply_block(w, block, tile, panel, sums);
    }
    finish(args, group * (geometry.out_channels / geometry.groups), tile, sums);
  }

 private:
  // Pixels in a row whose distance in memory is the same from each to the next one: of a line, an image, or all images.
  static int64_t uniform_run(const nm_images& images) {
    const bool nhwc = images.layout == NM_NHWC;
    const int64_t step = nhwc ? images.stride_w : 1;
    if (images.h > 1 && images.stride_h != images.w * step) return images.w;
    const int64_t pixels = images.h * images.w;
    return nhwc && images.stride_n == pixels * step ? images.n * pixels : pixels;
  }

  static int64_t offset(const nm_images& images, int64_t channel, int64_t pixel) {
    const int64_t w = pixel % images.w, h = pixel / images.w % images.h, n = pixel / (images.w * images.h);
    return channel * images.stride_c + n * images.stride_n + h * images.stride_h + w * images.stride_w;
  }

  static void finish(const Conv2dArgs& args, int64_t channel, const Tile& tile, const float* sums) {
    const bool nhwc = args.out.layout == NM_NHWC;
    const bool adds = args.epilogue.c != nullptr;
    MultiplyArgs part = args.epilogue;
    part.ldy = nhwc ? args.out.stride_w : args.out.stride_c;
    part.ldc = nhwc ? args.addend.stride_w : args.addend.stride_c;
    if (part.bias != nullptr) part.bias += channel;
    // Runs of Y and C are a line, an image or all images each, so that the shorter ones divide the longer ones.
    int64_t run = uniform_run(args.out);
    if (adds) run = smaller(run, uniform_run(args.addend));
    for (int64_t i = 0; i < tile.items;) {
      const int64_t pixel = tile.item + i;
      const int64_t items = smaller(run - pixel % run, tile.items - i);
      part.y = static_cast<float*>(args.epilogue.y) + offset(args.out, channel, pixel);
      if (adds) part.c = static_cast<const float*>(args.epilogue.c) + offset(args.addend, channel, pixel);
      const Tile finished = {tile.row, tile.rows, 0, items};
      if (nhwc) {
        P::finish_transposed(part, finished, sums + i);
      } else {
        P::finish_rows(part, finished, sums + i);
      }
      i += items;
    }
  }
};

// The narrowest panel that holds the tile's pixels.
template <typename V, int kVectors>
void conv2d_narrow(const Conv2dArgs& args, int64_t group, const Tile& tile, float* panel, float* sums) {
  if constexpr (kVectors > 1) {
    constexpr int kHalf = kVectors / 2;
    if (tile.items <= kHalf * V::kLanes) return conv2d_narrow<V, kHalf>(args, group, tile, panel, sums);
  }
  Conv2dTile<V, kVectors>::run(args, args.weights[group], group, tile, panel, sums);
}

template <typename V>
void conv2d_run(const Conv2dArgs& args, int64_t tile_begin, int64_t tile_end) {
  const Tiling tiling =
      conv2d_tiling(args.geometry->out_channels / args.geometry->groups, args.out.n * args.out.h * args.out.w);
  const int64_t group_tiles = tile_count(tiling);
  // Sums that start in the middle of a panel's row are loaded as whole vectors: up to a vector beyond the last row.
  float* panel = scratch((kMaxBlockCols + kMaxConv2dRows) * kPanelItems + V::kLanes);
  float* sums = panel + kMaxBlockCols * kPanelItems;
  for (int64_t t = tile_begin; t < tile_end;) {
    const int64_t group = t / group_tiles;
    Tile tile = tile_at(tiling, t % group_tiles);
    // Joins the tiles of the same pixels, which then are packed once.
    for (++t; t < tile_end && t / group_tiles == group; ++t) {
      const Tile next = tile_at(tiling, t % group_tiles);
      if (next.item != tile.item || tile.rows + next.rows > kMaxConv2dRows) break;
      tile.rows += next.rows;
    }
    conv2d_narrow<V, V::kPanelVectors>(args, group, tile, panel, sums);
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_CONV2D_INL_H_
