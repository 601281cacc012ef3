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

#include <algorithm>

#include "cpu/kernel.h"
#include "cpu/scratch.h"
#include "cpu/simd_avx512.h"
#include "cpu/tiling.h"
#include "cpu/unroll-inl.h"

namespace nm {
namespace {

constexpr int kLanes = 16;  // items of a tile of activations
constexpr int kMaxVectors = kTileStreamItems / kLanes;
constexpr int kPairRows = 2 * kTileRows;
constexpr int kPairBytes = 2 * kTileBytes;
// Columns of tiles that are there in dense form, 16 KiB. More of them push activations out of L1: Granite Rapids, 4096
// x 4096 at 2:4, bf16, batch 128, GFLOP/s: 8 columns 1610, 12 columns 1460, 16 columns 1300; but sums stay in registers
// where there are no others.
constexpr int kChunk = 8, kMaxChunk = 12;
// For one pair of activations, a tile is expanded two columns before it is multiplied: a load of what is still on its
// way to the cache would wait.
constexpr int kExpandAhead = 2;

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

// As assembly, because the compiler's own (GCC 12) do not say which memory they read.
template <int kTile>
NM4J_INLINE void load_tile(const void* from) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(int64_t{kTileRowBytes}), "i"(kTile) : "memory");
}
// The same without a place in L1.
template <int kTile>
NM4J_INLINE void stream_tile(const void* from) {
  asm volatile("tileloaddt1 (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(int64_t{kTileRowBytes}), "i"(kTile) : "memory");
}
template <int kTile>
NM4J_INLINE void store_tile(void* to) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(int64_t{kTileRowBytes}), "i"(kTile) : "memory");
}
template <int kTile>
NM4J_INLINE void zero_tile() {
  asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
}
inline void configure_tiles() {
  const TileConfig config;
  asm volatile("ldtilecfg %0" : : "m"(config) : "memory");
}
inline void release_tiles() { asm volatile("tilerelease"); }

