// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/mask_rows.h"

#include <cstring>

namespace nm {
namespace {

// The numbers of bits in fields of m = 2, 4, 8, 16 or 32 bits, each in its field. (The instruction that counts bits is
// none of every CPU's.)
uint64_t count_fields(uint64_t bits, int m) {
  uint64_t counts = bits - (bits >> 1 & 0x5555555555555555u);
  if (m >= 4) counts = (counts & 0x3333333333333333u) + (counts >> 2 & 0x3333333333333333u);
  if (m >= 8) counts = (counts + (counts >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  if (m >= 16) counts = (counts + (counts >> 8)) & 0x00ff00ff00ff00ffu;
  if (m >= 32) counts = (counts + (counts >> 16)) & 0x0000ffff0000ffffu;
  return counts;
}

int count_bits(uint32_t bits) { return static_cast<int>(count_fields(bits, 32)); }

// Fields of m bits, the lowest bit of each set.
uint64_t ones(int m) { return ~uint64_t{0} / ((uint64_t{1} << m) - 1); }

// Whether none of the counts in fields of m bits is above n: no sum reaches its field's highest bit.
bool none_above(uint64_t counts, int n, int m) {
  const uint64_t half = uint64_t{1} << (m - 1);
  return ((counts + (half - 1 - n) * ones(m)) & half * ones(m)) == 0;
}

bool all_equal(uint64_t counts, int n, int m) { return counts == n * ones(m); }

// Calls visit(first column, length, bits) for the groups of a row, except for those in 64 columns whose counts,
// clean(counts, n, m), need no look at each group: nearly all, if M is a power of 2.
template <typename Clean, typename Visit>
void for_each_group_unless(Clean clean, const uint8_t* mask, Pattern pattern, int64_t cols, Visit&& visit) {
  const int m = pattern.m;
  const uint64_t group = (uint64_t{1} << m) - 1;
  int64_t col = 0;
  for (; 64 % m == 0 && col + 64 <= cols; col += 64) {
    uint64_t bits;
    std::memcpy(&bits, mask + col / 8, sizeof bits);
    if (clean(count_fields(bits, m), pattern.n, m)) continue;
    for (int i = 0; i < 64; i += m) visit(col + i, m, static_cast<uint32_t>(bits >> i & group));
  }
  uint64_t bits = 0;
  int have = 0;
  for (mask += col / 8; col < cols; col += m) {
    const int length = static_cast<int>(std::min<int64_t>(m, cols - col));
    for (; have < length; have += 8) bits |= static_cast<uint64_t>(*mask++) << have;
    visit(col, length, static_cast<uint32_t>(bits & group & ((uint64_t{1} << length) - 1)));
    bits >>= length;
    have -= length;
  }
}

// Sets the bits of columns first .. first + 31 that `bits` has.
void add_bits(uint8_t* row, int64_t first, uint32_t bits) {
  uint64_t rest = static_cast<uint64_t>(bits) << first % 8;
  for (row += first / 8; rest != 0; rest >>= 8) *row++ |= static_cast<uint8_t>(rest);
}

}  // namespace

uint64_t mask_word(const uint8_t* mask, int64_t first, int64_t cols) {
  uint64_t low = 0, high = 0;
  const int64_t bytes = mask_row_bytes(cols) - first / 8;
  if (bytes <= 0) return 0;
  if (bytes < 8) {
    std::memcpy(&low, mask + first / 8, bytes);
    return low >> first % 8;
  }
  std::memcpy(&low, mask + first / 8, 8);
  if (first % 8 == 0) return low;
  if (bytes > 8) high = mask[first / 8 + 8];
  return low >> first % 8 | high << (64 - first % 8);
}

Breach find_excess(const uint8_t* mask, Pattern pattern, int64_t cols) {
  Breach breach = {-1, 0};
  for_each_group_unless(none_above, mask, pattern, cols, [&](int64_t first, int, uint32_t bits) {
    if (breach.col < 0 && count_bits(bits) > pattern.n) breach = {first, count_bits(bits)};
  });
  return breach;
}

Breach find_incomplete(const uint8_t* mask, Pattern pattern, int64_t cols) {
  Breach breach = {-1, 0};
  for_each_group_unless(all_equal, mask, pattern, cols, [&](int64_t first, int length, uint32_t bits) {
    if (breach.col < 0 && count_bits(bits) != std::min(pattern.n, length)) breach = {first, count_bits(bits)};
  });
  return breach;
}

int64_t count_excess(const uint8_t* mask, Pattern pattern, int64_t cols) {
  int64_t count = 0;
  for_each_group_unless(none_above, mask, pattern, cols,
                        [&](int64_t, int, uint32_t bits) { count += count_bits(bits) > pattern.n; });
  return count;
}

void complete_mask(const uint8_t* mask, Pattern pattern, int64_t cols, uint8_t* full) {
  if (full != mask) std::memcpy(full, mask, mask_row_bytes(cols));
  for_each_group_unless(all_equal, full, pattern, cols, [&](int64_t first, int length, uint32_t bits) {
    uint32_t added = 0;
    uint32_t candidate = 1;
    for (int missing = std::min(pattern.n, length) - count_bits(bits); missing > 0; candidate <<= 1) {
      if ((bits & candidate) != 0) continue;
      added |= candidate;
      --missing;
    }
    add_bits(full, first, added);
  });
  if (cols % 8 != 0) full[cols / 8] &= static_cast<uint8_t>((1 << (cols % 8)) - 1);
}

int64_t find_nan(const float* row, int64_t cols, const uint8_t* mask) {
  for (int64_t col = 0; col < cols; ++col) {
    if (row[col] != row[col] && (mask == nullptr || mask_bit(mask, col))) return col;
  }
  return -1;
}

}  // namespace nm
