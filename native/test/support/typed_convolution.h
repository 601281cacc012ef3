/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_TYPED_CONVOLUTION_H_
#define NM4J_TEST_SUPPORT_TYPED_CONVOLUTION_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/convolution.h"
#include "support/random.h"
#include "support/typed_matrix.h"

namespace nm4j_test {

// Images of any type in guarded memory that ends with the last element. The destructor checks that what lies between
// elements is as it was.
class TypedImages {
 public:
  TypedImages(int32_t dtype, const nm_images& images, Placement placement);
  ~TypedImages();

  void* data() const { return memory_.data(); }
  const nm_images& images() const { return images_; }
  int32_t dtype() const { return memory_.dtype(); }

  // The number stored, without its quantisation.
  double Get(int64_t n, int64_t h, int64_t w, int64_t c) const { return memory_.Get(0, Index(n, h, w, c)); }
  void Set(int64_t n, int64_t h, int64_t w, int64_t c, double number) { memory_.Set(0, Index(n, h, w, c), number); }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (int64_t n = 0; n < images_.n; ++n) {
      for (int64_t h = 0; h < images_.h; ++h) {
        for (int64_t w = 0; w < images_.w; ++w) {
          for (int64_t c = 0; c < images_.c; ++c) visit(n, h, w, c);
        }
      }
    }
  }

 private:
  int64_t Index(int64_t n, int64_t h, int64_t w, int64_t c) const {
    return n * images_.stride_n + h * images_.stride_h + w * images_.stride_w + c * images_.stride_c;
  }

  const nm_images images_;
  TypedMatrix memory_;
};

// A packed convolution and the real weights that it stands for (0 where nothing is kept).
struct TypedFilter {
  Conv2dHandle handle;
  int32_t dtype;
  nm_conv2d_geometry geometry;
  Pattern pattern;
  BitMask kept;
  std::vector<double> real;

  double At(int64_t row, int64_t col) const { return real[row * kept.cols() + col]; }
};

// Small integers (with scales that are powers of two where the type has scales), or reals in [-1, 1).
TypedFilter MakeFilter(int32_t dtype, const nm_conv2d_geometry& geometry, Pattern pattern, bool integers,
                       Random& random);

// What a test varies of a convolution.
struct ConvolutionCase {
  int64_t n = 1, h = 1, w = 1;
  int64_t x_layout = NM_NHWC, y_layout = NM_NHWC;
  int32_t x_dtype = NM_F32, y_dtype = NM_F32;
  bool integers = true;  // small integers: the result before storing it is exact
  bool bias = false, feature_scale = false, add = false, in_place = false;
  int32_t activation = NM_IDENTITY;
};

// The operands of one convolution, with their places in memory drawn at random, and its expected results.
class TypedConvolution {
 public:
  TypedConvolution(const TypedFilter& filter, const ConvolutionCase& spec, Random& random);

  nm_convolution& operation() { return operation_; }
  TypedImages& x() { return *x_; }
  const TypedImages& y() const { return *y_; }

  // Computes all tiles, by one call or tile by tile.
  void Run(bool tile_by_tile = false);

  // Every element against double precision.
  testing::AssertionResult Matches() const;

  // The stored results, as numbers.
  std::vector<double> Results() const;

 private:
  std::string Describe() const;

  const TypedFilter& filter_;
  const ConvolutionCase spec_;
  std::unique_ptr<TypedImages> x_, c_, y_;
  GuardedBuffer<float> bias_, scale_;
  nm_convolution operation_ = {};
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_TYPED_CONVOLUTION_H_
