// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// From sums whose rows lie side by side to results: exact integers, or fp32. Include inside a kernel file only.
#ifndef NM4J_CPU_ITEM_EPILOGUE_INL_H_
#define NM4J_CPU_ITEM_EPILOGUE_INL_H_

#include <type_traits>

#include "cpu/epilogue-inl.h"
#include "cpu/kernel.h"
#include "cpu/tiling.h"

namespace nm {
namespace {

// The sums of a tile, [items][pitch], rows side by side. Kernels may read a vector past the last row and item.
template <typename Sum>
struct ItemSums {
  Sum* at;
  int64_t pitch;
};
using IntegerSums = ItemSums<int32_t>;

// A vector of sums: rounded once, to fp32; or, for int32 results, bit by bit, which loads and stores leave alone.
template <typename V, typename T>
typename V::Reg load_sums(const float* from) {
  return V::load(from);
}
template <typename V, typename T>
typename V::Reg load_sums(const int32_t* from) {
  alignas(64) float value[V::kLanes];
  if constexpr (std::is_same_v<T, int32_t>) {
    __builtin_memcpy(value, from, sizeof value);
  } else {
    for (int i = 0; i < V::kLanes; ++i) value[i] = static_cast<float>(from[i]);
  }
  return V::load(value);
}

// kPlain: scales and bias at most, whose code is then short enough for the next block of products to begin behind it.
template <typename V, typename T, bool kPlain>
void finish_vector(const MultiplyArgs& args, typename V::Reg value, typename V::Reg factor, typename V::Reg bias,
                   const Place& at) {
  if constexpr (std::is_same_v<T, int32_t>) {
    V::store_n(static_cast<float*>(args.y) + at.y, value, at.n);
  } else if constexpr (kPlain) {
    value = V::mul(factor, value);
    if (args.bias != nullptr) value = V::add(value, bias);
    store_strided<V>(static_cast<T*>(args.y) + at.y, 1, Stored<V, T>::encode(args, value), at.n);
  } else {
    finish_as<V, T>(args, V::mul(factor, value), bias, at);
  }
}

template <typename V>
int lanes_of(int64_t left) {
  return static_cast<int>(left < V::kLanes ? left : V::kLanes);
}

// Item by item, so that what is written lies together.
template <typename V, typename T, bool kPlain, typename Sum>
__attribute__((flatten)) void finish_items(const MultiplyArgs& shared, const Tile& tile, const ItemSums<Sum>& sums) {
  const MultiplyArgs args = shared;  // a copy that results cannot alias stays in registers
  constexpr int64_t kRows = 128;
  alignas(64) float factor[kRows], bias[kRows];
  for (int64_t first = 0; first < tile.rows; first += kRows) {
    const int64_t rows = tile.rows - first < kRows ? tile.rows - first : kRows, row = tile.row + first;
    for (int64_t r = 0; r < rows; r += V::kLanes) {
      const int n = lanes_of<V>(rows - r);
      V::store(factor + r, factors<V>(args, row + r, n));
      V::store(bias + r, args.bias != nullptr ? V::load_n(args.bias + row + r, n) : V::zero());
    }
    for (int64_t i = 0; i < tile.items; ++i) {
      const int64_t item = tile.item + i;
      for (int64_t r = 0; r < rows; r += V::kLanes) {
        finish_vector<V, T, kPlain>(
            args, load_sums<V, T>(sums.at + i * sums.pitch + first + r), V::load(factor + r), V::load(bias + r),
            {item * args.ldc + row + r, 1, item * args.ldy + row + r, 1, lanes_of<V>(rows - r)});
      }
    }
  }
}

// Row by row: transpose squares.
template <typename V, typename T, bool kPlain, typename Sum>
__attribute__((flatten)) void finish_features(const MultiplyArgs& shared, const Tile& tile, const ItemSums<Sum>& sums) {
  const MultiplyArgs args = shared;
  for (int64_t r = 0; r < tile.rows; r += V::kLanes) {
    for (int64_t i = 0; i < tile.items; i += V::kLanes) {
      typename V::Reg square[V::kLanes];
      for (int j = 0; j < V::kLanes; ++j) square[j] = load_sums<V, T>(sums.at + (i + j) * sums.pitch + r);
      V::transpose(square);
      const int n = lanes_of<V>(tile.items - i);
      const int64_t item = tile.item + i;
      for (int j = 0; j < lanes_of<V>(tile.rows - r); ++j) {
        const int64_t row = tile.row + r + j;
        finish_vector<V, T, kPlain>(args, square[j], V::set1(factor_of(args, row)),
                                    V::set1(args.bias != nullptr ? args.bias[row] : 0.0f),
                                    {row * args.ldc + item, 1, row * args.ldy + item, 1, n});
      }
    }
  }
}

template <typename V, typename T, bool kPlain, typename Sum>
void finish_layout(const MultiplyArgs& args, const Tile& tile, const ItemSums<Sum>& sums) {
  if (args.layout == NM_BATCH_MAJOR) {
    finish_items<V, T, kPlain>(args, tile, sums);
  } else {
    finish_features<V, T, kPlain>(args, tile, sums);
  }
}

template <typename V, typename T, typename Sum>
void finish_sums_as(const MultiplyArgs& args, const Tile& tile, const ItemSums<Sum>& sums) {
  if (args.c == nullptr && args.activation == NM_IDENTITY) {
    finish_layout<V, T, true>(args, tile, sums);
  } else {
    finish_layout<V, T, false>(args, tile, sums);
  }
}

template <typename V, typename Sum>
void finish_sums(const MultiplyArgs& args, const Tile& tile, const ItemSums<Sum>& sums) {
  switch (args.y_dtype) {
    case NM_BF16:
      return finish_sums_as<V, Bf16>(args, tile, sums);
    case NM_S8:
      return finish_sums_as<V, int8_t>(args, tile, sums);
    case NM_U8:
      return finish_sums_as<V, uint8_t>(args, tile, sums);
    case NM_S32:
      if constexpr (std::is_same_v<Sum, int32_t>) return finish_sums_as<V, int32_t>(args, tile, sums);
      [[fallthrough]];
    default:
      return finish_sums_as<V, float>(args, tile, sums);
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_ITEM_EPILOGUE_INL_H_
