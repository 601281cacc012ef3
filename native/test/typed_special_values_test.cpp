/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Infinities, NaN and zeros among activations of every type.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/random.h"
#include "support/status.h"
#include "support/typed_matrix.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct SpecialCase {
  int32_t weights, x;
};

// Weights of small integers that keep columns 0 and 1 of every 4, times one batch of activations.
class TypedSpecialValuesTest : public testing::TestWithParam<SpecialCase> {
 protected:
  static bool Kept(int64_t c) { return c % 4 < 2; }

  // activation(item, c); `dropped` stands at the columns that are not kept.
  void Multiply(int32_t layout, int32_t workload, int64_t rows, int64_t cols, int64_t batch, double dropped,
                double (*activation)(int64_t item, int64_t c)) {
    w_.assign(rows * cols, 0.0f);
    for (float& value : w_) value = random_.SmallInteger();
    BitMask mask(rows, cols);
    for (int64_t i = 0; i < rows * cols; ++i) mask.Set(i / cols, i % cols, Kept(i % cols));
    nm_matrix* a = nullptr;
    Require(nm_matrix_create(rows, cols, 2, 4, GetParam().weights, workload, &a));
    const Handle handle(a);
    Require(nm_matrix_set_rows_f32(a, 0, rows, w_.data(), cols, mask.data(), 0));
    Require(nm_matrix_seal(a));
    Require(nm_matrix_get_rows_f32(a, 0, rows, w_.data(), cols));  // as stored
    const bool batch_major = layout == NM_BATCH_MAJOR;
    TypedMatrix x(GetParam().x, batch_major ? batch : cols, batch_major ? cols : batch, batch_major ? cols : batch,
                  Placement::kBeforeGuard);
    for (int64_t i = 0; i < batch; ++i) {
      for (int64_t c = 0; c < cols; ++c) {
        const double value = Kept(c) ? activation(i, c) : dropped;
        batch_major ? x.Set(i, c, value) : x.Set(c, i, value);
      }
    }
    y_.assign(rows * batch, 0.0f);
    nm_product p = {};
    p.layout = layout;
    p.batch = batch;
    p.count = 1;
    p.x = x.data();
    p.x_dtype = GetParam().x;
    p.ldx = x.ld();
    p.y = y_.data();
    p.y_dtype = NM_F32;
    p.ldy = batch_major ? rows : batch;
    p.alpha = 1;
    int64_t tiles = 0;
    Require(nm_product_tiles(a, &p, &tiles));
    Require(nm_multiply(a, &p, 0, tiles));
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < batch; ++i) {
        double expected = 0;
        for (int64_t c = 0; c < cols; ++c) {
          if (Kept(c)) expected += w_[r * cols + c] * activation(i, c);
        }
        const float actual = y_[batch_major ? i * rows + r : r * batch + i];
        if (std::isnan(expected)) {
          ASSERT_TRUE(std::isnan(actual)) << actual;
        } else if (std::isinf(expected)) {
          ASSERT_EQ(expected, actual);
        } else {
          ASSERT_NEAR(expected, actual, 1e-3) << rows << " x " << cols << ", batch " << batch << ", layout " << layout;
        }
      }
    }
  }

  // All layouts and workloads, and sizes whose last windows and steps are cut short.
  void MultiplyAll(double dropped, double (*activation)(int64_t item, int64_t c)) {
    for (const int32_t layout : kLayouts) {
      for (const int32_t workload : kWorkloads) {
        for (const int64_t cols : {1, 3, 4, 5, 31, 32, 33, 130, 133}) {
          for (const int64_t batch : {1, 3, 12, 17, 64, 70})
            Multiply(layout, workload, 19, cols, batch, dropped, activation);
        }
      }
    }
  }

  Random random_;
  std::vector<float> w_, y_;
};

TEST_P(TypedSpecialValuesTest, DroppedActivationsTakeNoPart) {
  for (const double dropped : {kInfinity, -kInfinity, std::nan("")}) {
    MultiplyAll(dropped, [](int64_t, int64_t c) { return static_cast<double>(c % 7 - 3); });
  }
}

TEST_P(TypedSpecialValuesTest, KeptInfinitiesArrive) {
  MultiplyAll(0, [](int64_t, int64_t c) { return c == 0 ? kInfinity : 1.0; });
}

TEST_P(TypedSpecialValuesTest, KeptNanArrives) {
  MultiplyAll(0, [](int64_t, int64_t c) { return c == 1 || c == 0 ? std::nan("") : 1.0; });
}

TEST_P(TypedSpecialValuesTest, NegativeZeros) {
  MultiplyAll(-0.0, [](int64_t, int64_t) { return -0.0; });
}

// Behind the first tile of rows, columns and items of every kernel.
TEST_P(TypedSpecialValuesTest, InfinityInOneOfManyItems) {
  for (const int32_t layout : kLayouts) {
    for (const int32_t workload : kWorkloads) {
      Multiply(layout, workload, 150, 300, 140, 0,
               [](int64_t item, int64_t c) { return item == 130 && c == 289 ? kInfinity : 1.0; });
    }
  }
}

struct SpecialCaseName {
  std::string operator()(const testing::TestParamInfo<SpecialCase>& info) const {
    constexpr const char* kNames[] = {"F32", "Bf16", "S8"};
    return std::string(kNames[info.param.weights]) + kNames[info.param.x];
  }
};

INSTANTIATE_TEST_SUITE_P(All, TypedSpecialValuesTest,
                         testing::Values(SpecialCase{NM_F32, NM_F32}, SpecialCase{NM_BF16, NM_F32},
                                         SpecialCase{NM_BF16, NM_BF16}, SpecialCase{NM_S8, NM_F32}),
                         SpecialCaseName());

}  // namespace
}  // namespace nm4j_test
