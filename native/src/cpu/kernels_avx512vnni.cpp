// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernel for AVX-512 VNNI and VBMI: int8 weights times int8 activations, over lane panels.
//
// A "quad" is four kept weights of each of 16 rows. One byte permute picks, for every row, the four activations that
// its quad meets (up to 64 columns are in reach, so any pattern of the packing works), one dot-product instruction
// multiplies and adds all 64. Dense needs two dot products where 2:4 needs a permute and a dot product. On Zen 5 dot
// products use pipes 0 and 1, permutes 1 and 2: at best 3 cycles for 2 pairs where dense takes 4; measured 0.72 a pair.
//
// What costs pipes there: broadcasts of 128 bits from memory (vbroadcasti32x4) run on the permute pipes (1.25 cycles a
// pair), hence plain loads; vpmultishiftqb runs on pipes 0 and 1, hence the expansion of a panel's controls once for
// many items. Worth trying again: pipe 3 is idle; picking every fourth item's activations by two vpternlogq with masks
// instead of a permute (three loads, prearranged) gave 0.66 cycles a pair in registers.
#include <immintrin.h>

#include <utility>

#include "cpu/item_epilogue-inl.h"
#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "cpu/simd_avx512.h"
#include "cpu/tiling.h"

namespace nm {
namespace {

constexpr int kLanes = 16;
constexpr int kVectorBytes = 64;
// Panels x items at once: 24 sums for many items; for few, more panels, whose sums hide the latency.
constexpr int kWidePanels = 2, kWideItems = 12;
constexpr int kTallPanels = 4, kTallItems = 5;

// How a kernel walks through a step of the packing.
struct Quad {
  uint64_t spread;  // for vpmultishiftqb: where the four indices begin in a lane's control word, for two lanes
  uint32_t base;    // what is added to them: four bytes
  int64_t control;  // bytes from the start of the step to the control words
  int64_t source;   // columns from the start of the step to the 64 that the indices address
};

struct Quads {
  Quad at[4];
  int count;
  uint8_t mask;  // of an index
  bool near;     // no index reaches beyond 8 columns: 2:4, 1:2
  int64_t values, step_bytes, step_cols;
};

Quads find_quads(const LanePanelView& w) {
  Quads quads = {};
  const int slots = w.windows * w.slots;
  quads.count = (slots + 3) / 4;
  quads.mask = static_cast<uint8_t>((1 << w.index_bits) - 1);
  quads.near = true;
  quads.values = int64_t{kVectorBytes} * w.control_words;
  quads.step_bytes = w.step_words * 4;
  quads.step_cols = int64_t{w.windows} * w.window_cols;
  for (int q = 0; q < quads.count; ++q) {
    Quad& quad = quads.at[q];
    const int first = 4 * q / w.slots;
    quad.control = 4 * q / w.slots_per_word * kVectorBytes;
    quad.source = int64_t{first} * w.window_cols;
    for (int s = 4 * q; s < 4 * q + 4; ++s) {
      const uint64_t bit = s % w.slots_per_word * w.index_bits;
      quad.spread |= (bit | (32 + bit) << 32) << s % 4 * 8;
      // Slots that only fill up the word hold zeros, whatever they are multiplied with.
      const int window = s < slots ? s / w.slots - first : 0;
      quad.base |= static_cast<uint32_t>(window * w.window_cols) << s % 4 * 8;
      quads.near &= window * w.window_cols + quads.mask < 8;
    }
  }
  return quads;
}

inline __m512i expand(const Quads& quads, const Quad& quad, const char* step) {
  const __m512i words = _mm512_loadu_si512(step + quad.control);
  const __m512i bytes = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(static_cast<int64_t>(quad.spread)), words);
  const __m512i index = _mm512_and_si512(bytes, _mm512_set1_epi8(static_cast<char>(quads.mask)));
  return _mm512_add_epi8(index, _mm512_set1_epi32(static_cast<int>(quad.base)));
}

// Some panels and steps, times some items.
struct Block {
  const char* weights;
  int64_t panel_bytes;
  int64_t steps;
  const char* controls;  // expanded: [step][quad][panel]
  const uint8_t* x;
  int64_t pitch;
  const int32_t* begin;  // what the sums of every item begin with; or NULL: with what they are
  IntegerSums sums;
};

// How far ahead of its use a stream of weights is prefetched when it passes once.
constexpr int kPrefetchBytes = 4096;

#define NM4J_UNROLL _Pragma("GCC unroll 12")

// 64 columns; or 8, repeated: such loads never cross a cache line and need no pipe either.
template <bool kNear>
__m512i load_source(const uint8_t* x) {
  __m512i source;
  if constexpr (kNear) {
    int64_t columns;
    __builtin_memcpy(&columns, x, sizeof columns);
    source = _mm512_set1_epi64(columns);
  } else {
    source = _mm512_loadu_si512(x);
  }
  asm("" : "+v"(source));  // not loaded anew for every panel
  return source;
}

template <int kPanels, int kItems, bool kExpanded, bool kNear>
void multiply_block(const Quads& quads, const Block& block) {
  __m512i sum[kPanels][kItems];
  NM4J_UNROLL for (int p = 0; p < kPanels; ++p) {
    NM4J_UNROLL for (int i = 0; i < kItems; ++i) {
      const int32_t* from = block.begin != nullptr ? block.begin : block.sums.at + i * block.sums.pitch;
      sum[p][i] = _mm512_loadu_si512(from + p * kLanes);
    }
  }
  const char* weights = block.weights;
  const char* controls = block.controls;
  const uint8_t* x = block.x;
  for (int64_t step = 0; step < block.steps; ++step) {
    const char* values = weights + quads.values;
    for (int q = 0; q < quads.count; ++q) {
      const Quad& quad = quads.at[q];
      __m512i control[kPanels], value[kPanels];
      NM4J_UNROLL for (int p = 0; p < kPanels; ++p) {
        if constexpr (kExpanded) {
          control[p] = _mm512_load_si512(controls + p * kVectorBytes);
        } else {
          control[p] = expand(quads, quad, weights + p * block.panel_bytes);
          _mm_prefetch(values + p * block.panel_bytes + kPrefetchBytes, _MM_HINT_T0);
        }
        value[p] = _mm512_loadu_si512(values + p * block.panel_bytes);
      }
      NM4J_UNROLL for (int i = 0; i < kItems; ++i) {
        const __m512i source = load_source<kNear>(x + i * block.pitch + quad.source);
        NM4J_UNROLL for (int p = 0; p < kPanels; ++p) {
          sum[p][i] = _mm512_dpbusd_epi32(sum[p][i], _mm512_permutexvar_epi8(control[p], source), value[p]);
        }
      }
      values += kVectorBytes;
      controls += kExpanded ? kPanels * kVectorBytes : 0;
    }
    weights += quads.step_bytes;
    x += quads.step_cols;
  }
  NM4J_UNROLL for (int p = 0; p < kPanels; ++p) {
    NM4J_UNROLL for (int i = 0; i < kItems; ++i) {
      _mm512_storeu_si512(block.sums.at + i * block.sums.pitch + p * kLanes, sum[p][i]);
    }
  }
}

using BlockKernel = void(const Quads&, const Block&);

// By the number of items, from 1.
template <int kPanels, bool kExpanded, bool kNear, int... kItems>
BlockKernel* pick_kernel(int64_t items, std::integer_sequence<int, kItems...>) {
  constexpr BlockKernel* kKernels[] = {multiply_block<kPanels, kItems + 1, kExpanded, kNear>...};
  return kKernels[items - 1];
}

template <int kPanels, bool kExpanded>
void multiply_items(const Quads& quads, const Block& block, int64_t items) {
  const std::make_integer_sequence<int, kPanels == kTallPanels ? kTallItems : kWideItems> sizes;
  const auto kernel = quads.near ? pick_kernel<kPanels, kExpanded, true>(items, sizes)
                                 : pick_kernel<kPanels, kExpanded, false>(items, sizes);
  kernel(quads, block);
}

// The controls of kPanels panels, once for all items.
template <int kPanels>
void expand_controls(const Quads& quads, const Block& block, char* to) {
  for (int64_t step = 0; step < block.steps; ++step) {
    const char* weights = block.weights + step * quads.step_bytes;
    for (int q = 0; q < quads.count; ++q) {
      for (int p = 0; p < kPanels; ++p, to += kVectorBytes) {
        _mm_prefetch(weights + p * block.panel_bytes + quads.values + q * kVectorBytes, _MM_HINT_T0);
        _mm512_store_si512(to, expand(quads, quads.at[q], weights + p * block.panel_bytes));
      }
    }
  }
}

// A tile's operands.
struct Operands {
  const LanePanelView& w;
  const Quads& quads;
  const MultiplyArgs& args;
  const uint8_t* x;  // packed
  int64_t pitch;
  const int32_t* begin;
  IntegerSums sums;
  char* controls;  // room for them
};

// Steps whose expanded controls take 32 KiB, which with the weights stay in L2 while the items pass.
int64_t chunk_steps(const Quads& quads) { return 256 / quads.count; }

// Some rows of a tile, kPanels panels, times all items, in blocks of about equal size. Results are finished as soon as
// they are complete, so that their way to memory overlaps with the next block.
template <int kPanels, bool kExpand>
void multiply_rows(const Operands& o, const Tile& rows, int64_t step, int64_t steps) {
  const bool first_chunk = step == 0, last_chunk = step + steps == o.w.steps;
  Block block;
  block.panel_bytes = o.w.steps * o.quads.step_bytes;
  block.weights =
      reinterpret_cast<const char*>(o.w.data) + rows.row / kLanes * block.panel_bytes + step * o.quads.step_bytes;
  block.steps = steps;
  block.controls = o.controls;
  if (kExpand) expand_controls<kPanels>(o.quads, block, o.controls);
  block.pitch = o.pitch;
  block.begin = first_chunk ? o.begin : nullptr;
  block.sums.pitch = o.sums.pitch;
  const int64_t blocks = (rows.items + kWideItems - 1) / kWideItems;
  for (int64_t b = 0; b < blocks; ++b) {
    const int64_t first = rows.items * b / blocks, items = rows.items * (b + 1) / blocks - first;
    block.x = o.x + first * o.pitch + step * o.quads.step_cols;
    // Sums that live no longer than a block always take the same room.
    block.sums.at = o.sums.at + (first_chunk && last_chunk ? 0 : first * o.sums.pitch);
    multiply_items<kPanels, kExpand>(o.quads, block, items);
    if (last_chunk) finish_sums<Avx512>(o.args, {rows.row, rows.rows, rows.item + first, items}, block.sums);
  }
}

void multiply_tile(const Operands& o, const Tile& tile) {
  const bool once = tile.items <= kWideItems;  // one block: nothing is repaid by an expansion
  const int64_t chunks = once ? 1 : (o.w.steps - 1) / chunk_steps(o.quads) + 1, chunk = (o.w.steps - 1) / chunks + 1;
  for (int64_t step = 0; step < o.w.steps; step += chunk) {
    const int64_t steps = o.w.steps - step < chunk ? o.w.steps - step : chunk;
    for (int64_t r = 0; r < tile.rows;) {
      Operands part = o;
      part.begin += r;
      part.sums.at += r;
      const int64_t left = tile.rows - r;
      const int64_t panels = tile.items <= kTallItems && left > (kTallPanels - 1) * kLanes ? kTallPanels
                             : left > (kWidePanels - 1) * kLanes                           ? kWidePanels
                                                                                           : 1;
      const int64_t count = left < panels * kLanes ? left : panels * kLanes;
      const Tile rows = {tile.row + r, count, tile.item, tile.items};
      if (panels == kTallPanels) {
        multiply_rows<kTallPanels, false>(part, rows, step, steps);
      } else if (panels == kWidePanels) {
        (once ? multiply_rows<kWidePanels, false> : multiply_rows<kWidePanels, true>)(part, rows, step, steps);
      } else {
        (once ? multiply_rows<1, false> : multiply_rows<1, true>)(part, rows, step, steps);
      }
      r += panels * kLanes;
    }
  }
}

// The dot product takes unsigned activations: signed ones are stored 128 higher, by their top bit. The sums begin with
// what this and the zero point contribute.
uint8_t top_bit(const MultiplyArgs& args) { return args.x_dtype == NM_S8 ? 0x80 : 0; }

void begin_sums(const MultiplyArgs& args, const Tile& tile, int32_t* begin) {
  const __m512i offset = _mm512_set1_epi32(-args.x_zero - top_bit(args));
  for (int64_t r = 0; r < tile.rows; r += kLanes) {
    const int64_t left = tile.rows - r;
    const auto mask = static_cast<__mmask16>(left < kLanes ? (1u << left) - 1 : 0xffffu);
    const __m512i sums = _mm512_maskz_loadu_epi32(mask, args.weight_sum + tile.row + r);
    _mm512_storeu_si512(begin + r, _mm512_mullo_epi32(offset, sums));
  }
}

__mmask64 first_bytes(int64_t n) { return n <= 0 ? 0 : n < 64 ? (uint64_t{1} << n) - 1 : ~uint64_t{0}; }

// Items of X, batch-major, to [item][pitch]. What lies behind the last column meets zero weights only.
void pack_lines(const MultiplyArgs& args, int64_t cols, const Tile& tile, int64_t pitch, uint8_t* to) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(top_bit(args)));
  for (int64_t i = 0; i < tile.items; ++i, to += pitch) {
    const uint8_t* x = static_cast<const uint8_t*>(args.x) + (tile.item + i) * args.ldx;
    for (int64_t k = 0; k < pitch; k += kVectorBytes) {
      const __m512i bytes = _mm512_maskz_loadu_epi8(first_bytes(cols - k), x + (k < cols ? k : 0));
      _mm512_storeu_si512(to + k, _mm512_xor_si512(bytes, flip));
    }
  }
}

