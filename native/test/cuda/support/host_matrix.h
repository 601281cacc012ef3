/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Matrices and masks of any element type in host memory, and plain references over them.
 */
#ifndef NM4J_TEST_CUDA_SUPPORT_HOST_MATRIX_H_
#define NM4J_TEST_CUDA_SUPPORT_HOST_MATRIX_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "cuda/support/elements.h"
#include "support/matrix.h"

namespace nm4j_test {

// Rows with a leading dimension. What lies between them is left alone by whoever writes the rows.
template <typename T>
struct HostMatrix {
  HostMatrix(int64_t rows_, int64_t cols_, int64_t ld_)
      : rows(rows_),
        cols(cols_),
        ld(ld_),
        data(rows_ * cols_ == 0 ? 0 : static_cast<size_t>((rows_ - 1) * ld_ + cols_)) {}

  T& at(int64_t r, int64_t c) { return data[static_cast<size_t>(r * ld + c)]; }
  const T& at(int64_t r, int64_t c) const { return data[static_cast<size_t>(r * ld + c)]; }
  float value(int64_t r, int64_t c) const { return Value(at(r, c)); }

  // From generate(), by rows; the padding too, so that reading it is seen.
  template <typename Generate>
  void Fill(Generate generate) {
    for (T& element : data) element = Round<T>(generate());
  }

  int64_t rows, cols, ld;
  std::vector<T> data;
};

// Numbers of all sizes, or with many ties.
template <typename T, typename RandomSource>
HostMatrix<T> DrawMatrix(int64_t rows, int64_t cols, int64_t ld, bool ties, RandomSource& random) {
  HostMatrix<T> w(rows, cols, ld);
  w.Fill([&] { return ties ? static_cast<float>(random.Int(-2, 2)) : 120 * random.Uniform(); });
  return w;
}
template <typename T, typename RandomSource>
HostMatrix<T> DrawMatrix(int64_t rows, int64_t cols, int64_t ld, RandomSource& random) {
  return DrawMatrix<T>(rows, cols, ld, random.Chance(0.5), random);
}

// As fp32, which holds every type exactly, without gaps: for the CPU's functions.
template <typename T>
std::vector<float> Wide(const HostMatrix<T>& w) {
  std::vector<float> wide;
  for (int64_t r = 0; r < w.rows; ++r) {
    for (int64_t c = 0; c < w.cols; ++c) wide.push_back(w.value(r, c));
  }
  return wide;
}

// A mask in nm4j.h's layout.
struct HostMask {
  HostMask(int64_t rows_, int64_t cols_)
      : rows(rows_), cols(cols_), row_bytes((cols_ + 7) / 8), bytes(static_cast<size_t>(rows_ * row_bytes)) {}

  bool get(int64_t r, int64_t c) const { return (bytes[static_cast<size_t>(r * row_bytes + c / 8)] >> c % 8 & 1) != 0; }
  void set(int64_t r, int64_t c, bool kept = true) {
    uint8_t& byte = bytes[static_cast<size_t>(r * row_bytes + c / 8)];
    byte = static_cast<uint8_t>(kept ? byte | 1 << c % 8 : byte & ~(1 << c % 8));
  }

  int64_t rows, cols, row_bytes;
  std::vector<uint8_t> bytes;
};

// In groups of M elements `stride` apart the N of largest magnitude, the first among equals.
template <typename T>
HostMask MagnitudeMaskOf(const HostMatrix<T>& w, Pattern p, int64_t stride = 1) {
  HostMask mask(w.rows, w.cols);
  for (int64_t r = 0; r < w.rows; ++r) {
    for (int64_t place = 0; place < stride; ++place) {
      for (int64_t first = 0; first * stride < w.cols; first += p.m) {
        std::vector<int64_t> group;
        for (int64_t i = first; i < first + p.m && i * stride < w.cols; ++i) group.push_back(i * stride + place);
        std::stable_sort(group.begin(), group.end(), [&](int64_t a, int64_t b) {
          const float x = std::fabs(w.value(r, a)), y = std::fabs(w.value(r, b));
          return std::isnan(x) ? !std::isnan(y) : x > y;
        });
        group.resize(std::min(group.size(), static_cast<size_t>(p.n)));
        for (const int64_t c : group) mask.set(r, c);
      }
    }
  }
  return mask;
}

// Bits drawn at random, at most N of them in a group.
template <typename RandomSource>
HostMask SparseMask(int64_t rows, int64_t cols, Pattern p, RandomSource& random) {
  HostMask mask(rows, cols);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t first = 0; first < cols; first += p.m) {
      for (int i = 0; i < p.n; ++i) mask.set(r, first + random.Int(0, std::min<int64_t>(p.m, cols - first) - 1));
    }
  }
  return mask;
}

}  // namespace nm4j_test

#endif  // NM4J_TEST_CUDA_SUPPORT_HOST_MATRIX_H_
