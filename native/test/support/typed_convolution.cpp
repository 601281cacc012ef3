/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/typed_convolution.h"

#include <cmath>
#include <sstream>

#include "support/crash_note.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/typed_result.h"

namespace nm4j_test {
namespace {

std::unique_ptr<TypedImages> RandomlyPlaced(int32_t dtype, int64_t layout, int64_t n, int64_t h, int64_t w, int64_t c,
                                            Random& random) {
  return std::make_unique<TypedImages>(dtype, Images(layout, n, h, w, c, RandomGaps(random)), random.Pick(kPlacements));
}

// What a stored number stands for.
double Real(double number, int32_t dtype, float scale, int32_t zero) {
  return dtype == NM_S8 || dtype == NM_U8 ? static_cast<double>(scale) * (number - zero) : number;
}

}  // namespace

TypedImages::TypedImages(int32_t dtype, const nm_images& images, Placement placement)
    : images_(images), memory_(dtype, 1, Elements(images), Elements(images), placement) {
  for (int64_t i = 0; i < memory_.cols(); ++i) memory_.Set(0, i, 77);
}

TypedImages::~TypedImages() {
  ForEach([&](int64_t n, int64_t h, int64_t w, int64_t c) { Set(n, h, w, c, 77); });
  for (int64_t i = 0; i < memory_.cols(); ++i) EXPECT_EQ(memory_.Get(0, i), 77) << "something wrote between elements";
}

TypedFilter MakeFilter(int32_t dtype, const nm_conv2d_geometry& geometry, Pattern pattern, bool integers,
                       Random& random) {
  const int64_t rows = WeightRows(geometry), cols = WeightCols(geometry), each = rows * cols / geometry.out_channels;
  const BitMask mask = RandomMask(rows, cols, pattern, random);
  std::vector<double> real(rows * cols);
  nm_conv2d* a = nullptr;
  if (dtype == NM_S8 && integers) {
    std::vector<int8_t> w(rows * cols);
    std::vector<float> scales(geometry.out_channels);
    for (float& scale : scales) scale = std::ldexp(1.0f, static_cast<int>(random.Int(-2, 2)));
    for (int8_t& value : w) value = static_cast<int8_t>(random.Int(-128, 127));
    Require(nm_conv2d_create_s8(&geometry, pattern.n, pattern.m, w.data(), mask.data(), scales.data(), &a));
    for (int64_t i = 0; i < rows * cols; ++i) real[i] = static_cast<double>(scales[i / each]) * w[i];
  } else {
    std::vector<float> w(rows * cols);
    for (float& value : w) value = integers ? random.SmallInteger() : random.Uniform();
    Require(nm_conv2d_create_f32(&geometry, pattern.n, pattern.m, dtype, w.data(), mask.data(), 0, &a));
    // What was stored; quantisation has tests of its own.
    Require(nm_conv2d_get_f32(a, w.data()));
    std::copy(w.begin(), w.end(), real.begin());
  }
  Conv2dHandle handle(a);
  BitMask kept = Completed(mask, pattern);
  for (int64_t i = 0; i < rows * cols; ++i) {
    if (!mask.Get(i / cols, i % cols)) real[i] = 0;
  }
  return {std::move(handle), dtype, geometry, pattern, std::move(kept), std::move(real)};
}

TypedConvolution::TypedConvolution(const TypedFilter& filter, const ConvolutionCase& spec, Random& random)
    : filter_(filter),
      spec_(spec),
      x_(RandomlyPlaced(spec.x_dtype, spec.x_layout, spec.n, spec.h, spec.w, filter.geometry.in_channels, random)),
      // In place C keeps the former Y for the reference, while Y itself is passed.
      c_(RandomlyPlaced(spec.y_dtype, spec.y_layout, spec.add ? spec.n : 0, OutH(filter.geometry, spec.h),
                        OutW(filter.geometry, spec.w), filter.geometry.out_channels, random)),
      y_(RandomlyPlaced(spec.y_dtype, spec.y_layout, spec.n, OutH(filter.geometry, spec.h),
                        OutW(filter.geometry, spec.w), filter.geometry.out_channels, random)),
      bias_(spec.bias ? filter.geometry.out_channels : 0, random.Pick(kPlacements)),
      scale_(spec.feature_scale ? filter.geometry.out_channels : 0, random.Pick(kPlacements)) {
  for (TypedImages* images : {x_.get(), c_.get()}) {
    images->ForEach([&](int64_t n, int64_t h, int64_t w, int64_t c) {
      images->Set(n, h, w, c, RandomNumber(images->dtype(), spec.integers, random));
    });
  }
  for (float& value : bias_) value = spec.integers ? random.SmallInteger() : random.Uniform();
  for (float& value : scale_) {
    value = spec.integers ? std::ldexp(1.0f, static_cast<int>(random.Int(-1, 1))) : random.Uniform();
  }
  nm_convolution& p = operation_;
  p.x = x_->data();
  p.x_images = x_->images();
  p.y = y_->data();
  p.y_images = y_->images();
  if (spec.add) {
    p.c = spec.in_place ? y_->data() : c_->data();
    p.c_images = spec.in_place ? y_->images() : c_->images();
    p.beta = -0.5f;
  }
  p.bias = spec.bias ? bias_.data() : nullptr;
  p.feature_scale = spec.feature_scale ? scale_.data() : nullptr;
  p.alpha = 0.5f;
  p.activation = spec.activation;
  p.x_dtype = spec.x_dtype;
  p.y_dtype = spec.y_dtype;
  p.x_scale = 0.25f;
  // Ignored of floats, whatever it is.
  p.x_zero =
      IsInteger(spec.x_dtype) ? static_cast<int32_t>(random.Int(Low(spec.x_dtype), High(spec.x_dtype))) : INT32_MIN;
  // Wide enough for most results, so that rounding shows and so does the range.
  p.y_scale = spec.integers ? 8.0f : 0.0625f;
  p.y_zero = static_cast<int32_t>(random.Int(Low(spec.y_dtype) / 2, High(spec.y_dtype) / 2));
}

void TypedConvolution::Run(bool tile_by_tile) {
  SetCrashNote("%s", Describe().c_str());
  y_->ForEach([&](int64_t n, int64_t h, int64_t w, int64_t c) {
    y_->Set(n, h, w, c, spec_.in_place ? c_->Get(n, h, w, c) : 77);
  });
  int64_t tiles = -1;
  Require(nm_conv2d_tiles(filter_.handle.get(), spec_.n, spec_.h, spec_.w, &tiles));
  for (int64_t t = 0; tile_by_tile && t < tiles; ++t) {
    Require(nm_convolve(filter_.handle.get(), &operation_, t, t + 1));
  }
  if (!tile_by_tile) Require(nm_convolve(filter_.handle.get(), &operation_, 0, tiles));
}

std::string TypedConvolution::Describe() const {
  std::ostringstream text;
  text << "convolution of weights " << filter_.dtype << ", x " << spec_.x_dtype << ", y " << spec_.y_dtype << ", "
       << nm4j_test::Describe(filter_.geometry) << ", x " << nm4j_test::Describe(x_->images()) << ", y "
       << nm4j_test::Describe(y_->images()) << ", zeros " << operation_.x_zero << ' ' << operation_.y_zero << ", beta "
       << operation_.beta << (spec_.in_place ? " in place" : "") << (spec_.bias ? ", bias" : "")
       << (spec_.feature_scale ? ", scale" : "") << ", activation " << spec_.activation << ", pattern "
       << filter_.pattern.n << ":" << filter_.pattern.m;
  return text.str();
}

testing::AssertionResult TypedConvolution::Matches() const {
  const nm_convolution& p = operation_;
  std::vector<std::vector<Term>> terms;
  for (int64_t o = 0; o < filter_.geometry.out_channels; ++o) {
    terms.push_back(
        KeptTerms(filter_.geometry, filter_.kept, o, [&](int64_t row, int64_t i) { return filter_.At(row, i); }));
  }
  int64_t mismatches = 0;
  std::ostringstream first;
  y_->ForEach([&](int64_t n, int64_t oh, int64_t ow, int64_t o) {
    Linear linear = {};
    ForEachTerm(filter_.geometry, terms[o], x_->images(), oh, ow, [&](const Term& term, int64_t h, int64_t w) {
      const double product = term.weight * Real(x_->Get(n, h, w, term.channel), spec_.x_dtype, p.x_scale, p.x_zero);
      linear.sum += product;
      linear.magnitude += std::fabs(product);
    });
    linear.kept = static_cast<int64_t>(terms[o].size());
    linear.factor = static_cast<double>(p.alpha) * (spec_.feature_scale ? scale_[o] : 1.0f);
    linear.addend = spec_.add ? p.beta * Real(c_->Get(n, oh, ow, o), spec_.y_dtype, p.y_scale, p.y_zero) : 0.0;
    linear.bias = spec_.bias ? bias_[o] : 0.0;
    const auto [expected, tolerance] =
        ExpectedResult(linear, spec_.activation, spec_.integers, {spec_.y_dtype, p.y_scale, p.y_zero});
    const double actual = Real(y_->Get(n, oh, ow, o), spec_.y_dtype, p.y_scale, p.y_zero);
    if (std::fabs(actual - expected) <= tolerance) return;  // a NaN does not get through here
    if (mismatches++ == 0) {
      first << "image " << n << ", pixel (" << oh << ", " << ow << "), channel " << o << ": expected " << expected
            << " +- " << tolerance << ", got " << actual;
    }
  });
  if (mismatches == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << mismatches << " elements differ, the first: " << first.str() << "; "
                                     << Describe();
}

std::vector<double> TypedConvolution::Results() const {
  std::vector<double> results;
  y_->ForEach([&](int64_t n, int64_t h, int64_t w, int64_t c) { results.push_back(y_->Get(n, h, w, c)); });
  return results;
}

}  // namespace nm4j_test
