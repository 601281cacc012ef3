// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Magnitude masks, one group per vector lane: register i holds column i of as many groups as a vector has lanes, so
// that each pair of columns takes one comparison for all these groups, and no group needs a shuffle or a branch of its
// own. A weight's rank is the number of weights of its group that come before it; ranks below N are kept.
//
// T is one of the traits of row_ops_<isa>.cpp. Include inside an ISA's own file only.
#ifndef NM4J_CPU_MAGNITUDE_INL_H_
#define NM4J_CPU_MAGNITUDE_INL_H_

#include <cstdint>

namespace nm {
namespace {

constexpr int kMaxColumns = 32;  // of a group

// The bits of |w| order like |w| itself, with NaN above infinity; 0x7f800001 for every NaN makes their payloads tie.
constexpr uint32_t kMagnitudeBits = 0x7fffffff, kInfinityBits = 0x7f800000, kNanKey = kInfinityBits + 1;

// Collects the masks of groups, of M bits each, into the bytes of a row.
struct GroupBits {
  uint8_t* out;
  uint64_t bits = 0;
  int count = 0;  // below 32

  void append(uint32_t group, int m) {
    bits |= static_cast<uint64_t>(group) << count;
    count += m;
    if (count < 32) return;
    __builtin_memcpy(out, &bits, 4);
    out += 4;
    bits >>= 32;
    count -= 32;
  }
  void finish() {
    for (; count > 0; count -= 8, bits >>= 8) *out++ = static_cast<uint8_t>(bits);
  }
};

// Whatever M is known to be, it is the same code: kM is 0 if the compiler does not know it.
template <typename T, int kM>
struct MagnitudeMask {
  using Keys = typename T::Keys;

  const int n, group;
  Keys largest = T::set1(0);  // of all keys, to find NaN

  int length() const { return kM == 0 ? group : kM; }

  // The masks of kLanes groups, whose weights start at w.
  Keys groups(const float* w) {
    const int m = length();
    constexpr int kSize = kM == 0 ? kMaxColumns : kM;
    Keys key[kSize], rank[kSize];
    if constexpr (kM != 0 && kM < T::kLanes) {
      T::template columns<kM>(w, key);
    } else {
      for (int first = 0; first < m; first += T::kLanes) {
        T::square(w + first, m, m - first < T::kLanes ? m - first : T::kLanes, key + first);
      }
    }
#pragma GCC unroll 16
    for (int i = 0; i < m; ++i) {
      key[i] = T::min(T::bit_and(key[i], T::set1(kMagnitudeBits)), T::set1(kNanKey));
      largest = T::max(largest, key[i]);
      rank[i] = T::set1(i);  // all lower columns come first, but for those found smaller below
    }
#pragma GCC unroll 16
    for (int j = 1; j < m; ++j) {
      const Keys later = key[j];
      Keys before_later = rank[j];
#pragma GCC unroll 16
      for (int i = 0; i < j; ++i) {
        const auto later_first = T::greater(later, key[i]);
        rank[i] = T::increment_if(later_first, rank[i]);
        before_later = T::decrement_if(later_first, before_later);
      }
      rank[j] = before_later;
    }
    Keys bits = T::set1(0);
#pragma GCC unroll 16
    for (int i = 0; i < m; ++i)
      bits = T::or_if(T::greater(T::set1(n), rank[i]), bits, T::set1(static_cast<int32_t>(1u << i)));
    return bits;
  }

  void append(Keys bits, GroupBits* out) const {
    if constexpr (kM != 0 && T::kLanes * kM % 8 == 0) {
      out->out = T::template store_bits<kM>(out->out, bits);
    } else {
      int32_t masks[T::kLanes];
      T::store(masks, bits);
      for (const int32_t mask : masks) out->append(static_cast<uint32_t>(mask), length());
    }
  }

  bool row(const float* w, int64_t cols, uint8_t* mask) {
    const int64_t step = int64_t{T::kLanes} * length();
    GroupBits out{mask};
    int64_t col = 0;
    for (; col + step <= cols; col += step) append(groups(w + col), &out);
    if (col < cols) {
      // Zeros behind the last column come after every weight of the last group, whatever it is.
      float rest[T::kLanes * kMaxColumns];
      uint8_t bytes[T::kLanes * kMaxColumns / 8 + 4] = {};
      for (int64_t i = 0; i < step; ++i) rest[i] = 0.0f;
      __builtin_memcpy(rest, w + col, (cols - col) * sizeof(float));
      GroupBits last{bytes, out.bits, out.count};
      append(groups(rest), &last);
      last.finish();
      __builtin_memcpy(out.out, bytes, mask + (cols + 7) / 8 - out.out);
    } else {
      out.finish();
    }
    if (cols % 8 != 0) mask[cols / 8] &= static_cast<uint8_t>((1 << cols % 8) - 1);
    return T::any(T::greater(largest, T::set1(kInfinityBits)));
  }
};

template <typename T>
bool magnitude_row(const float* row, int64_t cols, int n, int m, uint8_t* mask) {
  switch (m) {
    case 2:
      return MagnitudeMask<T, 2>{n, m}.row(row, cols, mask);
    case 4:
      return MagnitudeMask<T, 4>{n, m}.row(row, cols, mask);
    case 8:
      return MagnitudeMask<T, 8>{n, m}.row(row, cols, mask);
    case 16:
      return MagnitudeMask<T, 16>{n, m}.row(row, cols, mask);
    default:
      return MagnitudeMask<T, 0>{n, m}.row(row, cols, mask);
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_MAGNITUDE_INL_H_
