// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Panels of activations straight from images, for convolutions. Include inside a kernel file only.
//
// The items of a panel are output pixels; its rows are the columns of the weights: (kernel row, kernel column, input
// channel). A row is one channel of the input, shifted by the kernel position, with zeros where that is outside the
// image. Nothing else is stored of the matrix of columns ("im2col"). Images of every type become fp32 here, integers
// less their zero point: the zeros around an image are real ones.
#ifndef NM4J_CPU_IMAGE_PANEL_INL_H_
#define NM4J_CPU_IMAGE_PANEL_INL_H_

#include <type_traits>

#include "cpu/conv2d.h"
#include "cpu/epilogue-inl.h"

namespace nm {
namespace {

// Of its own, since the standard's would be shared by all instruction sets.
int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a < b ? b : a; }

template <typename V, typename X, int kVectors>
class ImagePanel {
 public:
  static constexpr int kWidth = kVectors * V::kLanes;

  // The panel of output pixels item .. item + items - 1 (of all images), for the group of channels from `channel`.
  ImagePanel(const Conv2dArgs& args, int64_t channel, int64_t channels, int64_t item, int items)
      : geometry_(*args.geometry), in_(args.in), channels_(channels), far_(in_.stride_n > kNear / larger(in_.n, 1)) {
    x_ = static_cast<const X*>(args.product.x) + channel * in_.stride_c;
    if constexpr (std::is_integral_v<X>) minus_zero_ = static_cast<float>(-args.product.x_zero);
    find_lines(args.out, item, items);
    find_offsets();
    if (in_.layout == NM_NCHW) find_pieces(items);
  }

  // Packs `cols` columns of the weights from `col` on; `padded` columns belong to each kernel position.
  void pack(int64_t col, int64_t cols, int64_t padded, float* panel) {
    while (cols > 0) {
      move_to(col / padded);
      const int64_t channel = col % padded, count = smaller(padded - channel, cols);
      const int64_t real = larger(0, smaller(channels_ - channel, count));
      const X* x = x_ + channel * in_.stride_c;
      if (in_.layout == NM_NHWC) {
        pack_pixels(x, real, panel);
      } else {
        pack_planes(x, real, panel);
      }
      for (int64_t i = real * kWidth; i < count * kWidth; ++i) panel[i] = 0.0f;
      panel += count * kWidth;
      col += count;
      cols -= count;
    }
  }

 private:
  using Reg = typename V::Reg;

  // Items in one row of one output image; (h, w) is where the kernel's first position falls for the first of them.
  struct Line {
    int first, count;
    int64_t image, h, out_w;
  };
  // Lanes of one vector whose inputs are stride_w apart; offset is that of its lane 0 (which may not be among them).
  struct Piece {
    int vector;
    uint32_t lanes;
    int64_t offset;
    uint32_t valid;  // at the current position
  };

  void find_lines(const nm_images& out, int64_t item, int items) {
    int64_t w = item % out.w, h = item / out.w % out.h, image = item / (out.w * out.h);
    for (int i = 0; i < items;) {
      const int count = static_cast<int>(smaller(out.w - w, items - i));
      lines_[line_count_++] = {i, count, image, h * geometry_.stride_h - geometry_.pad_top, w};
      i += count;
      w = 0;
      if (++h == out.h) {
        h = 0;
        ++image;
      }
    }
  }

  // Where each item's window starts. Unsigned, because offsets outside of the image, which are never used, may wrap.
  void find_offsets() {
    for (int l = 0; l < line_count_; ++l) {
      const Line& line = lines_[l];
      const int64_t w = line.out_w * geometry_.stride_w - geometry_.pad_left;
      uint64_t offset = at(line.image, in_.stride_n) + at(line.h, in_.stride_h) + at(w, in_.stride_w);
      for (int i = 0; i < line.count; ++i, offset += at(geometry_.stride_w, in_.stride_w)) {
        offsets_[line.first + i] = static_cast<int64_t>(offset);
      }
    }
  }

