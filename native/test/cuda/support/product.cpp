/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cuda/support/product.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "cuda/support/numbers.h"

namespace nm4j_test {
namespace {

constexpr unsigned char kUntouched = 0x5a;

double Tanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

}  // namespace

std::string Case::Describe() const {
  std::ostringstream out;
  out << TypeName(dtype) << " to " << TypeName(y_dtype) << ", " << rows << " x " << cols << " x " << batch
      << ", counts " << weight_count << " and " << count << ", layouts " << x_layout << y_layout << ", order " << order
      << ", gaps "
      << "beside " << beside << ' ' << y_batch_gap << ' ' << x_gap << ' ' << y_gap << ' ' << batch_gap << ", offsets "
      << x_offset << ' ' << y_offset << ", c " << static_cast<int>(c) << ", bias " << bias << ", scale " << scale
      << ", activation " << activation << ", alpha " << alpha << ", integers " << integers;
  return out.str();
}

int32_t CType(const Case& c) {
  return c.y_dtype == NM_CUDA_E4M3 || c.y_dtype == NM_CUDA_E5M2 ? int32_t{NM_CUDA_F16} : c.y_dtype;
}

int32_t BiasType(const Case& c) { return c.dtype == NM_S8 ? int32_t{NM_F32} : CType(c); }

// Exact in every type: integers, or eighths of one sign and three bits.
double ProductTest::Value(double largest, int32_t dtype) {
  const bool whole = case_.integers || dtype == NM_S8 || dtype == NM_S32;
  const auto limit = static_cast<int64_t>(largest);
  if (whole) return static_cast<double>(random_.Int(-limit, limit));
  return std::ldexp(static_cast<double>(random_.Int(-7, 7)), static_cast<int>(random_.Int(-5, -2)));
}

ProductTest::Matrix ProductTest::Make(int64_t features, int64_t batch, int32_t layout, int64_t gap, int64_t offset,
                                      int32_t dtype, int64_t count, double largest, int64_t batch_gap) {
  Matrix m = {};
  m.lines = layout == NM_BATCH_MAJOR ? batch : features;
  m.width = layout == NM_BATCH_MAJOR ? features : batch;
  m.ld = (case_.beside ? count : 1) * m.width + gap;
  m.stride = case_.beside ? m.width : (m.lines + case_.batch_gap + batch_gap) * m.ld;
  m.count = count;
  m.offset = offset * ElementBytes(dtype);
  m.dtype = dtype;
  // To the end of the last line, no further.
  const int64_t elements = (count - 1) * m.stride + (m.lines - 1) * m.ld + m.width;
  m.bytes.assign(static_cast<size_t>(elements * ElementBytes(dtype)), kUntouched);
  for (int64_t i = 0; i < count && largest > 0; ++i) {
    for (int64_t line = 0; line < m.lines; ++line) {
      for (int64_t column = 0; column < m.width; ++column) {
        WriteElement(dtype, Value(largest, dtype), m.bytes.data() + m.index(i, line, column) * ElementBytes(dtype));
      }
    }
  }
  m.device = std::make_unique<DeviceBytes>(stream_, m.bytes, m.offset);
  return m;
}

void ProductTest::MakeWeights() {
  const Case& c = case_;
  const bool ones = c.dtype == NM_F32;
  const int32_t n = ones ? 1 : 2, m = ones ? 2 : 4;
  w_.assign(static_cast<size_t>(c.weight_count * c.rows * c.cols), 0);
  for (int64_t row = 0; row < c.weight_count * c.rows; ++row) {
    for (int64_t group = 0; group < c.cols; group += m) {
      const int64_t length = std::min<int64_t>(m, c.cols - group);
      for (int32_t i = 0; i < n; ++i) {
        // The same place twice keeps one.
        w_[static_cast<size_t>(row * c.cols + group + random_.Int(0, length - 1))] = Value(3, c.dtype);
      }
    }
  }
  ASSERT_TRUE(CudaOk(nm_cuda_weights_create(0, c.rows, c.cols, c.weight_count, n, m, c.dtype, &weights_)));
  const bool column_major = c.order == NM_CUDA_COLUMN_MAJOR;
  const int64_t size = ElementBytes(c.dtype), ld = (column_major ? c.rows : c.cols) + c.x_gap;
  const int64_t stride = ld * (column_major ? c.cols : c.rows);
  std::vector<unsigned char> dense(static_cast<size_t>(stride * c.weight_count * size), kUntouched);
  for (int64_t i = 0; i < c.weight_count; ++i) {
    for (int64_t row = 0; row < c.rows; ++row) {
      for (int64_t col = 0; col < c.cols; ++col) {
        const int64_t at = i * stride + (column_major ? col * ld + row : row * ld + col);
        WriteElement(c.dtype, w_[static_cast<size_t>((i * c.rows + row) * c.cols + col)], dense.data() + at * size);
      }
    }
  }
  const DeviceBytes device(stream_, dense, c.x_offset * size);
  ASSERT_TRUE(CudaOk(nm_cuda_weights_set(weights_, stream_.get(), device.data(), ld, stride, c.order, 0)));
  stream_.Synchronize();
}

ProductTest::ProductTest(const Case& c, const Stream& stream) : case_(c), stream_(stream) {
  MakeWeights();
  x_ = Make(c.cols, c.batch, c.x_layout, c.x_gap, c.x_offset, c.dtype, c.count, 3);
  y_ = Make(c.rows, c.batch, c.y_layout, c.y_gap, c.y_offset, c.y_dtype, c.count, c.c == CPlace::kInPlace ? 3 : 0,
            c.y_batch_gap);
  product_.x_layout = c.x_layout;
  product_.y_layout = c.y_layout;
  product_.y_dtype = c.y_dtype;
  product_.activation = c.activation;
  product_.batch = c.batch;
  product_.count = c.count;
  product_.x = x_.device->data();
  product_.ldx = x_.ld;
  product_.x_stride = x_.stride;
  product_.y = y_.device->data();
  product_.ldy = y_.ld;
  product_.y_stride = y_.stride;
  product_.alpha = c.alpha;
  if (c.c != CPlace::kNone) {
    const int64_t gap = c.y_gap + (c.c == CPlace::kApartOtherLd ? 16 : 0);
    product_.beta = 2;
    if (c.c == CPlace::kInPlace) {
      product_.c = product_.y;
      product_.ldc = y_.ld;
      product_.c_stride = y_.stride;
    } else {
      c_ = Make(c.rows, c.batch, c.y_layout, gap, 0, CType(c), c.count, 3, c.y_batch_gap);
      product_.c = c_.device->data();
      product_.ldc = c_.ld;
      product_.c_stride = c_.stride;
    }
  }
  if (c.bias) {
    bias_ = Make(c.rows, 1, NM_BATCH_MAJOR, 0, c.x_offset, BiasType(c), 1, 3);
    product_.bias = bias_.device->data();
  }
  if (c.scale) {
    scale_ = Make(c.rows, 1, NM_BATCH_MAJOR, 0, c.x_offset, NM_F32, 1, 3);
    product_.feature_scale = static_cast<const float*>(scale_.device->data());
  }
}

ProductTest::~ProductTest() { EXPECT_TRUE(CudaOk(nm_cuda_weights_free(weights_))); }

int32_t ProductTest::Run() { return nm_cuda_multiply(weights_, &product_, stream_.get()); }

void ProductTest::Expect(int64_t item, int64_t feature, int64_t column, double* value, double* tolerance) const {
  const Case& c = case_;
  const auto at = [](const Matrix& m, int64_t i, int64_t f, int64_t b, int32_t layout) {
    const int64_t index = layout == NM_BATCH_MAJOR ? m.index(i, b, f) : m.index(i, f, b);
    return ReadElement(m.dtype, m.bytes.data() + index * ElementBytes(m.dtype));
  };
  const int64_t matrix = c.weight_count == 1 ? 0 : item;
  double sum = 0, magnitude = 0;
  for (int64_t k = 0; k < c.cols; ++k) {
    const double term =
        w_[static_cast<size_t>((matrix * c.rows + feature) * c.cols + k)] * at(x_, item, k, column, c.x_layout);
    sum += term;
    magnitude += std::fabs(term);
  }
  const double factor = c.alpha * (c.scale ? at(scale_, 0, feature, 0, NM_BATCH_MAJOR) : 1);
  double result = factor * sum;
  magnitude *= std::fabs(factor);
  if (product_.beta != 0) {
    const double old = at(c.c == CPlace::kInPlace ? y_ : c_, item, feature, column, c.y_layout);
    result += product_.beta * old;
    magnitude += std::fabs(product_.beta * old);
  }
  if (c.bias) {
    const double bias = at(bias_, 0, feature, 0, NM_BATCH_MAJOR);
    result += bias;
    magnitude += std::fabs(bias);
  }
  // Every sum is rounded at most once for each term and each part of the epilogue; integers are exact.
  const bool exact = c.integers && factor == std::rint(factor);
  *tolerance = exact ? 0 : (static_cast<double>(c.cols) + 4) * 0x1p-24 * magnitude;
  if (c.activation == NM_RELU) result = std::max(result, 0.0);
  if (c.activation == NM_GELU) {
    // Of the rounded value; its slope is at most 1.13.
    *tolerance = 1.13 * (*tolerance + RoundingError(c.y_dtype, result)) + 1e-6 * std::max(1.0, std::fabs(result));
    result = 0.5 * result * (1 + std::erf(result / std::sqrt(2)));
  }
  if (c.activation == NM_CUDA_GELU_TANH) {
    result = Tanh(result);
    *tolerance += 1e-3 * std::max(1.0, std::fabs(result));  // its hardware approximation has no stated bound
  }
  if (c.y_dtype == NM_S8) result = std::min(std::max(result, -128.0), 127.0);
  if (c.y_dtype == NM_CUDA_E4M3) result = std::min(std::max(result, -448.0), 448.0);  // it has no infinities
  *tolerance += RoundingError(c.y_dtype, result);
  *value = result;
}

void ProductTest::Check() {
  const std::vector<unsigned char> found = y_.device->Download(stream_);
  const int64_t size = ElementBytes(y_.dtype);
  std::vector<bool> result(found.size() / static_cast<size_t>(size));
  int64_t failures = 0;
  for (int64_t i = 0; i < case_.count; ++i) {
    for (int64_t line = 0; line < y_.lines; ++line) {
      for (int64_t column = 0; column < y_.width; ++column) {
        const int64_t index = y_.index(i, line, column);
        result[static_cast<size_t>(index)] = true;
        const bool batch_major = case_.y_layout == NM_BATCH_MAJOR;
        double expected, tolerance;
        Expect(i, batch_major ? column : line, batch_major ? line : column, &expected, &tolerance);
        const double got = ReadElement(y_.dtype, found.data() + index * size);
        if (std::fabs(got - expected) <= tolerance) continue;
        if (++failures > 5) return;
        ADD_FAILURE() << case_.Describe() << ": item " << i << ", line " << line << ", column " << column
                      << ": expected " << expected << " +- " << tolerance << ", got " << got;
      }
    }
  }
  for (size_t i = 0; i < result.size(); ++i) {
    if (result[i]) continue;
    ASSERT_EQ(0, std::memcmp(found.data() + i * static_cast<size_t>(size),
                             y_.bytes.data() + i * static_cast<size_t>(size), static_cast<size_t>(size)))
        << case_.Describe() << ": element " << i << " of y lies between its lines and was written";
  }
}

void CheckProduct(const Case& c, const Stream& stream) {
  ProductTest test(c, stream);
  if (testing::Test::HasFatalFailure()) return;
  ASSERT_TRUE(CudaOk(test.Run())) << c.Describe();
  test.Check();
}

}  // namespace nm4j_test
