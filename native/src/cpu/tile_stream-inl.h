// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Matrix tiles (AMX): kernels over the tile-stream packing. Include inside kernels_amx.cpp only.
//
// Weights are expanded into dense tiles in L1, 16 rows by one instruction each, and multiplied there. What sparsity
// saves is not arithmetic, but the way of the weights through memory: the stream is read at the speed of memory while
// tiles that were expanded before are multiplied, and each serves all items of the batch.
#ifndef NM4J_CPU_TILE_STREAM_INL_H_
#define NM4J_CPU_TILE_STREAM_INL_H_

#include <immintrin.h>

#include <cstring>

#include "cpu/kernel.h"
#include "cpu/scratch.h"
#include "cpu/simd_avx512.h"
#include "cpu/tiling.h"
#include "cpu/unroll-inl.h"

namespace nm {
namespace {

constexpr int kLanes = 16;              // items of a tile of activations
constexpr int kPairItems = 2 * kLanes;  // two such tiles times two of weights: four tiles of sums
constexpr int kPairRows = 2 * kTileRows;
constexpr int kMaxPairs = kTileStreamItems / kPairItems;
// A tile is multiplied two tiles' columns after it was written: a load of what is still on its way to the cache would
// wait, and 4 KiB apart it would seem to be of what was just written. Granite Rapids, 4096 x 4096 at 2:4, bf16, batch
// 16, GFLOP/s: 2 apart, in a ring of 16 KiB, 776; 4 apart, 590; all columns first, 464.
constexpr int kExpandAhead = 2;

// The compiler's loads of tiles and of their configuration (GCC 12) do not say which memory they read: what was written
// before has to be there.
NM4J_INLINE void complete_writes(const void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

// 8 registers of 16 x 64 bytes.
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};

