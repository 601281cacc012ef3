/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/typed_product.h"

#include <cmath>
#include <sstream>

#include "support/crash_note.h"
#include "support/status.h"
#include "support/typed_result.h"

namespace nm4j_test {
namespace {

std::unique_ptr<TypedMatrix> Operand(const ProductCase& spec, int32_t dtype, int64_t features) {
  const bool batch_major = spec.layout == NM_BATCH_MAJOR;
  const int64_t lines = (batch_major ? spec.batch : features) * spec.count;
  const int64_t width = batch_major ? features : spec.batch;
  return std::make_unique<TypedMatrix>(dtype, lines, width, width + spec.pad, spec.placement);
}

StoredAs Storage(const nm_product& p) { return {p.y_dtype, p.y_scale, p.y_zero}; }

}  // namespace

TypedWeights MakeWeights(int32_t dtype, int64_t rows, int64_t cols, Pattern pattern, int32_t workload, bool integers,
                         Random& random) {
  nm_matrix* a = nullptr;
  Require(nm_matrix_create(rows, cols, pattern.n, pattern.m, dtype, workload, &a));
  Handle handle(a);
  const BitMask mask = RandomMask(rows, cols, pattern, random);
  std::vector<double> real(rows * cols);
  if (dtype == NM_S8 && integers) {
    std::vector<int8_t> w(rows * cols);
    std::vector<float> scales(rows);
    for (float& scale : scales) scale = std::ldexp(1.0f, static_cast<int>(random.Int(-2, 2)));
    for (int8_t& value : w) value = static_cast<int8_t>(random.Int(-128, 127));
    Require(nm_matrix_set_rows_s8(a, 0, rows, w.data(), cols, mask.data(), scales.data()));
    for (int64_t i = 0; i < rows * cols; ++i) real[i] = static_cast<double>(scales[i / cols]) * w[i];
  } else {
    std::vector<float> w(rows * cols);
    for (float& value : w) value = integers ? random.SmallInteger() : random.Uniform();
    Require(nm_matrix_set_rows_f32(a, 0, rows, w.data(), cols, mask.data(), 0));
  }
  Require(nm_matrix_seal(a));
  if (dtype != NM_S8 || !integers) {
    // What was stored; quantisation has tests of its own.
    std::vector<float> w(rows * cols);
    Require(nm_matrix_get_rows_f32(a, 0, rows, w.data(), cols));
    std::copy(w.begin(), w.end(), real.begin());
  }
  BitMask kept = Completed(mask, pattern);
  for (int64_t i = 0; i < rows * cols; ++i) {
    if (!mask.Get(i / cols, i % cols)) real[i] = 0;
  }
  return {std::move(handle), dtype, pattern, rows, cols, std::move(kept), std::move(real)};
}

TypedProduct::TypedProduct(const TypedWeights& weights, const ProductCase& spec, Random& random)
    : weights_(weights),
      spec_(spec),
      x_(Operand(spec, spec.x_dtype, weights.cols)),
      c_(Operand(spec, spec.y_dtype, spec.add ? weights.rows : 0)),
      y_(Operand(spec, spec.y_dtype, weights.rows)),
      bias_(spec.bias ? weights.rows : 0, spec.placement),
      scale_(spec.feature_scale ? weights.rows : 0, spec.placement) {
  x_->Fill([&] { return RandomNumber(spec.x_dtype, spec.integers, random); });
  c_->Fill([&] { return RandomNumber(spec.y_dtype, spec.integers, random); });
  for (float& value : bias_) value = spec.integers ? random.SmallInteger() : random.Uniform();
  for (float& value : scale_)
    value = spec.integers ? std::ldexp(1.0f, static_cast<int>(random.Int(-1, 1))) : random.Uniform();
  nm_product& p = product_;
  p.layout = spec.layout;
  p.activation = spec.activation;
  p.batch = spec.batch;
  p.count = spec.count;
  p.x = x_->data();
  p.ldx = x_->ld();
  p.x_stride = Lines(weights.cols) * x_->ld();
  p.y = y_->data();
  p.ldy = y_->ld();
  p.y_stride = Lines(weights.rows) * y_->ld();
  if (spec.add) {
    p.c = spec.in_place ? y_->data() : c_->data();
    p.ldc = spec.in_place ? y_->ld() : c_->ld();
    p.c_stride = spec.in_place ? p.y_stride : Lines(weights.rows) * c_->ld();
    p.beta = -0.5f;
  }
  p.bias = spec.bias ? bias_.data() : nullptr;
  p.feature_scale = spec.feature_scale ? scale_.data() : nullptr;
  p.alpha = 0.5f;
  p.x_dtype = spec.x_dtype;
  p.y_dtype = spec.y_dtype;
  p.x_scale = 0.25f;
  p.x_zero = static_cast<int32_t>(random.Int(Low(spec.x_dtype), High(spec.x_dtype)));
  // Wide enough for most results, so that rounding shows and so does the range.
  p.y_scale = spec.integers ? 8.0f : 0.0625f;
  p.y_zero = static_cast<int32_t>(random.Int(Low(spec.y_dtype) / 2, High(spec.y_dtype) / 2));
  if (spec.x_dtype != NM_S8 && spec.x_dtype != NM_U8) p.x_zero = 0;
}

void TypedProduct::Run(bool tile_by_tile) {
  SetCrashNote("nm_multiply, weights %d, x %d, y %d, layout %d, %lld x %lld, batch %lld", weights_.dtype, spec_.x_dtype,
               spec_.y_dtype, spec_.layout, static_cast<long long>(weights_.rows),
               static_cast<long long>(weights_.cols), static_cast<long long>(spec_.batch));
  if (spec_.in_place) {
    for (int64_t r = 0; r < y_->rows(); ++r) {
      for (int64_t i = 0; i < y_->cols(); ++i) y_->Set(r, i, c_->Get(r, i));
    }
  }
  int64_t tiles = -1;
  Require(nm_product_tiles(weights_.handle.get(), &product_, &tiles));
  for (int64_t t = 0; tile_by_tile && t < tiles; ++t) {
    Require(nm_multiply(weights_.handle.get(), &product_, t, t + 1));
  }
  if (!tile_by_tile) Require(nm_multiply(weights_.handle.get(), &product_, 0, tiles));
}

double TypedProduct::Real(const TypedMatrix& matrix, int64_t i, int64_t feature, int64_t item, float scale,
                          int32_t zero) const {
  const bool batch_major = spec_.layout == NM_BATCH_MAJOR;
  const int64_t lines = matrix.rows() / spec_.count;
  const double number = batch_major ? matrix.Get(i * lines + item, feature) : matrix.Get(i * lines + feature, item);
  return IsInteger(matrix.dtype()) ? static_cast<double>(scale) * (number - zero) : number;
}

testing::AssertionResult TypedProduct::Matches() const {
  const nm_product& p = product_;
  int64_t mismatches = 0;
  std::ostringstream first;
  for (int64_t i = 0; i < spec_.count; ++i) {
    for (int64_t feature = 0; feature < weights_.rows; ++feature) {
      const double factor = static_cast<double>(p.alpha) * (spec_.feature_scale ? scale_[feature] : 1.0f);
      for (int64_t item = 0; item < spec_.batch; ++item) {
        double sum = 0, magnitude = 0;
        int64_t kept = 0;
        for (int64_t c = 0; c < weights_.cols; ++c) {
          if (!weights_.kept.Get(feature, c)) continue;
          const double product = weights_.At(feature, c) * Real(*x_, i, c, item, p.x_scale, p.x_zero);
          sum += product;
          magnitude += std::fabs(product);
          ++kept;
        }
        const double addend = spec_.add ? p.beta * Real(*c_, i, feature, item, p.y_scale, p.y_zero) : 0.0;
        const double bias = spec_.bias ? bias_[feature] : 0.0;
        const Linear linear = {sum, magnitude, kept, factor, addend, bias};
        const auto [expected, tolerance] = ExpectedResult(linear, spec_.activation, spec_.integers, Storage(p));
        const double actual = Real(*y_, i, feature, item, p.y_scale, p.y_zero);
        if (std::fabs(actual - expected) <= tolerance) continue;  // a NaN does not get through here
        if (mismatches++ == 0) {
          first << "product " << i << ", feature " << feature << ", item " << item << ": expected " << expected
                << " +- " << tolerance << ", got " << actual;
        }
      }
    }
  }
  if (mismatches == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << mismatches << " elements differ, the first: " << first.str() << "; weights "
                                     << weights_.dtype << ", x " << spec_.x_dtype << ", y " << spec_.y_dtype
                                     << ", layout " << spec_.layout << ", " << weights_.rows << " x " << weights_.cols
                                     << ", batch " << spec_.batch << ", pattern " << weights_.pattern.n << ":"
                                     << weights_.pattern.m << ", pad " << spec_.pad;
}

std::vector<double> TypedProduct::Results() const {
  std::vector<double> results;
  for (int64_t r = 0; r < y_->rows(); ++r) {
    for (int64_t c = 0; c < y_->cols(); ++c) results.push_back(y_->Get(r, c));
  }
  return results;
}

}  // namespace nm4j_test