  // An output row continues the one before when it starts where that would go on, as with stride 1 and an output as
  // wide as the input: then a vector is one piece, whatever the width.
  void find_pieces(int items) {
    for (int i = 0; i < items; ++i) {
      const int v = i / V::kLanes, lane = i % V::kLanes;
      const bool goes_on = lane > 0 && at(offsets_[i], 1) - at(offsets_[i - 1], 1) == at(geometry_.stride_w, 1);
      if (!goes_on) {
        pieces_[piece_count_++] = {v, 0, static_cast<int64_t>(at(offsets_[i], 1) - at(lane, geometry_.stride_w)), 0};
      }
      pieces_[piece_count_ - 1].lanes |= 1u << lane;
    }
  }

  // Makes `position` of the kernel the current one.
  void move_to(int64_t position) {
    if (position == position_) return;
    position_ = position;
    prefetch_ = far_ && position + 1 == geometry_.kernel_h * geometry_.kernel_w;
    const int64_t dh = position / geometry_.kernel_w * geometry_.dilation_h;
    const int64_t dw = position % geometry_.kernel_w * geometry_.dilation_w;
    shift_ = static_cast<int64_t>(at(dh, in_.stride_h) + at(dw, in_.stride_w));
    // The output columns whose input column is inside the image.
    const int64_t before = geometry_.pad_left - dw, stride = geometry_.stride_w;
    const int64_t begin = before > 0 ? (before - 1) / stride + 1 : 0;
    const int64_t end = in_.w + before > 0 ? (in_.w + before - 1) / stride + 1 : 0;
    valid_ = 0;
    for (int l = 0; l < line_count_; ++l) {
      const Line& line = lines_[l];
      if (line.h + dh < 0 || line.h + dh >= in_.h) continue;
      const int64_t first = larger(begin - line.out_w, 0);
      const int64_t last = smaller(end - line.out_w, line.count);
      if (first < last) valid_ |= ones(static_cast<int>(last - first)) << (line.first + first);
    }
    for (int p = 0; p < piece_count_; ++p) {
      Piece& piece = pieces_[p];
      piece.valid = static_cast<uint32_t>(valid_ >> piece.vector * V::kLanes) & piece.lanes;
      if (geometry_.stride_w == 2) piece.valid = spread(piece.valid);
    }
  }

  // NHWC: the channels of a pixel are contiguous; transpose squares of kLanes x kLanes.
  void pack_pixels(const X* x, int64_t channels, float* panel) const {
    constexpr uint64_t kAll = ones(V::kLanes);
    for (int v = 0; v < kVectors; ++v, panel += V::kLanes) {
      const int64_t* offsets = offsets_ + v * V::kLanes;
      const uint64_t valid = valid_ >> v * V::kLanes & kAll;
      for (int64_t c = 0; c < channels; c += V::kLanes) {
        const int depth = static_cast<int>(smaller(channels - c, V::kLanes));
        Reg square[V::kLanes];
        if (valid == kAll && depth == V::kLanes) {
          for (int i = 0; i < V::kLanes; ++i) square[i] = number(input(x, offsets[i]) + c, V::kLanes);
        } else {
          for (int i = 0; i < V::kLanes; ++i) {
            square[i] = valid >> i & 1 ? number(input(x, offsets[i]) + c, depth) : V::zero();
          }
        }
        V::transpose(square);
        for (int i = 0; i < depth; ++i) V::store(panel + (c + i) * kWidth, square[i]);
      }
    }
  }

  // NCHW: pixels of one channel are contiguous, or stride_w apart.
  void pack_planes(const X* x, int64_t channels, float* panel) const {
    if constexpr (V::kLanes > 1) {
      if (geometry_.stride_w == 1) return pack_pieces<1>(x, channels, panel);
      if (geometry_.stride_w == 2) return pack_pieces<2>(x, channels, panel);
    }
    pack_items(x, channels, panel);
  }

