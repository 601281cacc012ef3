/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Products of any N:M on ordinary cores.
#include <gtest/gtest.h>

#include <memory>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"
#include "support/tolerance.h"

namespace nm4j_test {
namespace {

struct FreePanels {
  void operator()(nm_cuda_panels* panels) const { nm_cuda_panels_free(panels); }
};
using Panels = std::unique_ptr<nm_cuda_panels, FreePanels>;

// Features x items in either layout.
template <typename T>
HostMatrix<T> Activations(int32_t layout, int64_t features, int64_t batch, int64_t gap) {
  return layout == NM_BATCH_MAJOR ? HostMatrix<T>(batch, features, features + gap)
                                  : HostMatrix<T>(features, batch, batch + gap);
}
template <typename T>
float At(const HostMatrix<T>& m, int32_t layout, int64_t feature, int64_t item) {
  return layout == NM_BATCH_MAJOR ? m.value(item, feature) : m.value(feature, item);
}

struct Case {
  Pattern pattern;
  int64_t rows, cols, batch;
  int32_t x_layout = NM_FEATURE_MAJOR, y_layout = NM_FEATURE_MAJOR, activation = NM_IDENTITY;
  float alpha = 1, beta = 0;
  bool bias = false, scale = false, in_place = false;
  int64_t gap = 0, offset = 0;
};

template <typename T>
class PanelProductTest : public DeviceTest {
 protected:
  Panels Pack(const Case& c, const HostMatrix<T>& w, const HostMask& mask) {
    nm_cuda_panels* raw;
    Need(nm_cuda_panels_create(0, c.rows, c.cols, c.pattern.n, c.pattern.m, kDtype<T>, &raw));
    Panels panels(raw);
    const DeviceArray<T> dense(stream(), w.data, c.offset);
    const DeviceArray<uint8_t> bits(stream(), mask.bytes, c.offset);
    const DeviceFindings findings(stream());
    EXPECT_TRUE(CudaOk(nm_cuda_panels_set(raw, stream(), dense.data(), w.ld, bits.data(), findings.data())));
    EXPECT_TRUE(findings.Are(0, -1));
    Need(nm_cuda_stream_synchronize(stream()));
    return panels;
  }

