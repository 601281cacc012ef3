/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/reference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nm4j_test {
namespace {

// Columns of the group that starts at `first`.
std::vector<int64_t> GroupColumns(int64_t cols, int64_t first, Pattern p) {
  std::vector<int64_t> columns(static_cast<size_t>(std::min<int64_t>(p.m, cols - first)));
  std::iota(columns.begin(), columns.end(), first);
  return columns;
}

// Calls visit(row, columns, kept) for each group, kept being what it holds when complete.
template <typename Visit>
void ForEachGroup(int64_t rows, int64_t cols, Pattern p, Visit visit) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t first = 0; first < cols; first += p.m) {
      visit(r, GroupColumns(cols, first, p), KeptInGroup(cols, first, p));
    }
  }
}

}  // namespace

int64_t KeptInGroup(int64_t cols, int64_t first, Pattern p) { return std::min<int64_t>({p.n, p.m, cols - first}); }

int64_t KeptPerRow(int64_t cols, Pattern p) {
  int64_t kept = 0;
  for (int64_t first = 0; first < cols; first += p.m) kept += KeptInGroup(cols, first, p);
  return kept;
}

BitMask MagnitudeMask(const FloatMatrix& w, Pattern p) {
  BitMask mask(w.rows(), w.cols());
  ForEachGroup(w.rows(), w.cols(), p, [&](int64_t r, std::vector<int64_t> columns, int64_t kept) {
    const auto larger = [&](int64_t a, int64_t b) {
      const float x = std::fabs(w(r, a)), y = std::fabs(w(r, b));
      return std::isnan(x) ? !std::isnan(y) : x > y;
    };
    std::stable_sort(columns.begin(), columns.end(), larger);
    for (int64_t i = 0; i < kept; ++i) mask.Set(r, columns[static_cast<size_t>(i)]);
  });
  return mask;
}

BitMask NonZeroMask(const FloatMatrix& w, Pattern p) {
  BitMask mask(w.rows(), w.cols());
  for (int64_t r = 0; r < w.rows(); ++r) {
    for (int64_t c = 0; c < w.cols(); ++c) mask.Set(r, c, w(r, c) != 0.0f);
  }
  return Completed(mask, p);
}

BitMask Completed(const BitMask& mask, Pattern p) {
  BitMask full = Copy(mask);
  ForEachGroup(mask.rows(), mask.cols(), p, [&](int64_t r, const std::vector<int64_t>& columns, int64_t kept) {
    int64_t missing = kept - mask.CountInGroup(r, columns.front(), p.m);
    for (int64_t c : columns) {
      if (missing > 0 && !mask.Get(r, c)) {
        full.Set(r, c);
        --missing;
      }
    }
  });
  return full;
}

FloatMatrix Masked(const FloatMatrix& w, const BitMask& mask) {
  FloatMatrix out(w.rows(), w.cols());
  for (int64_t r = 0; r < w.rows(); ++r) {
    for (int64_t c = 0; c < w.cols(); ++c) SetBits(out.Row(r) + c, mask.Get(r, c) ? w.BitsAt(r, c) : 0);
  }
  return out;
}

FloatMatrix CompressedValues(const FloatMatrix& w, const BitMask& mask, Pattern p) {
  const BitMask full = Completed(mask, p);
  const FloatMatrix masked = Masked(w, mask);
  FloatMatrix values(w.rows(), KeptPerRow(w.cols(), p));
  for (int64_t r = 0; r < w.rows(); ++r) {
    int64_t next = 0;
    for (int64_t c = 0; c < w.cols(); ++c) {
      if (full.Get(r, c)) SetBits(values.Row(r) + next++, masked.BitsAt(r, c));
    }
  }
  return values;
}

BitMask RandomMask(int64_t rows, int64_t cols, Pattern p, Random& random) {
  BitMask mask(rows, cols);
  ForEachGroup(rows, cols, p, [&](int64_t r, std::vector<int64_t> columns, int64_t kept) {
    std::shuffle(columns.begin(), columns.end(), random.engine());
    for (int64_t i = 0; i < kept; ++i) mask.Set(r, columns[static_cast<size_t>(i)]);
  });
  return mask;
}

}  // namespace nm4j_test