  // Vector by vector, so that its pieces stay in registers while the channels pass. The next panel's input is
  // prefetched at the last kernel position, which is the first to see it: from channel to channel addresses jump by a
  // plane, which hardware does not foresee. On Zen 5, batch 8, 1x1 convolutions gain up to 25 %; images that are in L2
  // or shared with it lose 3 %. Of NHWC, where hardware does foresee, they lose as often as they gain.
  template <int kStride>
  void pack_pieces(const X* x, int64_t channels, float* panel) const {
    const Piece* piece = pieces_;
    for (int v = 0; v < kVectors; ++v, panel += V::kLanes) {
      int count = 0;
      while (piece + count < pieces_ + piece_count_ && piece[count].vector == v) ++count;
      const uint64_t valid = valid_ >> v * V::kLanes;
      if (count == 1) {
        pack_vector<kStride, 1>(x, channels, valid, piece, 1, panel);
      } else if (count == 2) {
        pack_vector<kStride, 2>(x, channels, valid, piece, 2, panel);
      } else {
        pack_vector<kStride, 0>(x, channels, valid, piece, count, panel);
      }
      piece += count;
    }
  }

  // valid: the vector's lanes. kCount is `count`, if it is not 0.
  template <int kStride, int kCount>
  void pack_vector(const X* x, int64_t channels, uint64_t valid, const Piece* pieces, int count, float* panel) const {
    if constexpr (kCount > 0) count = kCount;
    for (int64_t c = 0; c < channels; ++c, x += in_.stride_c, panel += kWidth) {
      Reg row = V::zero();
      for (int p = 0; p < count; ++p) {
        const X* source = input(x, pieces[p].offset);
        if (prefetch_) __builtin_prefetch(source + kWidth * kStride);
        row = V::bit_or(
            row, kStride == 1 ? V::load_bits(source, pieces[p].valid) : V::load_even_bits(source, pieces[p].valid));
      }
      V::store(panel, less_zero(row, valid));
    }
  }

  // Item by item.
  void pack_items(const X* x, int64_t channels, float* panel) const {
    for (int64_t c = 0; c < channels; ++c, x += in_.stride_c, panel += kWidth) {
      for (int v = 0; v < kVectors; ++v) {
        const uint64_t valid = valid_ >> v * V::kLanes;
        X items[V::kLanes] = {};
        for (int i = 0; i < V::kLanes; ++i) {
          if (valid >> i & 1) items[i] = *input(x, offsets_[v * V::kLanes + i]);
        }
        V::store(panel + v * V::kLanes, less_zero(load_strided<V>(items, 1, V::kLanes), valid));
      }
    }
  }

  const X* input(const X* x, int64_t offset) const { return x + (offset + shift_); }

  // The first n lanes; what integers become in the others is not used.
  Reg number(const X* p, int n) const { return less_zero(load_strided<V>(p, 1, n), ~uint64_t{0}); }

  // Lanes that are not valid are 0, and stay it.
  Reg less_zero(Reg value, uint64_t valid) const {
    if constexpr (std::is_integral_v<X>) {
      return V::keep(static_cast<uint32_t>(valid), V::add(value, V::set1(minus_zero_)));
    } else {
      return value;
    }
  }

  static uint64_t at(int64_t index, int64_t stride) {
    return static_cast<uint64_t>(index) * static_cast<uint64_t>(stride);
  }
  static constexpr uint64_t ones(int count) { return count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }
  // Bit i to bit 2i.
  static uint32_t spread(uint32_t bits) {
    bits = (bits | bits << 8) & 0x00ff00ffu;
    bits = (bits | bits << 4) & 0x0f0f0f0fu;
    bits = (bits | bits << 2) & 0x33333333u;
    return (bits | bits << 1) & 0x55555555u;
  }

  // Images of more elements than this come from beyond L2.
  static constexpr int64_t kNear = (1 << 22) / sizeof(X);
  static_assert(kWidth <= 64, "valid_ has a bit for each item");

  const nm_conv2d_geometry& geometry_;
  const nm_images& in_;
  int64_t channels_;  // of the group
  bool far_;
  const X* x_;
  float minus_zero_;  // of integers
  int line_count_ = 0, piece_count_ = 0;
  Line lines_[kWidth];
  Piece pieces_[kWidth];
  int64_t offsets_[kWidth] = {};
  // The current kernel position.
  int64_t position_ = -1;
  int64_t shift_ = 0;
  bool prefetch_ = false;
  uint64_t valid_ = 0;  // the items whose input is inside the image
};

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_IMAGE_PANEL_INL_H_
