// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masks of the N largest of every M numbers, by magnitude or by score, one group per vector lane: register i holds
// column i of as many groups as a vector has lanes, so that each pair of columns takes one comparison for all these
// groups, and no group needs a shuffle or a branch of its own. A number's rank is how many of its group come before it;
// ranks below N are kept.
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

// What is compared: integers in the order of the numbers. `magnitude` is at most kNanKey.
struct ByMagnitude {
  static constexpr float kLast = 0.0f;  // of the numbers: behind others of a group it comes after all of them
  template <typename T>
  static typename T::Keys key(typename T::Keys, typename T::Keys magnitude) {
    return magnitude;
  }
};
struct ByScore {
  static constexpr float kLast = -__builtin_inff();
  template <typename T>
  static typename T::Keys key(typename T::Keys bits, typename T::Keys magnitude) {
    constexpr auto kAboveNegative = static_cast<int32_t>(0xff800001);  // -inf + 1: a NaN with a sign
    return T::negate_if(T::greater(T::set1(kAboveNegative), bits), magnitude);
  }
};

// Whatever M is known to be, it is the same code: kM is 0 if the compiler does not know it.
template <typename T, int kM, typename Order = ByMagnitude>
struct LargestMask {
  using Keys = typename T::Keys;

  const int n, group;
  Keys largest = T::set1(0);  // of all magnitudes, to find NaN

  static constexpr int kSize = kM == 0 ? kMaxColumns : kM;

  int length() const { return kM == 0 ? group : kM; }

  // The keys and ranks of kLanes groups, whose numbers start at w.
  void rank_columns(const float* w, Keys (&key)[kSize], Keys (&rank)[kSize]) {
    const int m = length();
    if constexpr (kM != 0 && kM < T::kLanes) {
      T::template columns<kM>(w, key);
    } else {
      for (int first = 0; first < m; first += T::kLanes) {
        T::square(w + first, m, m - first < T::kLanes ? m - first : T::kLanes, key + first);
      }
    }
#pragma GCC unroll 16
    for (int i = 0; i < m; ++i) {
      const Keys magnitude = T::min(T::bit_and(key[i], T::set1(kMagnitudeBits)), T::set1(kNanKey));
      largest = T::max(largest, magnitude);
      key[i] = Order::template key<T>(key[i], magnitude);
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
  }

  // The masks of kLanes groups.
  Keys groups(const float* w) {
    Keys key[kSize], rank[kSize];
    rank_columns(w, key, rank);
    const int m = length();
    Keys bits = T::set1(0);
#pragma GCC unroll 16
    for (int i = 0; i < m; ++i)
      bits = T::or_if(T::greater(T::set1(n), rank[i]), bits, T::set1(static_cast<int32_t>(1u << i)));
    return bits;
  }

  // The keys of rank N in kLanes groups: the largest that are not kept.
  Keys dropped(const float* w) {
    Keys key[kSize], rank[kSize];
    rank_columns(w, key, rank);
    const int m = length();
    Keys found = T::set1(0);
#pragma GCC unroll 16
    for (int i = 0; i < m; ++i) found = T::or_if(T::equal(T::set1(n), rank[i]), found, key[i]);
    return found;
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
      float rest[T::kLanes * kMaxColumns];
      uint8_t bytes[T::kLanes * kMaxColumns / 8 + 4] = {};
      complete(w + col, cols - col, rest);
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

  // For each group of a row, |w| of its largest weight that is not kept, 0 if it keeps all. Returns whether all weights
  // are finite.
  bool thresholds(const float* w, int64_t cols, float* threshold) {
    const int64_t step = int64_t{T::kLanes} * length();
    int32_t keys[T::kLanes];
    for (int64_t col = 0; col < cols; col += step, threshold += T::kLanes) {
      if (col + step <= cols) {
        T::store(keys, dropped(w + col));
        __builtin_memcpy(threshold, keys, sizeof keys);
      } else {
        float rest[T::kLanes * kMaxColumns];
        complete(w + col, cols - col, rest);
        T::store(keys, dropped(rest));
        __builtin_memcpy(threshold, keys, (cols - col + length() - 1) / length() * sizeof(float));
      }
    }
    return !T::any(T::greater(largest, T::set1(kInfinityBits - 1)));
  }

  // kLanes groups of which `count` numbers are there, and others that come after these whatever they are.
  void complete(const float* w, int64_t count, float (&rest)[T::kLanes * kMaxColumns]) const {
    for (int64_t i = 0; i < int64_t{T::kLanes} * length(); ++i) rest[i] = Order::kLast;
    __builtin_memcpy(rest, w, count * sizeof(float));
  }
};

// Calls work(mask) with the LargestMask for M.
template <typename T, typename Order, typename Work>
auto with_length(int n, int m, Work&& work) {
  switch (m) {
    case 2:
      return work(LargestMask<T, 2, Order>{n, m});
    case 4:
      return work(LargestMask<T, 4, Order>{n, m});
    case 8:
      return work(LargestMask<T, 8, Order>{n, m});
    case 16:
      return work(LargestMask<T, 16, Order>{n, m});
    default:
      return work(LargestMask<T, 0, Order>{n, m});
  }
}

template <typename T, typename Order = ByMagnitude>
bool largest_row(const float* row, int64_t cols, int n, int m, uint8_t* mask) {
  return with_length<T, Order>(n, m, [&](auto largest) { return largest.row(row, cols, mask); });
}

template <typename T>
bool threshold_row(const float* row, int64_t cols, int n, int m, float* threshold) {
  return with_length<T, ByMagnitude>(n, m, [&](auto largest) { return largest.thresholds(row, cols, threshold); });
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_MAGNITUDE_INL_H_