  // Against sums in double precision. exact: all numbers are small integers, so that nothing is rounded in fp32.
  void Expect(const Case& c, bool exact) {
    const auto draw = [&] { return exact ? this->random().SmallInteger() : this->random().Uniform(); };
    HostMatrix<T> w(c.rows, c.cols, c.cols + c.gap), bias(1, c.rows, c.rows);
    HostMatrix<T> x = Activations<T>(c.x_layout, c.cols, c.batch, c.gap);
    HostMatrix<T> previous = Activations<T>(c.y_layout, c.rows, c.batch, c.gap), y = previous;
    HostMatrix<float> scale(1, c.rows, c.rows);
    w.Fill(draw);
    x.Fill(draw);
    previous.Fill(draw);
    bias.Fill(draw);
    scale.Fill(draw);
    const HostMask mask = SparseMask(c.rows, c.cols, c.pattern, this->random());
    const Panels panels = Pack(c, w, mask);

    const DeviceArray<T> device_x(stream(), x.data, c.offset), device_c(stream(), previous.data, c.offset),
        device_y(stream(), c.in_place ? previous.data : y.data, c.offset), device_bias(stream(), bias.data, c.offset);
    const DeviceArray<float> device_scale(stream(), scale.data, c.offset);
    nm_cuda_product p = {};
    p.x_layout = c.x_layout;
    p.y_layout = c.y_layout;
    p.y_dtype = kDtype<T>;
    p.activation = c.activation;
    p.batch = c.batch;
    p.count = 1;
    p.x = device_x.data();
    p.ldx = x.ld;
    p.c = c.beta == 0 ? nullptr : c.in_place ? device_y.data() : device_c.data();
    p.ldc = previous.ld;
    p.y = device_y.data();
    p.ldy = y.ld;
    p.bias = c.bias ? device_bias.data() : nullptr;
    p.feature_scale = c.scale ? device_scale.data() : nullptr;
    p.alpha = c.alpha;
    p.beta = c.beta;
    ASSERT_TRUE(CudaOk(nm_cuda_panels_multiply(panels.get(), &p, stream())));
    const HostMatrix<T> before = c.in_place ? previous : y;
    y.data = device_y.Read();

    for (int64_t r = 0; r < c.rows; ++r) {
      for (int64_t i = 0; i < c.batch; ++i) {
        double sum = 0, magnitude = 0;
        int64_t kept = 0;
        for (int64_t k = 0; k < c.cols; ++k) {
          if (!mask.get(r, k)) continue;
          const double product = static_cast<double>(w.value(r, k)) * At(x, c.x_layout, k, i);
          sum += product;
          magnitude += std::fabs(product);
          ++kept;
        }
        const double factor = c.alpha * (c.scale ? scale.at(0, r) : 1.0);
        const double c_term = c.beta * At(previous, c.y_layout, r, i), b = c.bias ? bias.value(0, r) : 0;
        double expected = factor * sum + (c.beta == 0 ? 0 : c_term) + b;
        double tolerance =
            exact ? 0
                  : LinearTolerance(kept + 1, std::fabs(factor) * magnitude + std::fabs(c_term) + std::fabs(b), factor);
        if (c.activation == NM_RELU) expected = std::max(expected, 0.0);
        if (c.activation == NM_GELU) {
          tolerance = GeluTolerance(expected, tolerance);
          expected = Gelu(expected);
        }
        const double rounding = sizeof(T) == 4 ? 0 : std::is_same_v<T, Half> ? 0x1p-11 : 0x1p-8;
        tolerance += rounding * (std::fabs(expected) + tolerance) + (sizeof(T) == 4 ? 0 : 0x1p-25);
        const double got = At(y, c.y_layout, r, i);
        if (exact && sizeof(T) == 4) {
          ASSERT_EQ(expected, got) << "row " << r << ", item " << i;
        } else {
          ASSERT_NEAR(expected, got, tolerance) << "row " << r << ", item " << i;
        }
      }
    }
    // What lies between the lines of Y is untouched.
    for (int64_t line = 0; line + 1 < y.rows; ++line) {
      for (int64_t at = line * y.ld + y.cols; at < (line + 1) * y.ld; ++at) {
        ASSERT_TRUE(Same(before.data[static_cast<size_t>(at)], y.data[static_cast<size_t>(at)]));
      }
    }
  }
};
TYPED_TEST_SUITE(PanelProductTest, FloatTypes);

TYPED_TEST(PanelProductTest, EveryPatternIsExactOnIntegers) {
  for (const Pattern p : {Pattern{2, 4}, Pattern{1, 4}, Pattern{4, 8}, Pattern{1, 16}, Pattern{3, 5}, Pattern{7, 9},
                          Pattern{1, 32}, Pattern{31, 32}, Pattern{1, 2}, Pattern{16, 17}, Pattern{2, 3}}) {
    SCOPED_TRACE(testing::Message() << p.n << ":" << p.m);
    Case c = {p, 5, 3 * p.m + p.n + 60, 9};
    c.x_layout = this->random().Chance(0.5) ? NM_BATCH_MAJOR : NM_FEATURE_MAJOR;
    c.y_layout = this->random().Chance(0.5) ? NM_BATCH_MAJOR : NM_FEATURE_MAJOR;
    this->Expect(c, true);
  }
}

TYPED_TEST(PanelProductTest, EverySizeAroundTheTiles) {
  for (const int64_t rows : {1, 63, 65}) {
    for (const int64_t batch : {1, 3, 127, 129}) {
      for (const int32_t x_layout : {NM_FEATURE_MAJOR, NM_BATCH_MAJOR}) {
        Case c = {{2, 4}, rows, this->random().Int(1, 70), batch};
        c.x_layout = x_layout;
        c.y_layout = this->random().Chance(0.5) ? NM_BATCH_MAJOR : NM_FEATURE_MAJOR;
        c.gap = this->random().Int(0, 5);
        c.offset = this->random().Int(0, 3);
        SCOPED_TRACE(testing::Message() << rows << " x " << c.cols << ", batch " << batch);
        this->Expect(c, true);
      }
    }
  }
}

TYPED_TEST(PanelProductTest, RealsAndEpilogues) {
  for (const int32_t activation : {NM_IDENTITY, NM_RELU, NM_GELU}) {
    for (const int32_t y_layout : {NM_FEATURE_MAJOR, NM_BATCH_MAJOR}) {
      for (const bool in_place : {false, true}) {
        Case c = {{2, 8}, 37, 200, 21};
        c.activation = activation;
        c.y_layout = y_layout;
        c.alpha = 0.7f;
        c.beta = in_place ? -0.5f : this->random().Chance(0.5) ? 1.3f : 0.0f;
        c.in_place = in_place;
        c.bias = this->random().Chance(0.7);
        c.scale = this->random().Chance(0.5);
        c.gap = 3;
        this->Expect(c, false);
      }
    }
  }
}

// Activations opposite weights that are not kept take no part, whatever they are; opposite a kept 0.0 they do.
TYPED_TEST(PanelProductTest, PrunedWeightsMeetNoActivation) {
  using T = TypeParam;
  HostMatrix<T> w(2, 33, 33), x(33, 3, 3), y(2, 3, 3);
  w.Fill([] { return 1.0f; });
  x.Fill([] { return 2.0f; });
  HostMask mask(2, 33);
  for (int64_t k = 0; k < 33; ++k) mask.set(0, k, k % 4 == 1);
  mask.set(1, 5);
  w.at(1, 5) = Round<T>(0.0f);
  for (int64_t k = 0; k < 33; k += 4) x.at(k, 0) = Round<T>(k % 8 == 0 ? kNan : kInfinity);
  x.at(5, 2) = Round<T>(kInfinity);
  const Case c = {{2, 4}, 2, 33, 3};
  const Panels panels = this->Pack(c, w, mask);
  const DeviceArray<T> device_x(this->stream(), x.data), device_y(this->stream(), y.data);
  nm_cuda_product p = {};
  p.y_dtype = kDtype<T>;
  p.batch = 3;
  p.count = 1;
  p.x = device_x.data();
  p.ldx = 3;
  p.y = device_y.data();
  p.ldy = 3;
  p.alpha = 1;
  ASSERT_TRUE(CudaOk(nm_cuda_panels_multiply(panels.get(), &p, this->stream())));
  y.data = device_y.Read();
  EXPECT_EQ(16.0f, y.value(0, 0));
  EXPECT_EQ(16.0f, y.value(0, 1));
  EXPECT_EQ(kInfinity, y.value(0, 2));
  EXPECT_EQ(0.0f, y.value(1, 1));
  EXPECT_TRUE(std::isnan(y.value(1, 2))) << "0 times infinity";
}

// Several products with the same weights, one after the other; X may be the same for all.
TYPED_TEST(PanelProductTest, StridedProducts) {
  using T = TypeParam;
  const int64_t rows = 10, cols = 40, batch = 6, count = 3;
  HostMatrix<T> w(rows, cols, cols), x(cols * count, batch, batch);
  w.Fill([&] { return this->random().SmallInteger(); });
  x.Fill([&] { return this->random().SmallInteger(); });
  const HostMask mask = SparseMask(rows, cols, {1, 4}, this->random());
  const Panels panels = this->Pack({{1, 4}, rows, cols, batch}, w, mask);
  const int64_t y_stride = rows * batch + 5;
  const DeviceArray<T> device_x(this->stream(), x.data);
  for (const int64_t x_stride : {int64_t{0}, cols * batch}) {
    const DeviceArray<T> device_y(this->stream(), std::vector<T>(static_cast<size_t>(2 * y_stride + rows * batch)));
    nm_cuda_product p = {};
    p.y_dtype = kDtype<T>;
    p.batch = batch;
    p.count = count;
    p.x = device_x.data();
    p.ldx = batch;
    p.x_stride = x_stride;
    p.y = device_y.data();
    p.ldy = batch;
    p.y_stride = y_stride;
    p.alpha = 1;
    ASSERT_TRUE(CudaOk(nm_cuda_panels_multiply(panels.get(), &p, this->stream())));
    const std::vector<T> y = device_y.Read();
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t item = 0; item < batch; ++item) {
          float expected = 0;
          for (int64_t k = 0; k < cols; ++k) {
            if (mask.get(r, k))
              expected += w.value(r, k) * Value(x.data[static_cast<size_t>(i * x_stride + k * batch + item)]);
          }
          ASSERT_EQ(Value(Round<T>(expected)), Value(y[static_cast<size_t>(i * y_stride + r * batch + item)]));
        }
      }
    }
  }
}

