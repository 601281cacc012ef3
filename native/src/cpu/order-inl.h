// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The order of a strip's values within a block (format/row_stream.h). Each row's order is made as a list of one byte
// per kept weight, by which values and columns are then picked: lists need no shifting of values through memory, and
// those of all four rows are written before the first is read, so that no load waits for the stores it spans.
//
// T is one of the traits of row_ops_<isa>.cpp. Include inside an ISA's own file only.
#ifndef NM4J_CPU_ORDER_INL_H_
#define NM4J_CPU_ORDER_INL_H_

#include <cstdint>

#include "format/packed_store.h"

namespace nm {
namespace {

constexpr int kEight = 8;
constexpr int kMaxKept = 128, kOrderSlack = 16;  // what a vector may run over

// For each byte, the numbers of its set bits.
struct SetBits {
  uint8_t of[256][kEight] = {};

  constexpr SetBits() {
    for (int byte = 0; byte < 256; ++byte) {
      int count = 0;
      for (uint8_t bit = 0; bit < kEight; ++bit) {
        if ((byte >> bit & 1) != 0) of[byte][count++] = bit;
      }
    }
  }
};
constexpr SetBits kSetBits;

// Which of the values that two rows keep come first: of the columns that both keep, whole eights, the lowest, `most` at
// most. which[row] receives their bits among the row's kept values. Returns their number.
template <typename T>
int share_columns(const uint64_t (*columns)[2], int most, uint64_t (*which)[2]) {
  uint64_t shared[2];
  int count[2];
  for (int w = 0; w < 2; ++w) {
    shared[w] = columns[0][w] & columns[1][w];
    count[w] = __builtin_popcountll(shared[w]);
  }
  const int common = count[0] + count[1];
  const int first = (common < most ? common : most) / kEight * kEight;
  int left = first;
  for (int w = 0; w < 2; ++w) {
    if (left < count[w]) {
      shared[w] = T::deposit((uint64_t{1} << left) - 1, shared[w]);
      left = 0;
    } else {
      left -= count[w];
    }
  }
  for (int row = 0; row < 2; ++row) {
    const int low = __builtin_popcountll(columns[row][0]);
    const uint64_t upper = T::extract(shared[1], columns[row][1]);
    which[row][0] = T::extract(shared[0], columns[row][0]) | (low < 64 ? upper << low : 0);
    which[row][1] = low == 0 ? 0 : low == 64 ? upper : upper >> (64 - low);
  }
  return first;
}

// The numbers of the `first` set bits, and then of the clear ones. Eight at a time from a table: a byte compression by
// vector takes three times as long where the instruction set lacks one for bytes.
inline __attribute__((always_inline)) void list_order(const uint64_t (&which)[2], int kept, int first, uint8_t* order) {
  constexpr uint64_t kEveryByte = 0x0101010101010101;
  // What runs over the end of the first part is overwritten by the second one, which therefore comes afterwards.
  for (int part = 0; part < 2; ++part) {
    uint8_t* to = order + part * first;
    for (int i = 0; i < kept; i += kEight) {
      const uint32_t there = kept - i < kEight ? (1u << (kept - i)) - 1 : 0xff;
      const uint64_t bits = which[i / 64] >> i % 64;
      const uint32_t listed = static_cast<uint32_t>(part == 0 ? bits : ~bits) & there;
      uint64_t numbers;
      __builtin_memcpy(&numbers, kSetBits.of[listed], sizeof numbers);
      numbers += static_cast<uint64_t>(i) * kEveryByte;
      __builtin_memcpy(to, &numbers, sizeof numbers);
      to += __builtin_popcount(listed);
    }
  }
}

// Elements one by one, as bits: a float register may quieten a NaN.
template <typename Word>
__attribute__((always_inline)) inline void pick_words(const void* from, const uint8_t* order, int kept, void* eights,
                                                      void* rest) {
  const auto source = static_cast<const Word*>(from);
  auto to = static_cast<Word*>(eights), rest_to = static_cast<Word*>(rest);
  int k = 0;
  for (; k + kEight <= kept; k += kEight, to += kEight * kStripRows) {
    for (int i = 0; i < kEight; ++i) __builtin_memcpy(to + i, source + order[k + i], sizeof(Word));
  }
  for (; k < kept; ++k) __builtin_memcpy(rest_to++, source + order[k], sizeof(Word));
}

// What each row keeps is `block.kept`, or kKept where the compiler is to know it.
template <typename T, int kKept>
void order_block(const StripBlock& block, int64_t most, float* values, uint8_t* index) {
  const int kept = kKept != 0 ? kKept : static_cast<int>(block.kept), eights = kept / kEight * kEight,
            rest = kept - eights;
  alignas(kCacheLine) uint8_t order[kStripRows][kMaxKept + kOrderSlack];
  for (int row = 0; row < kStripRows; row += 2) {
    uint64_t which[2][2];
    const int first = share_columns<T>(block.columns + row, static_cast<int>(most), which);
    for (int i = 0; i < 2; ++i) list_order(which[i], kept, first, order[row + i]);
  }
  for (int row = 0; row < kStripRows; ++row) {
    const int64_t at = row * kEight, rest_at = eights * kStripRows + row * rest;
    T::pick_values(block.values[row], order[row], kept, values + at, values + rest_at);
    T::pick_bytes(block.cols[row], order[row], kept, index + at, index + rest_at);
  }
}

template <typename T>
void order_strip(const StripBlock& block, int64_t most, float* values, uint8_t* index) {
  if (block.kept == 64) return order_block<T, 64>(block, most, values, index);  // 1:2, 2:4, 4:8, ..
  order_block<T, 0>(block, most, values, index);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_ORDER_INL_H_
