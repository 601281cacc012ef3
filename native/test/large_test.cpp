/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Positions beyond 32 bits, in address space of which only the touched pages take memory.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <new>

#include "support/float_bits.h"
#include "support/multiplication.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

// More elements between two rows than 32 bits count.
constexpr int64_t kLd = (int64_t{1} << 32) + 5;

// Rows at a distance of kLd, zero until written.
class SparseRows {
 public:
  SparseRows(int64_t rows, int64_t cols) : bytes_(static_cast<size_t>((rows - 1) * kLd + cols) * sizeof(float)) {
    void* all = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<float*>(all);
  }
  SparseRows(const SparseRows&) = delete;
  SparseRows& operator=(const SparseRows&) = delete;
  ~SparseRows() { munmap(data_, bytes_); }

  float* data() const { return data_; }
  float& operator()(int64_t r, int64_t c) const { return data_[r * kLd + c]; }

  void CopyFrom(const FloatMatrix& from) {
    for (int64_t r = 0; r < from.rows(); ++r) {
      for (int64_t c = 0; c < from.cols(); ++c) (*this)(r, c) = from(r, c);
    }
  }
  FloatMatrix Dense(int64_t rows, int64_t cols) const {
    FloatMatrix dense(rows, cols);
    dense.Fill([&](int64_t r, int64_t c) { return (*this)(r, c); });
    return dense;
  }

 private:
  size_t bytes_;
  float* data_ = nullptr;
};

TEST(LargeTest, WeightsMayLieFarApart) {
  Random random;
  const Weights weights = RealWeights(5, 23, {3, 5}, random);
  SparseRows w(5, 23);
  w.CopyFrom(weights.w);

  BitMask mask(5, 23);
  ASSERT_TRUE(Succeeds(nm_mask_magnitude_f32(w.data(), 5, 23, kLd, 3, 5, 0, mask.data())));
  EXPECT_TRUE(SameBits(MagnitudeMask(weights.w, {3, 5}), mask));

  const FloatMatrix expected = Masked(weights.w, mask);
  SparseRows out(5, 23);
  ASSERT_TRUE(Succeeds(nm_mask_apply_f32(w.data(), 5, 23, kLd, mask.data(), out.data(), kLd)));
  EXPECT_TRUE(SameBits(expected, out.Dense(5, 23)));

  FloatMatrix values(5, KeptPerRow(23, {3, 5}));
  ASSERT_TRUE(Succeeds(nm_compress_f32(w.data(), 5, 23, kLd, mask.data(), 3, 5, 0, values.data(), mask.data())));
  EXPECT_TRUE(SameBits(CompressedValues(weights.w, mask, {3, 5}), values));

  const Handle a = Create(5, 23, {3, 5}, NM_ANY_BATCH);
  ASSERT_TRUE(Succeeds(nm_matrix_set_rows_f32(a.get(), 0, 5, w.data(), kLd, mask.data(), 0)));
  ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
  SparseRows back(5, 23);
  ASSERT_TRUE(Succeeds(nm_matrix_get_rows_f32(a.get(), 0, 5, back.data(), kLd)));
  EXPECT_TRUE(SameBits(expected, back.Dense(5, 23)));
}

TEST(LargeTest, OperandsMayLieFarApart) {
  Random random;
  const Weights weights = IntegerWeights(5, 7, {2, 4}, random);
  for (int32_t workload : kWorkloads) {
    const Handle a = weights.Pack(workload);
    for (int32_t layout : kLayouts) {
      for (int64_t batch : {1, 3, 6}) {
        Multiplication product(layout, 5, 7, batch, {1.0f, 0.5f, false, false, NM_IDENTITY});
        product.FillIntegers(random);
        SparseRows x(product.x.rows(), product.x.cols()), c(product.c.rows(), product.c.cols()),
            y(product.y.rows(), product.y.cols());
        x.CopyFrom(product.x);
        c.CopyFrom(product.c);
        ASSERT_TRUE(Succeeds(nm_multiply_f32(a.get(), layout, batch, x.data(), kLd, 1.0f, c.data(), kLd, 0.5f, nullptr,
                                             NM_IDENTITY, y.data(), kLd, 0, product.Tiles(a.get()))));
        product.y.Fill([&](int64_t r, int64_t i) { return y(r, i); });
        EXPECT_TRUE(Matches(product, weights, Accuracy::kExact));
      }
    }
  }
}

}  // namespace
}  // namespace nm4j_test
