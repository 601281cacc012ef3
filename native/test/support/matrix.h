/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_MATRIX_H_
#define NM4J_TEST_SUPPORT_MATRIX_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "support/float_bits.h"
#include "support/guarded_buffer.h"

namespace nm4j_test {

struct Pattern {
  int32_t n;
  int32_t m;
};

// Rows in guarded memory with a leading dimension. The memory ends with the last row's last element; the padding
// between the rows holds canaries, which the destructor checks.
class FloatMatrix {
 public:
  FloatMatrix(int64_t rows, int64_t cols, int64_t ld, Placement placement = Placement::kBeforeGuard)
      : rows_(rows), cols_(cols), ld_(ld), buffer_(rows * cols == 0 ? 0 : (rows - 1) * ld + cols, placement) {}
  FloatMatrix(int64_t rows, int64_t cols) : FloatMatrix(rows, cols, cols) {}
  FloatMatrix(FloatMatrix&&) = default;
  FloatMatrix& operator=(FloatMatrix&&) = delete;
  ~FloatMatrix() {
    if (buffer_.data() == nullptr) return;
    buffer_.AllowAccess();
    EXPECT_TRUE(PaddingIntact()) << "something wrote into the padding of a " << rows_ << " x " << cols_
                                 << " matrix with leading dimension " << ld_;
  }

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t ld() const { return ld_; }
  float* data() const { return buffer_.data(); }
  float* Row(int64_t r) const { return buffer_.data() + r * ld_; }
  float& operator()(int64_t r, int64_t c) const { return buffer_.data()[r * ld_ + c]; }
  uint32_t BitsAt(int64_t r, int64_t c) const { return nm4j_test::BitsAt(Row(r) + c); }
  GuardedBuffer<float>& buffer() { return buffer_; }

  // Calls generate(row, column) for each element, by rows.
  template <typename Generate>
  void Fill(Generate generate) {
    for (int64_t r = 0; r < rows_; ++r) {
      for (int64_t c = 0; c < cols_; ++c) (*this)(r, c) = generate(r, c);
    }
  }

 private:
  bool PaddingIntact() const {
    for (int64_t r = 0; r + 1 < rows_; ++r) {
      for (int64_t c = cols_; c < ld_ && cols_ > 0; ++c) {
        if (BitsAt(r, c) != kCanaryBits) return false;
      }
    }
    return true;
  }

  int64_t rows_;
  int64_t cols_;
  int64_t ld_;
  GuardedBuffer<float> buffer_;
};

// Bit for bit, so that NaN payloads and the sign of zero count.
inline testing::AssertionResult SameBits(const FloatMatrix& expected, const FloatMatrix& actual) {
  if (expected.rows() != actual.rows() || expected.cols() != actual.cols()) {
    return testing::AssertionFailure() << "shapes differ";
  }
  for (int64_t r = 0; r < expected.rows(); ++r) {
    for (int64_t c = 0; c < expected.cols(); ++c) {
      if (expected.BitsAt(r, c) != actual.BitsAt(r, c)) {
        return testing::AssertionFailure()
               << "element (" << r << ", " << c << "): expected " << expected(r, c) << " (0x" << std::hex
               << expected.BitsAt(r, c) << "), got " << actual(r, c) << " (0x" << actual.BitsAt(r, c) << ")";
      }
    }
  }
  return testing::AssertionSuccess();
}

inline FloatMatrix Copy(const FloatMatrix& source) {
  FloatMatrix copy(source.rows(), source.cols());
  for (int64_t r = 0; r < source.rows(); ++r) {
    std::memcpy(copy.Row(r), source.Row(r), static_cast<size_t>(source.cols()) * sizeof(float));
  }
  return copy;
}

// One bit per weight in guarded memory, in the layout the header gives.
class BitMask {
 public:
  BitMask(int64_t rows, int64_t cols, Placement placement = Placement::kBeforeGuard)
      : rows_(rows), cols_(cols), row_bytes_((cols + 7) / 8), buffer_(rows * row_bytes_, placement) {
    std::fill(buffer_.begin(), buffer_.end(), uint8_t{0});
  }

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t row_bytes() const { return row_bytes_; }
  uint8_t* data() const { return buffer_.data(); }
  uint8_t* Row(int64_t r) const { return buffer_.data() + r * row_bytes_; }
  GuardedBuffer<uint8_t>& buffer() { return buffer_; }

  bool Get(int64_t r, int64_t c) const { return ((Row(r)[c / 8] >> (c % 8)) & 1) != 0; }
  void Set(int64_t r, int64_t c, bool kept = true) {
    const auto bit = static_cast<uint8_t>(1 << (c % 8));
    uint8_t& byte = Row(r)[c / 8];
    byte = static_cast<uint8_t>(kept ? byte | bit : byte & ~bit);
  }
  int64_t CountInGroup(int64_t r, int64_t first, int32_t m) const {
    int64_t count = 0;
    for (int64_t c = first; c < std::min(first + m, cols_); ++c) count += Get(r, c) ? 1 : 0;
    return count;
  }

 private:
  int64_t rows_;
  int64_t cols_;
  int64_t row_bytes_;
  GuardedBuffer<uint8_t> buffer_;
};

// Whole bytes, so that the spare bits count.
inline testing::AssertionResult SameBits(const BitMask& expected, const BitMask& actual) {
  for (int64_t r = 0; r < expected.rows(); ++r) {
    for (int64_t i = 0; i < expected.row_bytes(); ++i) {
      if (expected.Row(r)[i] != actual.Row(r)[i]) {
        return testing::AssertionFailure()
               << "mask row " << r << ", byte " << i << " (columns from " << 8 * i << "): expected "
               << int{expected.Row(r)[i]} << ", got " << int{actual.Row(r)[i]};
      }
    }
  }
  return testing::AssertionSuccess();
}

inline BitMask Copy(const BitMask& source) {
  BitMask copy(source.rows(), source.cols());
  std::copy(source.data(), source.data() + source.rows() * source.row_bytes(), copy.data());
  return copy;
}

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_MATRIX_H_
