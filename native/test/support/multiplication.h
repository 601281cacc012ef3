/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_MULTIPLICATION_H_
#define NM4J_TEST_SUPPORT_MULTIPLICATION_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "nm4j/nm4j.h"
#include "support/guarded_buffer.h"
#include "support/matrix.h"
#include "support/random.h"
#include "support/weights.h"

namespace nm4j_test {

struct Epilogue {
  float alpha = 1.0f;
  float beta = 0.0f;  // 0: no C is given
  bool bias = false;
  bool in_place = false;  // C is Y itself
  int32_t activation = NM_IDENTITY;
};

// Where the operands lie: what their leading dimensions exceed their widths by, and how they touch guard pages.
struct Space {
  int64_t pad_x = 0;
  int64_t pad_c = 0;
  int64_t pad_y = 0;
  Placement placement = Placement::kBeforeGuard;
};

// The operands of one product. Elements are named by feature and sample, whatever the layout.
class Multiplication {
 public:
  Multiplication(int32_t layout, int64_t rows, int64_t cols, int64_t batch, Epilogue epilogue = {}, Space space = {});

  float& X(int64_t feature, int64_t sample) const { return At(x, feature, sample); }
  float& C(int64_t feature, int64_t sample) const { return At(c, feature, sample); }
  float& Y(int64_t feature, int64_t sample) const { return At(y, feature, sample); }

  void FillIntegers(Random& random);
  void FillReals(Random& random);

  // Fills Y with what it holds before the first tile: C when it is accumulated in place, canaries otherwise.
  void ResetY();

  // The status of the call.
  int32_t RunTiles(const nm_matrix* a, int64_t tile_begin, int64_t tile_end) const;

  // Resets Y and computes all tiles by one call.
  int32_t Run(const nm_matrix* a);

  int64_t Tiles(const nm_matrix* a) const;
  std::string Describe() const;

  const int32_t layout;
  const int64_t rows, cols, batch;
  const Epilogue epilogue;
  FloatMatrix x, c, y;
  GuardedBuffer<float> bias;

 private:
  float& At(const FloatMatrix& matrix, int64_t feature, int64_t sample) const {
    return layout == NM_FEATURE_MAJOR ? matrix(feature, sample) : matrix(sample, feature);
  }
};

// What Y is compared with: the exact result itself, for data on which fp32 makes no rounding error, or the exact result
// within the tolerance of fp32.
enum class Accuracy { kExact, kRounded };

testing::AssertionResult Matches(const Multiplication& multiplication, const Weights& weights, Accuracy accuracy);

// An epilogue and operand positions drawn at random, such that small integers give exact results (but for GELU).
Epilogue RandomEpilogue(Random& random);
Space RandomSpace(Random& random);

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_MULTIPLICATION_H_