  TileConfig() {
    for (int i = 0; i < 8; ++i) {
      row_bytes[i] = kTileRowBytes;
      rows[i] = kTileRows;
    }
  }
};

inline void configure_tiles() {
  const TileConfig config;
  complete_writes(&config);
  _tile_loadconfig(&config);
}

// Registers 0 to 3 hold sums (rows of the first strip times the first items, second strip, then the second items), 4
// and 5 weights, 6 and 7 activations. The instructions take numbers, no variables.
#define NM4J_TILE_TYPE(name, x_type, mask_type, expand_load, dot)                                          \
  struct name {                                                                                            \
    using X = x_type;                                                                                      \
    using Mask = mask_type;                                                                                \
    NM4J_INLINE static __m512i expand(Mask mask, const void* values) { return expand_load(mask, values); } \
    template <int kStrip, int kVector>                                                                     \
    NM4J_INLINE static void multiply() {                                                                   \
      if constexpr (kStrip == 0 && kVector == 0) dot(0, 4, 6);                                             \
      if constexpr (kStrip == 1 && kVector == 0) dot(1, 5, 6);                                             \
      if constexpr (kStrip == 0 && kVector == 1) dot(2, 4, 7);                                             \
      if constexpr (kStrip == 1 && kVector == 1) dot(3, 5, 7);                                             \
    }                                                                                                      \
  };
NM4J_TILE_TYPE(Bf16Tiles, Bf16, uint32_t, _mm512_maskz_expandloadu_epi16, _tile_dpbf16ps)
NM4J_TILE_TYPE(UnsignedTiles, uint8_t, uint64_t, _mm512_maskz_expandloadu_epi8, _tile_dpbsud)
NM4J_TILE_TYPE(SignedTiles, int8_t, uint64_t, _mm512_maskz_expandloadu_epi8, _tile_dpbssd)
#undef NM4J_TILE_TYPE

// A chunk of columns of one or two strips.
struct TileWeights {
  const char* at;  // of the first strip; the second follows
  int tiles;       // of each strip
  int64_t slots;   // see TileStreamView
  int64_t tile_bytes;
};

template <typename T>
NM4J_INLINE void expand_tile(const char* tile, int64_t row_bytes, char* dense) {
  const char* values = tile + kTileRows * sizeof(typename T::Mask);
  unroll<kTileRows>([&](auto r) {
    typename T::Mask mask;
    __builtin_memcpy(&mask, tile + r.value * sizeof mask, sizeof mask);
    _mm512_store_si512(dense + r.value * kTileRowBytes, T::expand(mask, values + r.value * row_bytes));
  });
}

// A pair of strips (or one) times a pair of tiles of activations (or one), over a chunk of columns. `dense` are the
// chunk's expanded tiles; with kExpand they are made on the way.
template <typename T, int kStrips, int kVectors, bool kExpand>
void multiply_chunk(const TileWeights& w, const char* x, char* dense, bool first, void* sums) {
  constexpr int kPitch = kPairItems * sizeof(float), kStrip = kTileRows * kPitch, kVector = kLanes * sizeof(float);
  char* const sum = static_cast<char*>(sums);
  complete_writes(x);
  if (first) {
    _tile_zero(0);
    if constexpr (kStrips > 1) _tile_zero(1);
    if constexpr (kVectors > 1) _tile_zero(2);
    if constexpr (kStrips > 1 && kVectors > 1) _tile_zero(3);
  } else {
    _tile_loadd(0, sum, kPitch);
    if constexpr (kStrips > 1) _tile_loadd(1, sum + kStrip, kPitch);
    if constexpr (kVectors > 1) _tile_loadd(2, sum + kVector, kPitch);
    if constexpr (kStrips > 1 && kVectors > 1) _tile_loadd(3, sum + kStrip + kVector, kPitch);
  }
  const int64_t row_bytes = w.slots * static_cast<int64_t>(sizeof(typename T::X));
  const auto expand = [&](int tile) {
    for (int strip = 0; strip < kStrips; ++strip) {
      expand_tile<T>(w.at + (strip * w.tiles + tile) * w.tile_bytes, row_bytes,
                     dense + (2 * tile + strip) * kTileBytes);
    }
  };
  if constexpr (kExpand) {
    for (int tile = 0; tile < kExpandAhead && tile < w.tiles; ++tile) expand(tile);
  }
  for (int tile = 0; tile < w.tiles; ++tile) {
    const char* const weights = dense + 2 * tile * kTileBytes;
    const char* const activations = x + 2 * tile * kTileBytes;
    complete_writes(dense);
    _tile_loadd(4, weights, kTileRowBytes);
    _tile_loadd(6, activations, kTileRowBytes);
    T::template multiply<0, 0>();
    if constexpr (kStrips > 1) {
      _tile_loadd(5, weights + kTileBytes, kTileRowBytes);
      T::template multiply<1, 0>();
    }
    if constexpr (kVectors > 1) {
      _tile_loadd(7, activations + kTileBytes, kTileRowBytes);
      T::template multiply<0, 1>();
      if constexpr (kStrips > 1) T::template multiply<1, 1>();
    }
    if constexpr (kExpand) {
      if (tile + kExpandAhead < w.tiles) expand(tile + kExpandAhead);
    }
  }
  _tile_stored(0, sum, kPitch);
  if constexpr (kStrips > 1) _tile_stored(1, sum + kStrip, kPitch);
  if constexpr (kVectors > 1) _tile_stored(2, sum + kVector, kPitch);
  if constexpr (kStrips > 1 && kVectors > 1) _tile_stored(3, sum + kStrip + kVector, kPitch);
}

using ChunkKernel = void (*)(const TileWeights&, const char* x, char* dense, bool first, void* sums);

template <typename T, bool kExpand>
ChunkKernel chunk_kernel(bool two_strips, bool two_vectors) {
  if (two_strips) return two_vectors ? multiply_chunk<T, 2, 2, kExpand> : multiply_chunk<T, 2, 1, kExpand>;
  return two_vectors ? multiply_chunk<T, 1, 2, kExpand> : multiply_chunk<T, 1, 1, kExpand>;
}

// Memory of a tile of results, which stays in L2.
struct TileMemory {
  char* x;      // a chunk of the activations: [pair of 16 items][tile][2][16][64 bytes]
  char* dense;  // a chunk of two strips, expanded: [tile][2][16][64 bytes]
  char* sums;   // [pair of 16 items][rows][32], 4 bytes each
};
constexpr int64_t kChunkBytes = 2 * kChunkTiles * kTileBytes;
constexpr int64_t kTileSumBytes = kMaxTileStreamRows * kTileStreamItems * 4;
constexpr int64_t kTileMemory = (kMaxPairs + 1) * kChunkBytes + kTileSumBytes;

// Rows of activations turned into tiles: 16 items side by side, of each the columns that fill 4 bytes.
template <typename T>
class TilePacker {
 public:
  using X = typename T::X;
  static constexpr int kWordCols = 4 / sizeof(X);
  static constexpr int kCols = kTileRows * kWordCols;

  TilePacker(const MultiplyArgs& args, int64_t cols) : args_(args), x_(static_cast<const X*>(args.x)), cols_(cols) {}

  // 16 items, of which the last may not be there, from column `col` on; items and columns that are not there are zeros.
  void pack(int64_t item, int64_t items, int64_t col, char* to) {
    args_.layout == NM_BATCH_MAJOR ? pack_items(x_ + item * args_.ldx + col, items, cols_ - col, to)
                                   : pack_columns(x_ + col * args_.ldx + item, items, cols_ - col, to);
  }

  // Whether all numbers so far were finite. Opposite a pruned weight, which is a zero now, others would show.
  bool finite() const {
    if constexpr (sizeof(X) == 1) return true;
    return _mm512_cmpge_epu16_mask(largest_, _mm512_set1_epi16(0x7f80)) == 0;
  }

 private:
  void note(__m512i numbers) {
    if constexpr (sizeof(X) == 2) {
      largest_ = _mm512_max_epu16(largest_, _mm512_and_si512(numbers, _mm512_set1_epi16(0x7fff)));
    }
  }

