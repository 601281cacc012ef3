/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_TYPED_MATRIX_H_
#define NM4J_TEST_SUPPORT_TYPED_MATRIX_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/guarded_buffer.h"

namespace nm4j_test {

inline int64_t ElementBytes(int32_t dtype) { return dtype == NM_BF16 ? 2 : dtype == NM_S8 || dtype == NM_U8 ? 1 : 4; }

// The nearest bf16, ties to even, by arithmetic rather than by bits. For numbers in the normal range.
inline double RoundToBf16(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  int exponent;
  std::frexp(value, &exponent);
  const double step = std::ldexp(1.0, exponent - 8);
  return std::nearbyint(value / step) * step;
}

// Elements of any type in guarded memory, rows `ld` apart. The destructor checks that the padding between rows is as it
// was.
class TypedMatrix {
 public:
  TypedMatrix(int32_t dtype, int64_t rows, int64_t cols, int64_t ld, Placement placement)
      : dtype_(dtype),
        rows_(rows),
        cols_(cols),
        ld_(ld),
        size_(ElementBytes(dtype)),
        memory_(static_cast<size_t>(rows * cols == 0 ? 0 : ((rows - 1) * ld + cols) * size_), size_, placement),
        before_(memory_.data(), memory_.data() + memory_.bytes()) {}
  TypedMatrix(const TypedMatrix&) = delete;
  ~TypedMatrix() {
    for (int64_t r = 0; r + 1 < rows_ && cols_ > 0; ++r) {
      const int64_t from = (r * ld_ + cols_) * size_, to = (r + 1) * ld_ * size_;
      EXPECT_TRUE(std::equal(&before_[from], &before_[from] + (to - from), memory_.data() + from))
          << "something wrote behind row " << r;
    }
  }

  int32_t dtype() const { return dtype_; }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t ld() const { return ld_; }
  void* data() const { return memory_.data(); }

  // The number stored, without its quantisation.
  double Get(int64_t r, int64_t c) const {
    const unsigned char* at = memory_.data() + (r * ld_ + c) * size_;
    if (dtype_ == NM_S8) return static_cast<int8_t>(*at);
    if (dtype_ == NM_U8) return *at;
    uint32_t bits = 0;
    std::memcpy(&bits, at, size_);
    if (dtype_ == NM_S32) return static_cast<int32_t>(bits);
    if (dtype_ == NM_BF16) bits <<= 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  // Stores a number; a bf16 is cut off, not rounded.
  void Set(int64_t r, int64_t c, double number) const {
    unsigned char* at = memory_.data() + (r * ld_ + c) * size_;
    uint32_t bits;
    const float value = static_cast<float>(number);
    std::memcpy(&bits, &value, sizeof bits);
    if (dtype_ == NM_BF16) bits >>= 16;
    if (dtype_ == NM_S8 || dtype_ == NM_U8 || dtype_ == NM_S32) bits = static_cast<uint32_t>(std::lround(number));
    std::memcpy(at, &bits, size_);
  }

  template <typename Generate>
  void Fill(Generate generate) {
    for (int64_t r = 0; r < rows_; ++r) {
      for (int64_t c = 0; c < cols_; ++c) Set(r, c, generate());
    }
  }

 private:
  int32_t dtype_;
  int64_t rows_, cols_, ld_, size_;
  GuardedMemory memory_;
  std::vector<unsigned char> before_;
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_TYPED_MATRIX_H_
