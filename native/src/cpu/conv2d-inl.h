// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Convolution: the row stream's kernels over panels from images. Include inside a kernel file only.
//
// Panels are packed block by block, just before the block's products, and never leave the L1 cache; so scratch memory
// does not grow with the kernel's size or the channels.
#ifndef NM4J_CPU_CONV2D_INL_H_
#define NM4J_CPU_CONV2D_INL_H_

#include <type_traits>

#include "cpu/image_panel-inl.h"
#include "cpu/integer_exact-inl.h"
#include "cpu/joined_tiles-inl.h"
#include "cpu/row_stream-inl.h"

namespace nm {
namespace {

// Rows that tiles of the same pixels are joined to. Fewer where sums are kept as integers too, so that all of it fits
// the scratch memory that nm4j.h promises.
template <typename X>
constexpr int64_t kJoinedRows = std::is_integral_v<X> ? kMaxConv2dRows / 2 : kMaxConv2dRows;

// Rows of `tile` count from `channel`, the first output channel of the group. X: the type of the images.
template <typename V, typename Weight, typename X, int kVectors>
class Conv2dTile {
 public:
  using P = RowStreamPanel<V, Weight, kVectors>;

  Conv2dTile(const Conv2dArgs& args, int64_t group, const Tile& tile, float* memory)
      : args_(args),
        w_(args.weights[group]),
        tile_(tile),
        channel_(group * (args.geometry->out_channels / args.geometry->groups)),
        padded_(w_.cols / (args.geometry->kernel_h * args.geometry->kernel_w)),
        channels_(args.geometry->in_channels / args.geometry->groups),
        source_(args, group * channels_, channels_, tile.item, static_cast<int>(tile.items)),
        panel_(memory),
        sums_(panel_ + kPanel) {}

  // Memory that a tile needs, in floats. Sums that start in the middle of a panel's row are loaded as whole vectors: up
  // to a vector beyond the last row. Of integers there are the fp32 kernel's sums by item, too, and what these add up
  // to, which are read as whole squares.
  static constexpr int64_t kRows = kJoinedRows<X>;
  static constexpr int64_t kPanel = kMaxBlockCols * kPanelItems, kSums = kRows * kPanelItems + V::kLanes;
  static constexpr int64_t kPitch = kRows + V::kLanes;
  static constexpr int64_t kIntegers = kRows * kPanelItems + (kPanelItems + V::kLanes) * kPitch;
  static constexpr int64_t kFloats = kPanel + kSums + (std::is_integral_v<X> ? kIntegers : 0);

  void run() {
    if constexpr (std::is_integral_v<X>) {
      run_exact();
    } else {
      multiply(w_, 0);
      for_each_run([&](const MultiplyArgs& part, const Tile& finished, int64_t item) {
        if (part.layout == NM_BATCH_MAJOR) {
          P::finish_transposed(part, finished, sums_ + item);
        } else {
          P::finish_rows(part, finished, sums_ + item);
        }
      });
    }
  }

 private:
  // The sums of the weights' columns from `col` on, which `w` holds.
  void multiply(const RowStreamView& w, int64_t col) {
    for (int64_t block = 0; block < w.blocks; ++block) {
      const int64_t first = block * w.block_cols;
      source_.pack(col + first, smaller(w.block_cols, w.cols - first), padded_, panel_);
      // A result's bits do not depend on how many pixels share its tile.
      P::template multiply_block<true>(w, block, tile_, panel_, sums_);
    }
  }

  // Integers: a few blocks of columns at a time, whose sums fp32 holds exactly.
  void run_exact() {
    float* const part = sums_ + kSums;
    const IntegerSums integers = {reinterpret_cast<int32_t*>(part + kRows * kPanelItems), kPitch};
    for (int64_t block = 0; block < w_.blocks; block += kExactBlocks) {
      multiply(exact_blocks(w_, block), block * w_.block_cols);
      P::finish_transposed(exact_args(nullptr, 0, tile_.items, part, tile_.rows), {0, tile_.rows, 0, tile_.items},
                           sums_);
      add_sums(part, tile_.items, tile_.rows, tile_.rows, block == 0, integers);
    }
    for_each_run([&](const MultiplyArgs& args, const Tile& finished, int64_t item) {
      finish_sums<V>(args, finished, IntegerSums{integers.at + item * integers.pitch, integers.pitch});
    });
  }

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

  static const void* at(const void* images, nm_dtype dtype, int64_t elements) {
    const int64_t bytes = dtype == NM_S8 || dtype == NM_U8 ? 1 : dtype == NM_BF16 ? 2 : 4;
    return static_cast<const char*>(images) + elements * bytes;
  }