  void pack_items(const X* x, int64_t items, int64_t cols, char* to) {
    const int64_t bytes = cols * static_cast<int64_t>(sizeof(X));
    const __mmask64 some = bytes < kTileRowBytes ? (uint64_t{1} << bytes) - 1 : ~uint64_t{0};
    __m512 square[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      const __m512i row = i < items ? _mm512_maskz_loadu_epi8(some, x + i * args_.ldx) : _mm512_setzero_si512();
      note(row);
      square[i] = _mm512_castsi512_ps(row);
    }
    Avx512::transpose(square);
    for (int i = 0; i < kTileRows; ++i) {
      _mm512_store_si512(to + i * kTileRowBytes, _mm512_castps_si512(square[i]));
    }
  }

  void pack_columns(const X* x, int64_t items, int64_t cols, char* to) {
    const auto some = static_cast<__mmask16>(items < kLanes ? (1u << items) - 1 : 0xffffu);
    for (int i = 0; i < kTileRows; ++i) {
      __m512i words = _mm512_setzero_si512();
      for (int j = 0; j < kWordCols; ++j) {
        const int64_t col = i * kWordCols + j;
        if (col >= cols) break;
        words = _mm512_or_si512(words, _mm512_slli_epi32(widened(some, x + col * args_.ldx), 32 / kWordCols * j));
      }
      note(words);
      _mm512_store_si512(to + i * kTileRowBytes, words);
    }
  }

  static __m512i widened(__mmask16 some, const X* x) {
    if constexpr (sizeof(X) == 2) {
      return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, x));
    } else {
      return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(some, x));
    }
  }

  const MultiplyArgs& args_;
  const X* const x_;
  const int64_t cols_;
  __m512i largest_ = _mm512_setzero_si512();
};

inline int64_t sums_rows(const Tile& tile) { return (tile.rows + kPairRows - 1) / kPairRows * kPairRows; }
inline char* pair_sums(const TileMemory& memory, const Tile& tile, int64_t pair) {
  return memory.sums + pair * sums_rows(tile) * kPairItems * 4;
}

// The sums of a tile, or false if there is an activation that is not finite.
template <typename T>
bool multiply_tile(const TileStreamView& w, const MultiplyArgs& args, const Tile& tile, const TileMemory& memory) {
  const int64_t strips_end = (tile.row + tile.rows + kTileRows - 1) / kTileRows;
  TilePacker<T> packer(args, w.cols);
  configure_tiles();
  for (int64_t block = 0; block < w.blocks; block += kChunkTiles) {
    const int tiles = static_cast<int>(w.blocks - block < kChunkTiles ? w.blocks - block : kChunkTiles);
    for (int64_t i = 0; i < tile.items; i += kLanes) {
      char* const to = memory.x + i / kPairItems * kChunkBytes + i / kLanes % 2 * kTileBytes;
      for (int t = 0; t < tiles; ++t) {
        packer.pack(tile.item + i, tile.items - i, (block + t) * w.block_cols, to + 2 * t * kTileBytes);
      }
    }
    if (!packer.finite()) break;
    for (int64_t strip = tile.row / kTileRows; strip < strips_end; strip += 2) {
      const TileWeights weights = {w.data + (block * w.strips + strip * tiles) * w.tile_bytes, tiles, w.slots,
                                   w.tile_bytes};
      const int64_t row = strip * kTileRows - tile.row;
      for (int64_t i = 0; i < tile.items; i += kPairItems) {
        const bool two_strips = strip + 1 < strips_end, two_vectors = tile.items - i > kLanes;
        const auto kernel =
            i == 0 ? chunk_kernel<T, true>(two_strips, two_vectors) : chunk_kernel<T, false>(two_strips, two_vectors);
        kernel(weights, memory.x + i / kPairItems * kChunkBytes, memory.dense, block == 0,
               pair_sums(memory, tile, i / kPairItems) + row * kPairItems * 4);
      }
    }
  }
  _tile_release();
  return packer.finite();
}

// Calls each(tile) for the tiles of a range, those that share their items joined.
template <typename Each>
void for_each_joined(const Tiling& tiling, int64_t tile_begin, int64_t tile_end, Each&& each) {
  for (int64_t t = tile_begin; t < tile_end;) {
    Tile joined = tile_at(tiling, t);
    for (++t; t < tile_end; ++t) {
      const Tile next = tile_at(tiling, t);
      if (next.item != joined.item || joined.rows + next.rows > kMaxTileStreamRows) break;
      joined.rows += next.rows;
    }
    each(joined);
  }
}

// Calls finish(part, sums) for the parts of a tile whose sums lie together, [rows][32].
template <typename Finish>
void for_each_pair(const Tile& tile, const TileMemory& memory, Finish&& finish) {
  for (int64_t i = 0; i < tile.items; i += kPairItems) {
    const int64_t items = tile.items - i < kPairItems ? tile.items - i : kPairItems;
    finish(Tile{tile.row, tile.rows, tile.item + i, items}, pair_sums(memory, tile, i / kPairItems));
  }
}

inline TileMemory tile_memory(char* at) {
  return {at, at + kMaxPairs * kChunkBytes, at + (kMaxPairs + 1) * kChunkBytes};
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_TILE_STREAM_INL_H_
