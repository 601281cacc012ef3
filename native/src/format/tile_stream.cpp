// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/tile_stream.h"

#include <algorithm>
#include <cstring>

#include "format/mask_rows.h"
#include "format/value_codec.h"

namespace nm {

TileStream::TileStream(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols) : dtype_(dtype) {
  const int64_t tile_cols = kTileRowBytes / weight_bytes(dtype);
  view_.rows = rows;
  view_.cols = cols;
  view_.strips = (rows - 1) / kTileRows + 1;
  view_.block_cols = tile_cols / pattern.m * pattern.m;
  view_.blocks = (cols - 1) / view_.block_cols + 1;
  view_.slots = pattern.kept(view_.block_cols);
  const int64_t row_bytes = tile_cols / 8 + view_.slots * weight_bytes(dtype);
  constexpr int64_t kLine = 64;
  view_.tile_bytes = (kTileRows * row_bytes + kLine - 1) / kLine * kLine;
  int64_t bytes;
  if (__builtin_mul_overflow(view_.strips, view_.blocks, &bytes) ||
      __builtin_mul_overflow(bytes, view_.tile_bytes, &bytes)) {
    throw std::bad_alloc();
  }
  data_ = AlignedArray<char>(bytes);
  view_.data = data_.data();
  // Rows beyond the last keep nothing.
  if (rows % kTileRows == 0) return;
  for (int64_t block = 0; block < view_.blocks; ++block) {
    std::memset(data_.data() + tile_index(view_, view_.strips - 1, block) * view_.tile_bytes, 0, view_.tile_bytes);
  }
}

void TileStream::put(int64_t r, const CompressedRow& row) {
  dtype_ == NM_BF16 ? put_as<Bf16>(r, row) : put_as<int8_t>(r, row);
}

template <typename Weight>
void TileStream::put_as(int64_t r, const CompressedRow& row) {
  constexpr int64_t kMaskBytes = kTileRowBytes / sizeof(Weight) / 8;
  const uint64_t block_bits = view_.block_cols == 64 ? ~uint64_t{0} : (uint64_t{1} << view_.block_cols) - 1;
  const int64_t in_strip = r % kTileRows;
  for (int64_t block = 0; block < view_.blocks; ++block) {
    char* const to = data_.data() + tile_index(view_, r / kTileRows, block) * view_.tile_bytes;
    const uint64_t mask = mask_word(row.mask.data(), block * view_.block_cols, row.cols) & block_bits;
    std::memcpy(to + in_strip * kMaskBytes, &mask, kMaskBytes);
    auto* const stored = reinterpret_cast<Weight*>(to + kTileRows * kMaskBytes) + in_strip * view_.slots;
    const int64_t kept = std::min(view_.slots, row.kept - block * view_.slots);
    const float* values = row.values.data() + block * view_.slots;
    for (int64_t i = 0; i < kept; ++i) narrow(values[i], &stored[i]);
  }
}

}  // namespace nm
