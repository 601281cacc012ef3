// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Unbiased random N:M sparsity of least variance, one group per lane of the compiler's own vectors. No operation is
// fused or reordered, so that every instruction set has the same results.
//
// Of a group with magnitudes a, number i is to be kept with probability p_i and then divided by it, which is unbiased
// and has the variance a_i^2 (1 / p_i - 1). With sum p_i = N and p_i <= 1 the sum of these is least where p_i is
// proportional to a_i, but 1 where that exceeds 1 (Lagrange). Such numbers are found by at most N - 1 passes: what
// remains may raise others above 1. The others' quotients a_i / p_i are then all the same, `scale`.
//
// Exactly N are kept by systematic sampling (Madow, 1949): with the magnitudes of the others end to end on a line,
// those are kept on which one of the points (u + j) * scale falls, j = 0, 1, ..., with one random u of (0, 1).
//
// Include inside an ISA's own file only.
#ifndef NM4J_CPU_SAMPLE_INL_H_
#define NM4J_CPU_SAMPLE_INL_H_

#include <cstdint>

#include "cpu/magnitude-inl.h"
#include "cpu/random_words-inl.h"

namespace nm {
namespace {

constexpr int kSampled = kRandomLanes;  // groups at a time
typedef float Numbers __attribute__((vector_size(4 * kSampled)));
typedef int32_t Choice __attribute__((vector_size(4 * kSampled)));  // -1 or 0

inline Numbers magnitudes(Numbers x) { return reinterpret_cast<Numbers>(reinterpret_cast<Choice>(x) & 0x7fffffff); }
inline Numbers where(Choice which, Numbers x) { return reinterpret_cast<Numbers>(which & reinterpret_cast<Choice>(x)); }

template <int kM>
struct Sampler {
  static constexpr int kSize = kM == 0 ? kMaxColumns : kM;

  Sampler(int n, int m) : n_(n), m_(m) {}

  // Samples kSampled groups whose numbers are at g: kept ones get their new values, others +0.0. Returns false when the
  // sum of a group's magnitudes is not finite.
  bool run(const float* g, uint64_t first_group, uint64_t seed, float* out) {
    const int m = length();
    alignas(Numbers) float column[kSize][kSampled];
    for (int lane = 0; lane < kSampled; ++lane) {
      for (int i = 0; i < m; ++i) column[i][lane] = g[lane * m + i];
    }
    for (int i = 0; i < m; ++i) {
      __builtin_memcpy(&value_[i], column[i], sizeof value_[i]);
      certain_[i] = Choice{};
    }
    Numbers sum = uncertain_sum();
    const Choice infinite = ~(sum <= 0x1.fffffep127f);
    for (int lane = 0; lane < kSampled; ++lane) {
      if (infinite[lane] != 0) return false;
    }
    Numbers left = Numbers{} + static_cast<float>(n_);  // to be kept at random
    for (int pass = 1; pass < n_; ++pass) {
      Choice found = {};
      for (int i = 0; i < m; ++i) {
        const Choice above = (left * magnitudes(value_[i]) > sum) & ~certain_[i];
        certain_[i] |= above;
        found += above;
      }
      left += __builtin_convertvector(found, Numbers);
      sum = uncertain_sum();
    }
    choose(where(left > 0.0f, sum / left), draw(first_group, seed), left);
    for (int i = 0; i < m; ++i) __builtin_memcpy(column[i], &value_[i], sizeof value_[i]);
    for (int lane = 0; lane < kSampled; ++lane) {
      for (int i = 0; i < m; ++i) out[lane * m + i] = column[i][lane];
    }
    return true;
  }

 private:
  int length() const { return kM == 0 ? m_ : kM; }

  const int n_, m_;
  Numbers value_[kSize];
  Choice certain_[kSize];

  Numbers uncertain_sum() const {
    Numbers sum = {};
    for (int i = 0; i < length(); ++i) sum += where(~certain_[i], magnitudes(value_[i]));
    return sum;
  }

  // Odd multiples of 2^-24 between 0 and 1.
  static Numbers draw(uint64_t first_group, uint64_t seed) {
    auto philox = counters(first_group, kSampling);
    philox.run(seed);
    const Numbers whole = __builtin_convertvector(reinterpret_cast<Choice>(philox.x[0] >> 9), Numbers);
    return (whole + 0.5f) * 0x1p-23f;
  }

  // Replaces values by what is kept of them. Rounding may leave the last point behind all numbers: then the last that
  // can takes it.
  void choose(Numbers scale, Numbers u, Numbers left) {
    Numbers next = u * scale, end = {};
    Choice hits[kSize];
    for (int i = 0; i < length(); ++i) {
      end += where(~certain_[i], magnitudes(value_[i]));
      hits[i] = (end > next) & (left > 0.0f) & ~certain_[i];
      next += where(hits[i], scale);
      left -= where(hits[i], Numbers{} + 1.0f);
    }
    const Choice open = (left > 0.0f) & (scale > 0.0f);
    for (int lane = 0; lane < kSampled; ++lane) {
      if (open[lane] == 0) continue;
      int i = length() - 1;
      while (i > 0 && (hits[i][lane] != 0 || certain_[i][lane] != 0 || value_[i][lane] == 0)) --i;
      hits[i][lane] = -1;
    }
    for (int i = 0; i < length(); ++i) {
      const Choice sign = reinterpret_cast<Choice>(value_[i]) & INT32_MIN;
      const Choice sampled = hits[i] & (reinterpret_cast<Choice>(scale) | sign);
      value_[i] = reinterpret_cast<Numbers>((certain_[i] & reinterpret_cast<Choice>(value_[i])) | sampled);
    }
  }
};

template <int kM>
int64_t sample_groups(const float* g, int64_t cols, int n, int m, uint64_t first_group, uint64_t seed, float* out) {
  Sampler<kM> sampler(n, m);
  const int64_t step = int64_t{kSampled} * m;
  for (int64_t col = 0; col < cols; col += step, first_group += kSampled) {
    float rest[kSampled * kMaxColumns], sampled[kSampled * kMaxColumns];
    const bool whole = col + step <= cols;
    const auto bytes = (cols - col) * static_cast<int64_t>(sizeof(float));
    if (!whole) {
      __builtin_memset(rest, 0, sizeof rest);
      __builtin_memcpy(rest, g + col, bytes);
    }
    if (!sampler.run(whole ? g + col : rest, first_group, seed, whole ? out + col : sampled)) return col;
    if (!whole) __builtin_memcpy(out + col, sampled, bytes);
  }
  return -1;
}

// A row of numbers, the first of its groups being number first_group of all. Returns where, from some column on, the
// sum of a group's magnitudes is not finite, or -1.
inline int64_t sample_row(const float* g, int64_t cols, int n, int m, uint64_t first_group, uint64_t seed, float* out) {
  if (m == 2) return sample_groups<2>(g, cols, n, m, first_group, seed, out);
  if (m == 4) return sample_groups<4>(g, cols, n, m, first_group, seed, out);
  return sample_groups<0>(g, cols, n, m, first_group, seed, out);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_SAMPLE_INL_H_