// Four perfect shuffles transpose 16 x 16 bytes.
void transpose_bytes(__m128i (&r)[16]) {
  for (int round = 0; round < 4; ++round) {
    __m128i t[16];
    for (int i = 0; i < 8; ++i) {
      t[2 * i] = _mm_unpacklo_epi8(r[i], r[i + 8]);
      t[2 * i + 1] = _mm_unpackhi_epi8(r[i], r[i + 8]);
    }
    for (int i = 0; i < 16; ++i) r[i] = t[i];
  }
}

// The same from feature-major.
void pack_columns(const MultiplyArgs& args, int64_t cols, const Tile& tile, int64_t pitch, uint8_t* to) {
  const __m128i flip = _mm_set1_epi8(static_cast<char>(top_bit(args)));
  const uint8_t* x = static_cast<const uint8_t*>(args.x) + tile.item;
  for (int64_t k = 0; k < pitch; k += 16) {
    for (int64_t i = 0; i < tile.items; i += 16) {
      const int64_t items = tile.items - i < 16 ? tile.items - i : 16;
      const auto mask = static_cast<__mmask16>(first_bytes(items));
      __m128i square[16];
      for (int j = 0; j < 16; ++j) {
        const bool inside = k + j < cols;
        const __m128i bytes = _mm_maskz_loadu_epi8(inside ? mask : 0, inside ? x + (k + j) * args.ldx + i : x);
        square[j] = _mm_xor_si128(bytes, flip);
      }
      transpose_bytes(square);
      for (int64_t j = 0; j < items; ++j) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + (i + j) * pitch + k), square[j]);
      }
    }
  }
}

}  // namespace

