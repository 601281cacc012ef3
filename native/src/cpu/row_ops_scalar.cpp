// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Work on rows, the portable reference.
#include "cpu/chosen-inl.h"
#include "cpu/columns-inl.h"
#include "cpu/compress-inl.h"
#include "cpu/magnitude-inl.h"
#include "cpu/order-inl.h"
#include "cpu/random-inl.h"
#include "cpu/row_ops.h"
#include "cpu/sample-inl.h"
#include "cpu/transposable-inl.h"
#include "cpu/transposable_lanes-inl.h"

namespace nm {
namespace {

// Magnitude masks: a group at a time.
struct Groups {
  using Keys = int32_t;
  static constexpr int kLanes = 1;

  static Keys set1(int32_t value) { return value; }
  static Keys bit_and(Keys a, Keys b) { return a & b; }
  static Keys min(Keys a, Keys b) { return a < b ? a : b; }
  static Keys max(Keys a, Keys b) { return a > b ? a : b; }
  static bool greater(Keys a, Keys b) { return a > b; }
  static bool equal(Keys a, Keys b) { return a == b; }
  static Keys negate_if(bool which, Keys a) { return which ? -a : a; }
  static Keys increment_if(bool which, Keys a) { return a + which; }
  static Keys decrement_if(bool which, Keys a) { return a - which; }
  static Keys or_if(bool which, Keys a, Keys b) { return which ? a | b : a; }
  static Keys xor_if(bool which, Keys a, Keys b) { return which ? a ^ b : a; }
  static Keys select(bool which, Keys a, Keys b) { return which ? b : a; }
  static Keys bit_or(Keys a, Keys b) { return a | b; }
  static Keys shift_right(Keys a, int bits) { return a >> bits; }
  // Of numbers.
  static Keys add(Keys a, Keys b) {
    float x, y;
    __builtin_memcpy(&x, &a, sizeof x);
    __builtin_memcpy(&y, &b, sizeof y);
    x += y;
    __builtin_memcpy(&a, &x, sizeof a);
    return a;
  }
  static bool any(bool which) { return which; }
  static void store(int32_t* p, Keys a) { *p = a; }
  static void square(const float* w, int, int count, Keys* key) { __builtin_memcpy(key, w, count * sizeof *key); }
  template <int kM>
  static uint8_t* store_bits(uint8_t* p, Keys bits) {
    __builtin_memcpy(p, &bits, kM / 8);
    return p + kM / 8;
  }
};

// A byte of the mask at a time. Values travel as bits: a float register may quieten a NaN.
struct Columns {
  static constexpr int kLanes = 8;
  struct Weights {
    uint32_t bits[kLanes];
  };

  static Weights load_if(uint32_t bits, const float* p) {
    Weights w = {};
    for (int i = 0; i < kLanes; ++i) {
      if ((bits >> i & 1) != 0) __builtin_memcpy(&w.bits[i], p + i, sizeof(float));
    }
    return w;
  }
  static Weights load_n(const float* p, int count) { return load_if((1u << count) - 1, p); }
  static void store_n(float* p, const Weights& w, int count) { __builtin_memcpy(p, w.bits, count * sizeof(float)); }
  static uint32_t nan_bits(const Weights& w) {
    uint32_t bits = 0;
    for (int i = 0; i < kLanes; ++i) bits |= static_cast<uint32_t>((w.bits[i] & kMagnitudeBits) > kInfinityBits) << i;
    return bits;
  }
  static uint32_t nonzero_bits(const Weights& w) {
    uint32_t bits = 0;
    for (int i = 0; i < kLanes; ++i) bits |= static_cast<uint32_t>((w.bits[i] & kMagnitudeBits) != 0) << i;
    return bits;
  }
  static void compress(uint32_t bits, const Weights& w, float* values) {
    for (; bits != 0; bits &= bits - 1) __builtin_memcpy(values++, &w.bits[__builtin_ctz(bits)], sizeof(float));
  }
  static void compress_bytes(uint32_t bits, const uint8_t* bytes, uint8_t* to) {
    for (; bits != 0; bits &= bits - 1) *to++ = bytes[__builtin_ctz(bits)];
  }
  static Weights expand(uint32_t bits, const float* values) {
    Weights w = {};
    for (; bits != 0; bits &= bits - 1) __builtin_memcpy(&w.bits[__builtin_ctz(bits)], values++, sizeof(float));
    return w;
  }