TYPED_TEST(PanelProductTest, FindsGroupsThatKeepTooMany) {
  using T = TypeParam;
  HostMask mask(70, 50);
  for (const int64_t c : {45, 46, 47}) mask.set(69, c);
  for (const int64_t c : {5, 6, 7, 8}) mask.set(3, c);
  nm_cuda_panels* raw;
  Need(nm_cuda_panels_create(0, 70, 50, 2, 5, kDtype<T>, &raw));
  const Panels panels(raw);
  const DeviceArray<T> dense(this->stream(), std::vector<T>(70 * 50));
  const DeviceArray<uint8_t> bits(this->stream(), mask.bytes);
  const DeviceFindings findings(this->stream());
  ASSERT_TRUE(CudaOk(nm_cuda_panels_set(raw, this->stream(), dense.data(), 50, bits.data(), findings.data())));
  EXPECT_TRUE(findings.Are(2, 3 * 50 + 5));
  int64_t bytes;
  ASSERT_TRUE(CudaOk(nm_cuda_panels_bytes(raw, &bytes)));
  // 128 padded rows, two blocks of 30 columns, 12 slots each of a value and a byte
  EXPECT_EQ(static_cast<int64_t>(128 * 2 * 12 * (sizeof(T) + 1)), bytes);
}

