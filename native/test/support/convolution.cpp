/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/convolution.h"

#include <cmath>
#include <sstream>
#include <vector>

#include "support/crash_note.h"
#include "support/float_bits.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/tolerance.h"

namespace nm4j_test {
ImageBuffer::ImageBuffer(int64_t layout, int64_t n, int64_t h, int64_t w, int64_t c, Gaps gaps, Placement placement)
    : images_(Images(layout, n, h, w, c, gaps)), buffer_(Elements(images_), placement) {
  for (float& element : buffer_) SetBits(&element, kCanaryBits);
}

ImageBuffer::~ImageBuffer() {
  if (buffer_.data() == nullptr) return;
  buffer_.AllowAccess();
  ForEach([](float& element, int64_t, int64_t, int64_t, int64_t) { SetBits(&element, kCanaryBits); });
  for (float& element : buffer_) EXPECT_EQ(BitsAt(&element), kCanaryBits) << "something wrote between elements";
}

int64_t WeightRows(const nm_conv2d_geometry& g) { return g.out_channels * g.kernel_h * g.kernel_w; }
int64_t WeightCols(const nm_conv2d_geometry& g) { return g.in_channels / g.groups; }

Conv2dHandle PackConv2d(const nm_conv2d_geometry& geometry, const Weights& weights) {
  nm_conv2d* a = nullptr;
  Require(nm_conv2d_create_f32(&geometry, weights.pattern.n, weights.pattern.m, NM_F32, weights.w.data(),
                               weights.mask.data(), 0, &a));
  return Conv2dHandle(a);
}

Convolution::Convolution(const nm_conv2d_geometry& geometry_, int64_t n, int64_t h, int64_t w, int64_t x_layout,
                         int64_t y_layout, Epilogue epilogue_, Random& random)
    : geometry(geometry_),
      epilogue(epilogue_),
      x(x_layout, n, h, w, geometry.in_channels, RandomGaps(random), random.Pick(kPlacements)),
      // In place C keeps the former Y for the reference, while Y itself is passed.
      c(y_layout, epilogue.beta == 0 ? 0 : n, OutH(geometry, h), OutW(geometry, w), geometry.out_channels,
        RandomGaps(random), random.Pick(kPlacements)),
      y(y_layout, n, OutH(geometry, h), OutW(geometry, w), geometry.out_channels, RandomGaps(random),
        random.Pick(kPlacements)),
      bias(epilogue.bias ? geometry.out_channels : 0, random.Pick(kPlacements)) {}

void Convolution::FillIntegers(Random& random) {
  const auto fill = [&](float& element, int64_t, int64_t, int64_t, int64_t) { element = random.SmallInteger(); };
  x.ForEach(fill);
  c.ForEach(fill);
  for (float& b : bias) b = random.SmallInteger();
}

void Convolution::FillReals(Random& random) {
  const auto fill = [&](float& element, int64_t, int64_t, int64_t, int64_t) { element = random.Uniform(); };
  x.ForEach(fill);
  c.ForEach(fill);
  for (float& b : bias) b = random.Uniform();
}

void Convolution::ResetY() {
  y.ForEach([&](float& element, int64_t n, int64_t h, int64_t w, int64_t o) {
    if (epilogue.in_place) {
      element = c(n, h, w, o);
    } else {
      SetBits(&element, kCanaryBits);
    }
  });
}

int32_t Convolution::RunTiles(const nm_conv2d* a, int64_t tile_begin, int64_t tile_end) const {
  SetCrashNote("%s", Describe().c_str());
  const bool adds = epilogue.beta != 0;
  const ImageBuffer& addend = epilogue.in_place ? y : c;
  return nm_conv2d_f32(a, x.data(), &x.images(), epilogue.alpha, adds ? addend.data() : nullptr,
                       adds ? &addend.images() : nullptr, epilogue.beta, epilogue.bias ? bias.data() : nullptr,
                       epilogue.activation, y.data(), &y.images(), tile_begin, tile_end);
}

int32_t Convolution::Run(const nm_conv2d* a) {
  ResetY();
  return RunTiles(a, 0, Tiles(a));
}

int64_t Convolution::Tiles(const nm_conv2d* a) const {
  int64_t tiles = -1;
  Require(nm_conv2d_tiles(a, x.images().n, x.images().h, x.images().w, &tiles));
  return tiles;
}

std::string Convolution::Describe() const {
  std::ostringstream text;
  text << "convolution of " << nm4j_test::Describe(geometry) << ", x " << nm4j_test::Describe(x.images()) << ", y "
       << nm4j_test::Describe(y.images()) << ", alpha " << epilogue.alpha << ", beta " << epilogue.beta
       << (epilogue.in_place ? " in place" : "") << (epilogue.bias ? ", bias" : "") << ", activation "
       << epilogue.activation;
  return text.str();
}

testing::AssertionResult Matches(const Convolution& m, const Weights& weights, Accuracy accuracy) {
  const nm_conv2d_geometry& g = m.geometry;
  const BitMask full = Completed(weights.mask, weights.pattern);
  std::vector<std::vector<Term>> terms;
  for (int64_t o = 0; o < g.out_channels; ++o) {
    terms.push_back(KeptTerms(g, full, o, [&](int64_t row, int64_t i) {
      return weights.mask.Get(row, i) ? double{weights.w(row, i)} : 0.0;
    }));
  }
  int64_t mismatches = 0;
  std::ostringstream first;
  m.y.ForEach([&](float& actual, int64_t n, int64_t oh, int64_t ow, int64_t o) {
    double sum = 0, magnitude = 0;
    ForEachTerm(g, terms[o], m.x.images(), oh, ow, [&](const Term& term, int64_t h, int64_t w) {
      const double product = term.weight * m.x(n, h, w, term.channel);
      sum += product;
      magnitude += std::fabs(product);
    });
    const double alpha = m.epilogue.alpha;
    const double addend = m.epilogue.beta == 0 ? 0.0 : double{m.epilogue.beta} * m.c(n, oh, ow, o);
    const double bias = m.epilogue.bias ? m.bias[o] : 0.0;
    magnitude = std::fabs(alpha) * magnitude + std::fabs(addend) + std::fabs(bias);
    double expected = alpha * sum + addend + bias;
    double tolerance =
        accuracy == Accuracy::kExact ? 0 : LinearTolerance(static_cast<int64_t>(terms[o].size()), magnitude, alpha);
    if (m.epilogue.activation == NM_RELU) expected = std::fmax(expected, 0.0);
    if (m.epilogue.activation == NM_GELU) {
      tolerance = GeluTolerance(expected, tolerance);
      expected = Gelu(expected);
    }
    if (std::fabs(actual - expected) <= tolerance) return;  // a NaN does not get through here
    if (mismatches++ == 0) {
      first << "image " << n << ", pixel (" << oh << ", " << ow << "), channel " << o << ": expected " << expected
            << " +- " << tolerance << ", got " << actual;
    }
  });
  if (mismatches == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << mismatches << " elements differ, the first: " << first.str() << "\nin a "
                                     << m.Describe() << ", pattern " << weights.pattern.n << ":" << weights.pattern.m;
}

}  // namespace nm4j_test
