// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows through their masks, T::kLanes columns at a time: compression, its inverse, and the masks of non-zeros.
//
// T is one of the traits of row_ops_<isa>.cpp. Include inside an ISA's own file only.
#ifndef NM4J_CPU_COMPRESS_INL_H_
#define NM4J_CPU_COMPRESS_INL_H_

#include <cstdint>

namespace nm {
namespace {

constexpr int kCacheLine = 64;
constexpr int kPanelLanes = 16;

// Calls visit(first column, columns, first byte of their bits) along a row; the last time with what is left.
template <typename T, typename Visit>
void for_each_vector(int64_t cols, Visit&& visit) {
  static_assert(T::kLanes % 8 == 0, "bits come in whole bytes");
  int64_t col = 0;
  for (; col + T::kLanes <= cols; col += T::kLanes) visit(col, T::kLanes, col / 8);
  if (col < cols) visit(col, static_cast<int>(cols - col), col / 8);
}

template <typename T>
uint32_t load_bits(const uint8_t* p, int count) {
  uint32_t bits = 0;
  if (count == T::kLanes) {
    __builtin_memcpy(&bits, p, T::kLanes / 8);
    return bits;
  }
  for (int i = 0; i < count; i += 8) bits |= static_cast<uint32_t>(p[i / 8]) << i;
  return bits & ((1u << count) - 1);
}

template <typename T>
void store_bits(uint8_t* p, uint32_t bits, int count) {
  if (count == T::kLanes) {
    __builtin_memcpy(p, &bits, T::kLanes / 8);
    return;
  }
  for (int i = 0; i < count; i += 8) p[i / 8] = static_cast<uint8_t>(bits >> i);
}

template <typename T>
bool nonzero_row(const float* row, int64_t cols, uint8_t* mask) {
  uint32_t nan = 0;
  for_each_vector<T>(cols, [&](int64_t col, int count, int64_t byte) {
    const auto w = T::load_n(row + col, count);
    nan |= T::nan_bits(w);
    store_bits<T>(mask + byte, T::nonzero_bits(w), count);
  });
  return nan != 0;
}

template <typename T>
void apply_row(const float* row, const uint8_t* mask, int64_t cols, float* out) {
  for_each_vector<T>(cols, [&](int64_t col, int count, int64_t byte) {
    T::store_n(out + col, T::load_if(load_bits<T>(mask + byte, count), row + col), count);
  });
}

// The columns of vectors of a row within their groups of M.
template <typename T>
struct Positions {
  uint8_t in_group[32 + T::kLanes];
  int phase = 0;
  const int m, advance;

  explicit Positions(int group) : m(group), advance(T::kLanes % group) {
    for (int i = 0, col = 0; i < m + T::kLanes; ++i, col = col + 1 == m ? 0 : col + 1) {
      in_group[i] = static_cast<uint8_t>(col);
    }
  }
  const uint8_t* next() {
    const uint8_t* const columns = in_group + phase;
    phase += phase + advance < m ? advance : advance - m;
    return columns;
  }
};

template <typename T>
bool compress_row(const float* row, const uint8_t* mask, const uint8_t* full, int64_t cols, int m, const float* next,
                  float* values, uint8_t* index) {
  Positions<T> positions(m);
  uint32_t nan = 0;
  for_each_vector<T>(cols, [&](int64_t col, int count, int64_t byte) {
    __builtin_prefetch(next + col, 0, 2);
    const auto w = T::load_if(load_bits<T>(mask + byte, count), row + col);
    nan |= T::nan_bits(w);
    const uint32_t bits = load_bits<T>(full + byte, count);
    T::compress(bits, w, values);
    T::compress_bytes(bits, positions.next(), index);
    const int kept = __builtin_popcount(bits);
    values += kept;
    index += kept;
  });
  return nan != 0;
}

template <typename T>
void position_row(const uint8_t* mask, int64_t cols, int m, uint8_t* index) {
  Positions<T> positions(m);
  for_each_vector<T>(cols, [&](int64_t, int count, int64_t byte) {
    const uint32_t bits = load_bits<T>(mask + byte, count);
    T::compress_bytes(bits, positions.next(), index);
    index += __builtin_popcount(bits);
  });
}

template <typename T>
void expand_row(const float* values, const uint8_t* mask, int64_t cols, float* row) {
  for_each_vector<T>(cols, [&](int64_t col, int count, int64_t byte) {
    const uint32_t bits = load_bits<T>(mask + byte, count);
    T::store_n(row + col, T::expand(bits, values), count);
    values += __builtin_popcount(bits);
  });
}

// A square of V::kLanes rows and words. What is not there is neither read nor written: of the rows only begin .. end -
// 1 and of the words only the first `count` are.
template <typename V>
void interleave_square(const float* rows, int64_t stride, int count, int begin, int end, float* to) {
  typename V::Reg square[V::kLanes];
  for (int i = 0; i < V::kLanes; ++i) {
    square[i] = begin <= i && i < end ? V::load_n(rows + i * stride, count) : V::zero();
  }
  V::transpose(square);
  for (int i = 0; i < count; ++i) V::store_lanes(to + i * kPanelLanes, square[i], begin, end);
}

template <typename V, bool kStream>
void interleave_whole_square(const float* rows, int64_t stride, float* to) {
  typename V::Reg square[V::kLanes];
  for (int i = 0; i < V::kLanes; ++i) square[i] = V::load(rows + i * stride);
  V::transpose(square);
  for (int i = 0; i < V::kLanes; ++i) {
    if constexpr (kStream) {
      V::stream(to + i * kPanelLanes, square[i]);
    } else {
      V::store(to + i * kPanelLanes, square[i]);
    }
  }
}

template <typename V>
void interleave_rows(const uint32_t* rows, int64_t stride, int64_t words, int begin, int end, bool stream,
                     uint32_t* to) {
  for (int64_t word = 0; word < words; word += V::kLanes) {
    const int count = words - word < V::kLanes ? static_cast<int>(words - word) : V::kLanes;
    for (int first = 0; first < kPanelLanes; first += V::kLanes) {
      const auto from = reinterpret_cast<const float*>(rows + first * stride + word);
      const auto square = reinterpret_cast<float*>(to + word * kPanelLanes + first);
      if (begin > 0 || end < kPanelLanes || count < V::kLanes) {
        interleave_square<V>(from, stride, count, begin - first, end - first, square);
      } else if (stream) {
        interleave_whole_square<V, true>(from, stride, square);
      } else {
        interleave_whole_square<V, false>(from, stride, square);
      }
    }
  }
}

template <typename V>
void copy_bytes(const void* from, void* to, int64_t bytes, bool stream) {
  constexpr int kBytes = 4 * V::kLanes;
  auto source = static_cast<const char*>(from);
  auto target = static_cast<char*>(to);
  if (!stream || reinterpret_cast<uintptr_t>(to) % kCacheLine != 0 || bytes % kCacheLine != 0) {
    __builtin_memcpy(to, from, bytes);
    return;
  }
  for (; bytes > 0; bytes -= kBytes, source += kBytes, target += kBytes) {
    V::stream(reinterpret_cast<float*>(target), V::load(reinterpret_cast<const float*>(source)));
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_COMPRESS_INL_H_