void lane_panel_s8_integer_avx512vnni(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                                      int64_t tile_end) {
  const LanePanelView& w = weights.lanes;
  const Tiling tiling = integer_tiling(w.rows, args.batch);
  const Quads quads = find_quads(w);
  // A permute's source reaches 64 columns. An odd number of cache lines, so that items do not share cache sets.
  const int64_t lines = (w.padded_cols + kVectorBytes - 1) / kVectorBytes + 1;
  const int64_t pitch = (lines | 1) * kVectorBytes;
  const int64_t control_bytes = chunk_steps(quads) * quads.count * kWidePanels * kVectorBytes;
  const int64_t most_items = args.batch < tiling.tile_items ? args.batch : tiling.tile_items;
  const int64_t sum_items = most_items + kLanes;  // a block of any items is read by sixteens
  const int64_t sum_pitch = tiling.tile_rows + kLanes;
  char* memory =
      reinterpret_cast<char*>(scratch((control_bytes + most_items * pitch) / 4 + (sum_items + 1) * sum_pitch));
  uint8_t* x = reinterpret_cast<uint8_t*>(memory) + control_bytes;
  int32_t* begin = reinterpret_cast<int32_t*>(x + most_items * pitch);
  const IntegerSums sums = {begin + sum_pitch, sum_pitch};
  int64_t packed_item = -1;
  for (int64_t t = tile_begin; t < tile_end; ++t) {
    const Tile tile = tile_at(tiling, t);
    if (tile.item != packed_item) {
      (args.layout == NM_BATCH_MAJOR ? pack_lines : pack_columns)(args, w.cols, tile, pitch, x);
    }
    packed_item = tile.item;
    begin_sums(args, tile, begin);
    multiply_tile({w, quads, args, x, pitch, begin, sums, memory}, tile);
  }
}

}  // namespace nm