#define NM4J_TILE_TYPE(name, x_type, mask_type, expand_load, dot)                                          \
  struct name {                                                                                            \
    using X = x_type;                                                                                      \
    using Mask = mask_type;                                                                                \
    NM4J_INLINE static __m512i expand(Mask mask, const void* values) { return expand_load(mask, values); } \
    template <int kSum, int kWeights, int kItems>                                                          \
    NM4J_INLINE static void multiply() {                                                                   \
      asm volatile(dot " %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSum), "i"(kWeights), "i"(kItems));         \
    }                                                                                                      \
  };
NM4J_TILE_TYPE(Bf16Tiles, Bf16, uint32_t, _mm512_maskz_expandloadu_epi16, "tdpbf16ps")
NM4J_TILE_TYPE(UnsignedTiles, uint8_t, uint64_t, _mm512_maskz_expandloadu_epi8, "tdpbsud")
NM4J_TILE_TYPE(SignedTiles, int8_t, uint64_t, _mm512_maskz_expandloadu_epi8, "tdpbssd")
#undef NM4J_TILE_TYPE

// Columns of tiles of one or two strips.
struct TileColumns {
  const char* at;
  int64_t tile_bytes;
  int64_t slots;  // see TileStreamView
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

// Expands a column.
template <typename T, int kStrips>
NM4J_INLINE void expand_column(const TileColumns& w, int column, char* to) {
  const int64_t row_bytes = w.slots * static_cast<int64_t>(sizeof(typename T::X));
  unroll<kStrips>([&](auto s) {
    expand_tile<T>(w.at + (column * kStrips + s.value) * w.tile_bytes, row_bytes, to + s.value * kTileBytes);
  });
}

// Memory to bring into L2, `lines` cache lines for each column that is multiplied.
struct Ahead {
  const char* at;
  int lines;
};

// A pair of strips (or one) times a pair of tiles of activations (or one), over `tiles` columns. `dense` are the
// expanded tiles; with kExpand they are made on the way, in a ring.
template <typename T, int kStrips, int kVectors, bool kExpand>
void multiply_columns(const TileColumns& w, int tiles, const char* x, char* dense, bool first, char* sums,
                      Ahead ahead) {
  unroll<kVectors>([&](auto v) {
    unroll<kStrips>([&](auto s) {
      constexpr int kSum = v.value * 2 + s.value;
      first ? zero_tile<kSum>() : stream_tile<kSum>(sums + kSum * kTileBytes);
    });
  });
  const auto slot = [&](int column) { return dense + (tiles > kMaxChunk ? column % kChunk : column) * kPairBytes; };
  if constexpr (kExpand) {
    for (int t = 0; t < kExpandAhead && t < tiles; ++t) expand_column<T, kStrips>(w, t, slot(t));
  }
  for (int t = 0; t < tiles; ++t) {
    const char* const weights = slot(t);
    const char* const items = x + t * kVectors * kTileBytes;
    unroll<kVectors>([&](auto v) {
      stream_tile<6 + v.value>(items + v.value * kTileBytes);
      unroll<kStrips>([&](auto s) {
        if constexpr (v.value == 0) load_tile<4 + s.value>(weights + s.value * kTileBytes);
        T::template multiply<v.value * 2 + s.value, 4 + s.value, 6 + v.value>();
      });
    });
    if constexpr (kExpand) {
      if (t + kExpandAhead < tiles) expand_column<T, kStrips>(w, t + kExpandAhead, slot(t + kExpandAhead));
    } else {
      for (int i = 0; i < ahead.lines; ++i) _mm_prefetch(ahead.at + (t * ahead.lines + i) * 64, _MM_HINT_T1);
    }
  }
  unroll<kVectors>([&](auto v) {
    unroll<kStrips>([&](auto s) {
      constexpr int kSum = v.value * 2 + s.value;
      store_tile<kSum>(sums + kSum * kTileBytes);
    });
  });
}

template <typename T, bool kExpand>
auto column_kernel(bool two_strips, bool two_vectors) {
  if (two_strips) return two_vectors ? multiply_columns<T, 2, 2, kExpand> : multiply_columns<T, 2, 1, kExpand>;
  return two_vectors ? multiply_columns<T, 1, 2, kExpand> : multiply_columns<T, 1, 1, kExpand>;
}

// Memory of a tile of results, which stays in L2.
struct TileMemory {
  char* x;       // a panel of the activations: [chunk][pair of 16 items][tile][2][16][64 bytes]
  char* dense;   // columns of two strips, expanded: [column][2][16][64 bytes]
  char* sums;    // [32 rows][16 items][32][16], 4 bytes each
  char* turned;  // room for the sums of a group in another order
};
constexpr int64_t kPanelBytes = int64_t{1} << 20;
constexpr int64_t kDenseBytes = kMaxChunk * kPairBytes;
constexpr int64_t kTileSumBytes = kMaxTileStreamRows * kTileStreamItems * 4;
constexpr int64_t kTurnedBytes = kTileStreamItems * (kPairRows + kLanes) * 4;

inline TileMemory tile_memory() {
  constexpr int64_t kBytes = kPanelBytes + kDenseBytes + kTileSumBytes + kTurnedBytes;
  char* const x = reinterpret_cast<char*>(outer_scratch(kBytes / 4));
  char* const dense = x + kPanelBytes;
  char* const sums = dense + kDenseBytes;
  return {x, dense, sums, sums + kTileSumBytes};
}

// Tiles of 16 items; and the rows that are finished together, so many that their sums stay in L1.
inline int64_t tile_vectors(const Tile& tile) { return (tile.items + kLanes - 1) / kLanes; }
inline int64_t group_rows(int64_t vectors) { return kMaxVectors / vectors * kPairRows; }

// Rows of activations turned into tiles: 16 items side by side, of each the columns that fill 4 bytes.
template <typename T>
class TilePacker {
 public:
  using X = typename T::X;
  static constexpr int kWordCols = 4 / sizeof(X);

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

// How a tile of results is computed: two strips after the other, over a panel of columns whose activations stay in L2.
// One pair of tiles of activations takes all columns at once; more of them share chunks of columns, expanded in L1.
class TileProduct {
 public:
  TileProduct(const TileStreamView& w, const MultiplyArgs& args, const Tile& tile, const TileMemory& memory)
      : w_(w), args_(args), tile_(tile), memory_(memory), vectors_(tile_vectors(tile)) {}

  // Calls finish(rows of all items, sums [32 rows][16 items][32][16]) for all rows, or returns false if an activation
  // is not finite.
  template <typename T, typename Finish>
  bool run(Finish&& finish) {
    TilePacker<T> packer(args_, w_.cols);
    const int64_t panel = kPanelBytes / kTileBytes / vectors_ / kChunk * kChunk;
    const int64_t group = group_rows(vectors_);
    configure_tiles();
    for (int64_t block = 0; block < w_.blocks; block += panel) {
      const int64_t blocks = std::min(panel, w_.blocks - block);
      pack(packer, block, blocks);
      if (!packer.finite()) break;
      const bool last = block + blocks == w_.blocks;
      for (int64_t row = 0; row < tile_.rows; row += group) {
        const int64_t rows = std::min(group, tile_.rows - row);
        // One panel: the same memory for all groups.
        char* const sums = memory_.sums + (w_.blocks > panel ? row / kPairRows * vectors_ * kPairBytes : 0);
        for (int64_t r = 0; r < rows; r += kPairRows) {
          multiply<T>((tile_.row + row + r) / kTileRows, block, blocks, sums + r / kPairRows * vectors_ * kPairBytes);
        }
        if (last) finish(Tile{tile_.row + row, rows, tile_.item, tile_.items}, sums);
      }
    }
    release_tiles();
    return packer.finite();
  }

 private:
  // Columns at a time.
  int64_t chunk(int64_t blocks) const { return vectors_ <= 2 || blocks <= kMaxChunk ? blocks : kChunk; }

  template <typename T>
  void pack(TilePacker<T>& packer, int64_t block, int64_t blocks) {
    for (int64_t first = 0, tiles; first < blocks; first += tiles) {
      tiles = chunk(blocks - first);
      for (int64_t v = 0; v < vectors_; ++v) {
        const int64_t pair = v / 2 * 2, width = std::min<int64_t>(2, vectors_ - pair);
        char* const to = memory_.x + (first * vectors_ + pair * tiles + v % 2) * kTileBytes;
        for (int64_t t = 0; t < tiles; ++t) {
          packer.pack(tile_.item + v * kLanes, tile_.items - v * kLanes, (block + first + t) * w_.block_cols,
                      to + t * width * kTileBytes);
        }
      }
    }
  }

  template <typename T>
  void multiply(int64_t strip, int64_t block, int64_t blocks, char* sums) {
    const bool two_strips = strip + 1 < w_.strips;
    for (int64_t first = 0, tiles; first < blocks; first += tiles) {
      tiles = chunk(blocks - first);
      const TileColumns columns = {w_.data + tile_index(w_, strip, block + first) * w_.tile_bytes, w_.tile_bytes,
                                   w_.slots};
      // Each pair brings its share of the next chunk. Granite Rapids, 11008 x 4096, batch 128: 940 GFLOP/s without.
      const int64_t column_bytes = (two_strips ? 2 : 1) * w_.tile_bytes, pairs = (vectors_ + 1) / 2;
      const Ahead share = {columns.at + tiles * column_bytes,
                           static_cast<int>((column_bytes / 64 + pairs - 1) / pairs)};
      for (int64_t v = 0; v < vectors_; v += 2) {
        const auto kernel = (v == 0 ? column_kernel<T, true> : column_kernel<T, false>)(two_strips, v + 1 < vectors_);
        kernel(columns, static_cast<int>(tiles), memory_.x + (first * vectors_ + v * tiles) * kTileBytes, memory_.dense,
               block + first == 0, sums + v * kPairBytes, {share.at + v / 2 * tiles * share.lines * 64, share.lines});
      }
    }
  }

  const TileStreamView& w_;
  const MultiplyArgs& args_;
  const Tile tile_;
  const TileMemory& memory_;
  const int64_t vectors_;
};

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_TILE_STREAM_INL_H_
