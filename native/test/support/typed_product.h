/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_TYPED_PRODUCT_H_
#define NM4J_TEST_SUPPORT_TYPED_PRODUCT_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/typed_matrix.h"
#include "support/weights.h"

namespace nm4j_test {

// A sealed matrix and the real weights that it stands for, element by element (0 where nothing is kept).
struct TypedWeights {
  Handle handle;
  int32_t dtype;
  Pattern pattern;
  int64_t rows, cols;
  BitMask kept;
  std::vector<double> real;

  double At(int64_t r, int64_t c) const { return real[r * cols + c]; }
};

// Small integers (with scales that are powers of two where the type has scales), or reals in [-1, 1).
TypedWeights MakeWeights(int32_t dtype, int64_t rows, int64_t cols, Pattern pattern, int32_t workload, bool integers,
                         Random& random);

// What a test varies of a product.
struct ProductCase {
  int32_t layout = NM_BATCH_MAJOR;
  int64_t batch = 1, count = 1;
  int32_t x_dtype = NM_F32, y_dtype = NM_F32;
  bool integers = true;  // small integers: the result before storing it is exact
  bool bias = false, feature_scale = false, add = false, in_place = false;
  int32_t activation = NM_IDENTITY;
  int64_t pad = 0;
  Placement placement = Placement::kBeforeGuard;
};

// The operands of a strided batch of products, and its expected results.
class TypedProduct {
 public:
  TypedProduct(const TypedWeights& weights, const ProductCase& spec, Random& random);

  const nm_product& product() const { return product_; }
  nm_product& product() { return product_; }

  // Computes all tiles, by one call or tile by tile.
  void Run(bool tile_by_tile = false);

  // Every element against double precision.
  testing::AssertionResult Matches() const;

  // The stored results, as numbers.
  std::vector<double> Results() const;

 private:
  double Real(const TypedMatrix& matrix, int64_t i, int64_t feature, int64_t item, float scale, int32_t zero) const;
  // Line of product i's element in a matrix in which the products follow each other.
  int64_t Lines(int64_t features) const { return spec_.layout == NM_BATCH_MAJOR ? spec_.batch : features; }

  const TypedWeights& weights_;
  const ProductCase spec_;
  std::unique_ptr<TypedMatrix> x_, c_, y_;
  GuardedBuffer<float> bias_, scale_;
  nm_product product_ = {};
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_TYPED_PRODUCT_H_
