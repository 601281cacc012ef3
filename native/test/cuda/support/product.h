/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One product on the device, compared with a reference in double precision.
 */
#ifndef NM4J_TEST_CUDA_SUPPORT_PRODUCT_H_
#define NM4J_TEST_CUDA_SUPPORT_PRODUCT_H_

#include <memory>
#include <string>
#include <vector>

#include "cuda/support/backend.h"
#include "support/random.h"

namespace nm4j_test {

enum class CPlace { kNone, kInPlace, kApart, kApartOtherLd };

struct Case {
  int32_t dtype = NM_F32, y_dtype = NM_F32;
  int64_t rows = 32, cols = 64, batch = 32;
  int64_t weight_count = 1, count = 1;
  int32_t x_layout = NM_BATCH_MAJOR, y_layout = NM_BATCH_MAJOR;
  int32_t order = NM_CUDA_ROW_MAJOR;
  int64_t x_gap = 0, y_gap = 0;        // between lines, in elements
  int64_t x_offset = 0, y_offset = 0;  // of the first element, in elements
  bool beside = false;                 // matrices are columns of one wide buffer, not one after the other
  int64_t y_batch_gap = 0;             // more than x has
  int64_t batch_gap = 0;               // between matrices, in lines
  CPlace c = CPlace::kNone;
  bool bias = false, scale = false;
  int32_t activation = NM_IDENTITY;
  float alpha = 1;
  // Small integers, whose sums are exact; else numbers of few bits and any size.
  bool integers = true;

  std::string Describe() const;
};

// The type of C and of the bias for these.
int32_t CType(const Case& c);
int32_t BiasType(const Case& c);

// Operands of a case on the device, and what has to come out.
class ProductTest {
 public:
  ProductTest(const Case& c, const Stream& stream);
  ~ProductTest();
  ProductTest(const ProductTest&) = delete;
  ProductTest& operator=(const ProductTest&) = delete;

  nm_cuda_weights* weights() const { return weights_; }
  nm_cuda_product& product() { return product_; }

  // Queues it; then waits and compares every element, those between the lines of y too.
  int32_t Run();
  void Check();

 private:
  struct Matrix {
    int64_t lines, width, ld, stride, count, offset;
    int32_t dtype;
    std::vector<unsigned char> bytes;
    std::unique_ptr<DeviceBytes> device;
    int64_t index(int64_t matrix, int64_t line, int64_t column) const { return matrix * stride + line * ld + column; }
  };

  Matrix Make(int64_t features, int64_t batch, int32_t layout, int64_t gap, int64_t offset, int32_t dtype,
              int64_t count, double largest, int64_t batch_gap = 0);
  double Value(double largest, int32_t dtype);
  void MakeWeights();
  void Expect(int64_t item, int64_t feature, int64_t column, double* value, double* tolerance) const;

  const Case case_;
  const Stream& stream_;
  Random random_;
  std::vector<double> w_;  // weight_count x rows x cols
  Matrix x_, y_, c_, bias_, scale_;
  nm_cuda_weights* weights_ = nullptr;
  nm_cuda_product product_ = {};
};

// All of it.
void CheckProduct(const Case& c, const Stream& stream);

}  // namespace nm4j_test

#endif  // NM4J_TEST_CUDA_SUPPORT_PRODUCT_H_
