/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_CONVOLUTION_H_
#define NM4J_TEST_SUPPORT_CONVOLUTION_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/guarded_buffer.h"
#include "support/images.h"
#include "support/matrix.h"
#include "support/multiplication.h"
#include "support/random.h"
#include "support/weights.h"

namespace nm4j_test {

// Images in guarded memory that ends with the last image's last element; what lies between elements holds canaries,
// which the destructor checks.
class ImageBuffer {
 public:
  ImageBuffer(int64_t layout, int64_t n, int64_t h, int64_t w, int64_t c, Gaps gaps = {},
              Placement placement = Placement::kBeforeGuard);
  ImageBuffer(ImageBuffer&&) = default;
  ~ImageBuffer();

  float* data() const { return buffer_.data(); }
  const nm_images& images() const { return images_; }
  float& operator()(int64_t n, int64_t h, int64_t w, int64_t c) const { return buffer_[Index(n, h, w, c)]; }
  GuardedBuffer<float>& buffer() { return buffer_; }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (int64_t n = 0; n < images_.n; ++n) {
      for (int64_t h = 0; h < images_.h; ++h) {
        for (int64_t w = 0; w < images_.w; ++w) {
          for (int64_t c = 0; c < images_.c; ++c) visit((*this)(n, h, w, c), n, h, w, c);
        }
      }
    }
  }

 private:
  int64_t Index(int64_t n, int64_t h, int64_t w, int64_t c) const {
    return n * images_.stride_n + h * images_.stride_h + w * images_.stride_w + c * images_.stride_c;
  }

  nm_images images_;
  GuardedBuffer<float> buffer_;
};

// One term of an output: where in X, relative to the window, and the weight.
struct Term {
  int64_t kh, kw, channel;
  double weight;
};

// What output channel o sums: of each kept position, weight_at(row, column) of the weights as a matrix.
template <typename WeightAt>
std::vector<Term> KeptTerms(const nm_conv2d_geometry& g, const BitMask& kept, int64_t o, WeightAt weight_at) {
  const int64_t channels = kept.cols(), first = o / (g.out_channels / g.groups) * channels;
  std::vector<Term> terms;
  for (int64_t kh = 0; kh < g.kernel_h; ++kh) {
    for (int64_t kw = 0; kw < g.kernel_w; ++kw) {
      const int64_t row = (o * g.kernel_h + kh) * g.kernel_w + kw;
      for (int64_t i = 0; i < channels; ++i) {
        if (kept.Get(row, i)) terms.push_back({kh, kw, first + i, weight_at(row, i)});
      }
    }
  }
  return terms;
}

// Calls visit(term, h, w) for the terms of output pixel (oh, ow) that lie within an image of X.
template <typename Visit>
void ForEachTerm(const nm_conv2d_geometry& g, const std::vector<Term>& terms, const nm_images& x, int64_t oh,
                 int64_t ow, Visit visit) {
  for (const Term& term : terms) {
    const int64_t h = oh * g.stride_h - g.pad_top + term.kh * g.dilation_h;
    const int64_t w = ow * g.stride_w - g.pad_left + term.kw * g.dilation_w;
    if (0 <= h && h < x.h && 0 <= w && w < x.w) visit(term, h, w);
  }
}

// Rows and columns of its weights as a matrix.
int64_t WeightRows(const nm_conv2d_geometry& g);
int64_t WeightCols(const nm_conv2d_geometry& g);

struct FreeConv2d {
  void operator()(nm_conv2d* a) const { nm_conv2d_free(a); }
};
using Conv2dHandle = std::unique_ptr<nm_conv2d, FreeConv2d>;

Conv2dHandle PackConv2d(const nm_conv2d_geometry& geometry, const Weights& weights);

// The operands of one convolution, with their places in memory drawn at random.
class Convolution {
 public:
  Convolution(const nm_conv2d_geometry& geometry, int64_t n, int64_t h, int64_t w, int64_t x_layout, int64_t y_layout,
              Epilogue epilogue, Random& random);

  void FillIntegers(Random& random);
  void FillReals(Random& random);

  void ResetY();
  int32_t RunTiles(const nm_conv2d* a, int64_t tile_begin, int64_t tile_end) const;
  int32_t Run(const nm_conv2d* a);  // resets Y and computes all tiles by one call
  int64_t Tiles(const nm_conv2d* a) const;
  std::string Describe() const;

  const nm_conv2d_geometry geometry;
  const Epilogue epilogue;
  ImageBuffer x, c, y;
  GuardedBuffer<float> bias;
};

// A direct convolution in double precision, over kept weights alone, is what Y is compared with.
testing::AssertionResult Matches(const Convolution& convolution, const Weights& weights, Accuracy accuracy);

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_CONVOLUTION_H_