  static void pick_values(const float* values, const uint8_t* order, int kept, float* eights, float* rest) {
    pick_words<uint32_t>(values, order, kept, eights, rest);
  }
  static void pick_bytes(const uint8_t* bytes, const uint8_t* order, int kept, uint8_t* eights, uint8_t* rest) {
    pick_words<uint8_t>(bytes, order, kept, eights, rest);
  }
  static uint64_t extract(uint64_t bits, uint64_t mask) {
    uint64_t out = 0;
    for (uint64_t to = 1; mask != 0; mask &= mask - 1, to <<= 1) out |= (bits & mask & -mask) != 0 ? to : 0;
    return out;
  }
  static uint64_t deposit(uint64_t bits, uint64_t mask) {
    uint64_t out = 0;
    for (; mask != 0; mask &= mask - 1, bits >>= 1) out |= (bits & 1) != 0 ? mask & -mask : 0;
    return out;
  }

  using Nan = bool;
  using Four = const int32_t*;
  static Four four(const int32_t* order) { return order; }
  static void take_four(const float* w, Four order, float* to, Nan* nan) {
    uint32_t bits[4];
    for (int i = 0; i < 4; ++i) __builtin_memcpy(&bits[i], w + order[i], sizeof(float));
    for (int i = 0; i < 4; ++i) *nan |= (bits[i] & kMagnitudeBits) > kInfinityBits;
    __builtin_memcpy(to, bits, sizeof bits);
  }
  static bool any(Nan nan) { return nan; }
  // Eight bytes below 16 at a time: 0x80 less a byte has the highest bit only where that is 0.
  static void equal_bits(const uint8_t* bytes, uint8_t value, uint64_t (&bits)[2]) {
    constexpr uint64_t kEach = 0x0101010101010101;
    for (int word = 0; word < 2; ++word) {
      bits[word] = 0;
      for (int i = 0; i < 64; i += 8) {
        uint64_t eight;
        __builtin_memcpy(&eight, bytes + 64 * word + i, sizeof eight);
        const uint64_t equal = (0x80 * kEach - (eight ^ value * kEach)) >> 7 & kEach;
        bits[word] |= (equal * 0x0102040810204080 >> 56) << i;
      }
    }
  }
};

void interleave_words(const uint32_t* rows, int64_t stride, int64_t words, int begin, int end, bool, uint32_t* to) {
  for (int64_t word = 0; word < words; ++word) {
    for (int lane = begin; lane < end; ++lane) to[16 * word + lane] = rows[lane * stride + word];
  }
}

void copy_bytes(const void* from, void* to, int64_t bytes, bool) { __builtin_memcpy(to, from, bytes); }

void no_fence() {}

}  // namespace

const RowOps row_ops_scalar = {largest_row<Groups>,
                               nonzero_row<Columns>,
                               apply_row<Columns>,
                               compress_row<Columns>,
                               position_row<Columns>,
                               expand_row<Columns>,
                               interleave_words,
                               copy_bytes,
                               order_strip<Columns>,
                               no_fence,
                               sort_columns<Columns>,
                               transposable_rows<Groups>,
                               largest_row<Groups, ByScore>,
                               threshold_row<Groups>,
                               sample_row,
                               random_row,
                               add_magnitudes,
                               largest_chosen<Columns, Groups>,
                               transposable_lanes,
                               kLaneBlocks};

}  // namespace nm