// A product queued before new contents uses the old ones, on whichever streams the two are.
TYPED_TEST(PanelProductTest, NewContentsWaitForProductsAndProductsForThem) {
  using T = TypeParam;
  struct FreeStream {
    void operator()(nm_cuda_stream* stream) const { nm_cuda_stream_free(stream); }
  };
  nm_cuda_stream* raw_stream;
  Need(nm_cuda_stream_create(0, &raw_stream));
  const std::unique_ptr<nm_cuda_stream, FreeStream> other(raw_stream);
  HostMatrix<T> ones(4, 8, 8), twos(4, 8, 8), x(8, 3, 3), y(4, 3, 3);
  for (HostMatrix<T>* m : {&ones, &x}) m->Fill([] { return 1.0f; });
  twos.Fill([] { return 2.0f; });
  HostMask mask(4, 8);
  for (int64_t i = 0; i < 32; ++i) mask.set(i / 8, i % 8, i % 4 != 1);
  const Panels panels = this->Pack({{3, 4}, 4, 8, 3}, ones, mask);
  const DeviceArray<T> dense(this->stream(), twos.data), device_x(this->stream(), x.data);
  const DeviceArray<T> before(this->stream(), y.data), after(this->stream(), y.data);
  const DeviceArray<uint8_t> bits(this->stream(), mask.bytes);
  Need(nm_cuda_stream_synchronize(this->stream()));
  nm_cuda_product p = {};
  p.y_dtype = kDtype<T>;
  p.batch = p.ldx = p.ldy = 3;
  p.count = 1;
  p.x = device_x.data();
  p.alpha = 1;
  p.y = before.data();
  ASSERT_TRUE(CudaOk(nm_cuda_panels_multiply(panels.get(), &p, other.get())));
  ASSERT_TRUE(CudaOk(nm_cuda_panels_set(panels.get(), this->stream(), dense.data(), 8, bits.data(), nullptr)));
  p.y = after.data();
  ASSERT_TRUE(CudaOk(nm_cuda_panels_multiply(panels.get(), &p, other.get())));
  Need(nm_cuda_stream_synchronize(other.get()));
  for (const T& value : before.Read()) EXPECT_EQ(6.0f, Value(value));
  for (const T& value : after.Read()) EXPECT_EQ(12.0f, Value(value));
}

}  // namespace
}  // namespace nm4j_test
