/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/multiplication.h"

#include <cmath>
#include <cstring>
#include <sstream>
#include <vector>

#include "support/crash_note.h"
#include "support/float_bits.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/tolerance.h"

namespace nm4j_test {
namespace {

FloatMatrix Operand(int32_t layout, int64_t features, int64_t batch, int64_t pad, Placement placement) {
  const int64_t rows = layout == NM_FEATURE_MAJOR ? features : batch;
  const int64_t cols = layout == NM_FEATURE_MAJOR ? batch : features;
  return FloatMatrix(rows, cols, cols + pad, placement);
}

struct KeptWeight {
  int64_t column;
  double value;
};

std::vector<KeptWeight> KeptWeights(const Weights& weights, const BitMask& full, int64_t row) {
  std::vector<KeptWeight> kept;
  for (int64_t c = 0; c < weights.cols(); ++c) {
    if (full.Get(row, c)) kept.push_back({c, weights.mask.Get(row, c) ? weights.w(row, c) : 0.0});
  }
  return kept;
}

struct Expected {
  double value;
  double tolerance;
};

Expected Activated(const Expected& linear, int32_t activation) {
  if (activation == NM_RELU) return {linear.value > 0 ? linear.value : 0.0, linear.tolerance};
  if (activation == NM_GELU) return {Gelu(linear.value), GeluTolerance(linear.value, linear.tolerance)};
  return linear;
}

Expected Compute(const Multiplication& m, const std::vector<KeptWeight>& kept, int64_t feature, int64_t sample,
                 Accuracy accuracy) {
  double sum = 0, magnitude = 0;
  for (const KeptWeight& weight : kept) {
    const double product = weight.value * m.X(weight.column, sample);
    sum += product;
    magnitude += std::fabs(product);
  }
  const double addend = m.epilogue.beta == 0 ? 0.0 : double{m.epilogue.beta} * m.C(feature, sample);
  const double bias = m.epilogue.bias ? m.bias[feature] : 0.0;
  const double alpha = m.epilogue.alpha;
  magnitude = std::fabs(alpha) * magnitude + std::fabs(addend) + std::fabs(bias);
  const double tolerance =
      accuracy == Accuracy::kExact ? 0 : LinearTolerance(static_cast<int64_t>(kept.size()), magnitude, alpha);
  return Activated({alpha * sum + addend + bias, tolerance}, m.epilogue.activation);
}

}  // namespace

Multiplication::Multiplication(int32_t layout_, int64_t rows_, int64_t cols_, int64_t batch_, Epilogue epilogue_,
                               Space space)
    : layout(layout_),
      rows(rows_),
      cols(cols_),
      batch(batch_),
      epilogue(epilogue_),
      x(Operand(layout, cols, batch, space.pad_x, space.placement)),
      // In place C keeps the former Y for the reference, while Y itself is passed.
      c(Operand(layout, epilogue.beta == 0 ? 0 : rows, batch, space.pad_c, space.placement)),
      y(Operand(layout, rows, batch, space.pad_y, space.placement)),
      bias(epilogue.bias ? rows : 0, space.placement) {}

void Multiplication::FillIntegers(Random& random) {
  const auto generate = [&](int64_t, int64_t) { return random.SmallInteger(); };
  x.Fill(generate);
  c.Fill(generate);
  for (float& b : bias) b = random.SmallInteger();
}

void Multiplication::FillReals(Random& random) {
  const auto generate = [&](int64_t, int64_t) { return random.Uniform(); };
  x.Fill(generate);
  c.Fill(generate);
  for (float& b : bias) b = random.Uniform();
}

void Multiplication::ResetY() {
  for (int64_t r = 0; r < y.rows(); ++r) {
    for (int64_t i = 0; i < y.cols(); ++i) {
      SetBits(y.Row(r) + i, epilogue.in_place ? c.BitsAt(r, i) : kCanaryBits);
    }
  }
}

int32_t Multiplication::RunTiles(const nm_matrix* a, int64_t tile_begin, int64_t tile_end) const {
  SetCrashNote("nm_multiply_f32, layout %d, rows %lld, cols %lld, batch %lld, ldx %lld, ldy %lld", layout,
               static_cast<long long>(rows), static_cast<long long>(cols), static_cast<long long>(batch),
               static_cast<long long>(x.ld()), static_cast<long long>(y.ld()));
  const bool accumulates = epilogue.beta != 0;
  const FloatMatrix& addend = epilogue.in_place ? y : c;
  return nm_multiply_f32(a, layout, batch, x.data(), x.ld(), epilogue.alpha, accumulates ? addend.data() : nullptr,
                         accumulates ? addend.ld() : 0, epilogue.beta, epilogue.bias ? bias.data() : nullptr,
                         epilogue.activation, y.data(), y.ld(), tile_begin, tile_end);
}

int32_t Multiplication::Run(const nm_matrix* a) {
  ResetY();
  return RunTiles(a, 0, Tiles(a));
}

int64_t Multiplication::Tiles(const nm_matrix* a) const {
  int64_t tiles = -1;
  Require(nm_multiply_tiles(a, layout, batch, &tiles));
  return tiles;
}

std::string Multiplication::Describe() const {
  std::ostringstream text;
  text << "in a " << (layout == NM_FEATURE_MAJOR ? "feature" : "batch") << "-major product of " << rows << " rows, "
       << cols << " cols, batch " << batch << ", ldx " << x.ld() << ", ldy " << y.ld() << ", alpha " << epilogue.alpha
       << ", beta " << epilogue.beta << (epilogue.in_place ? " in place" : "") << (epilogue.bias ? ", bias" : "")
       << ", activation " << epilogue.activation;
  return text.str();
}

testing::AssertionResult Matches(const Multiplication& m, const Weights& weights, Accuracy accuracy) {
  const BitMask full = Completed(weights.mask, weights.pattern);
  int64_t mismatches = 0;
  std::ostringstream first;
  for (int64_t feature = 0; feature < m.rows; ++feature) {
    const std::vector<KeptWeight> kept = KeptWeights(weights, full, feature);
    for (int64_t sample = 0; sample < m.batch; ++sample) {
      const Expected expected = Compute(m, kept, feature, sample, accuracy);
      const double actual = m.Y(feature, sample);
      if (std::fabs(actual - expected.value) <= expected.tolerance) continue;  // a NaN does not get through here
      if (mismatches++ == 0) {
        first << "feature " << feature << ", sample " << sample << ": expected " << expected.value << " +- "
              << expected.tolerance << ", got " << actual;
      }
    }
  }
  if (mismatches == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << mismatches << " of " << m.rows * m.batch
                                     << " elements differ, the first: " << first.str() << "\n"
                                     << m.Describe() << ", pattern " << weights.pattern.n << ":" << weights.pattern.m;
}

Epilogue RandomEpilogue(Random& random) {
  constexpr float kAlphas[] = {1.0f, 1.0f, -1.0f, 0.5f, 2.0f};
  constexpr float kBetas[] = {0.0f, 0.0f, 1.0f, -0.5f};
  constexpr int32_t kActivations[] = {NM_IDENTITY, NM_IDENTITY, NM_RELU, NM_GELU};
  Epilogue epilogue;
  epilogue.alpha = random.Pick(kAlphas);
  epilogue.beta = random.Pick(kBetas);
  epilogue.bias = random.Chance(0.5);
  epilogue.in_place = epilogue.beta != 0 && random.Chance(0.5);
  epilogue.activation = random.Pick(kActivations);
  return epilogue;
}

Space RandomSpace(Random& random) {
  constexpr int64_t kPads[] = {0, 0, 1, 3, 16};
  return {random.Pick(kPads), random.Pick(kPads), random.Pick(kPads), random.Pick(kPlacements)};
}

}  // namespace nm4j_test