  // Calls finish(operands, tile, first item) for the runs of pixels of which Y and C are uniform.
  template <typename Finish>
  void for_each_run(Finish&& finish) const {
    const nm_images &out = args_.out, &addend = args_.addend;
    const bool nhwc = out.layout == NM_NHWC;
    MultiplyArgs part = args_.product;
    const bool adds = part.c != nullptr;
    part.layout = nhwc ? NM_BATCH_MAJOR : NM_FEATURE_MAJOR;
    part.ldy = nhwc ? out.stride_w : out.stride_c;
    part.ldc = nhwc ? addend.stride_w : addend.stride_c;
    const auto of_group = [&](const float* channels) { return channels != nullptr ? channels + channel_ : nullptr; };
    part.bias = of_group(part.bias);
    part.weight_scale = of_group(part.weight_scale);
    part.feature_scale = of_group(part.feature_scale);
    // Runs of Y and C are a line, an image or all images each, so that the shorter ones divide the longer ones.
    int64_t run = uniform_run(out);
    if (adds) run = smaller(run, uniform_run(addend));
    for (int64_t i = 0; i < tile_.items;) {
      const int64_t pixel = tile_.item + i;
      const int64_t items = smaller(run - pixel % run, tile_.items - i);
      part.y = const_cast<void*>(at(args_.product.y, part.y_dtype, offset(out, channel_, pixel)));
      if (adds) part.c = at(args_.product.c, part.y_dtype, offset(addend, channel_, pixel));
      finish(part, Tile{tile_.row, tile_.rows, 0, items}, i);
      i += items;
    }
  }

  const Conv2dArgs& args_;
  const RowStreamView& w_;
  const Tile tile_;
  const int64_t channel_;   // the first output channel of the group
  const int64_t padded_;    // columns of the weights for each kernel position
  const int64_t channels_;  // input channels of the group
  ImagePanel<V, X, kVectors> source_;
  float* const panel_;
  float* const sums_;
};

// The narrowest panel that holds the tile's pixels.
template <typename V, typename Weight, typename X, int kVectors>
void conv2d_narrow(const Conv2dArgs& args, int64_t group, const Tile& tile, float* memory) {
  if constexpr (kVectors > 1) {
    constexpr int kHalf = kVectors / 2;
    if (tile.items <= kHalf * V::kLanes) return conv2d_narrow<V, Weight, X, kHalf>(args, group, tile, memory);
  }
  Conv2dTile<V, Weight, X, kVectors>(args, group, tile, memory).run();
}

template <typename V, typename Weight, typename X>
void conv2d_typed_run(const Conv2dArgs& args, int64_t tile_begin, int64_t tile_end) {
  using Widest = Conv2dTile<V, Weight, X, V::kPanelVectors>;
  const Tiling tiling =
      conv2d_tiling(args.geometry->out_channels / args.geometry->groups, args.out.n * args.out.h * args.out.w);
  const int64_t group_tiles = tile_count(tiling);
  float* memory = scratch(Widest::kFloats);
  for (int64_t t = tile_begin; t < tile_end;) {
    const int64_t group = t / group_tiles, first = t % group_tiles;
    const int64_t left = tile_end - t, count = left < group_tiles - first ? left : group_tiles - first;
    for_each_joined(tiling, first, first + count, kJoinedRows<X>, [&](const Tile& tile) {
      conv2d_narrow<V, Weight, X, V::kPanelVectors>(args, group, tile, memory);
    });
    t += count;
  }
}

// Images of fp32, or of bf16 with weights of bf16; and of integers.
template <typename V, typename Weight>
void conv2d_run(const Conv2dArgs& args, int64_t tile_begin, int64_t tile_end) {
  if constexpr (std::is_same_v<Weight, Bf16>) {
    if (args.product.x_dtype == NM_BF16) return conv2d_typed_run<V, Weight, Bf16>(args, tile_begin, tile_end);
  }
  conv2d_typed_run<V, Weight, float>(args, tile_begin, tile_end);
}

template <typename V>
void conv2d_integer_run(const Conv2dArgs& args, int64_t tile_begin, int64_t tile_end) {
  if (args.product.x_dtype == NM_S8) return conv2d_typed_run<V, int8_t, int8_t>(args, tile_begin, tile_end);
  conv2d_typed_run<V, int8_t, uint8_t>(args, tile_begin, tile_end);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_CONV2D_INL_H_
