// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of compression, metadata and casts.
#include "cuda/kernels/cast.h"
#include "cuda/kernels/compress.h"
#include "cuda/kernels/kernels.h"
#include "cuda/kernels/metadata.h"

namespace nm {
namespace cuda {

MetadataWord metadata_word(int32_t dtype) {
  MetadataWord word = {};
  visit_element(dtype, [&](auto* type) {
    using Core = TensorCore<std::remove_pointer_t<decltype(type)>>;
    word = {Core::kWordColumns, sizeof(typename Core::Word)};
    return 0;
  });
  return word;
}

int launch_compress(Stream stream, const DenseView& w, const uint8_t* mask, void* values, void* metadata,
                    Findings* breaches) {
  return visit_element(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    using Kernel = Compress<T>;
    // One long row needs whole words of E too.
    const Extent e = extent(w.rows, w.cols, w.ld == w.cols, Kernel::kChunk);
    const int64_t words = ceil_div(e.cols, Kernel::kChunk);
    return launch(chunk_grid(e.rows, e.cols, Kernel::kChunk), stream,
                  Kernel{static_cast<const T*>(w.data), e.rows, e.cols, e.one_row ? e.cols : w.ld, mask,
                         static_cast<T*>(values), static_cast<typename Kernel::Word*>(metadata), words, breaches});
  });
}

int launch_decompress(Stream stream, const void* values, const void* metadata, const DenseView& w, Findings* breaches) {
  return visit_element(w.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    using Kernel = Decompress<T>;
    const Extent e = extent(w.rows, w.cols, w.ld == w.cols, Kernel::kChunk);
    const int64_t words = ceil_div(e.cols, Kernel::kChunk);
    return launch(chunk_grid(e.rows, e.cols, Kernel::kChunk), stream,
                  Kernel{static_cast<const T*>(values), static_cast<const typename Kernel::Word*>(metadata), words,
                         static_cast<T*>(w.data), e.rows, e.cols, e.one_row ? e.cols : w.ld, breaches});
  });
}

namespace {

template <typename Word, bool kToCutlass>
int reorder(Stream stream, int64_t rows, int64_t words, const void* from, void* to) {
  using Kernel = ReorderMetadata<Word, kToCutlass>;
  const Grid grid = {
      static_cast<uint32_t>(std::min(ceil_div(rows, Kernel::kBlockX), kManyBlocks)),
      static_cast<uint32_t>(std::min(ceil_div(words / 2, kBlockThreads / Kernel::kBlockX), int64_t{1024})),
      Kernel::kBlockX, kBlockThreads / Kernel::kBlockX};
  return launch(grid, stream, Kernel{static_cast<const Word*>(from), static_cast<Word*>(to), rows, words});
}

}  // namespace

int launch_reorder_metadata(Stream stream, int32_t dtype, bool to_cutlass, int64_t rows, int64_t words,
                            const void* from, void* to) {
  return visit_element(dtype, [&](auto* type) {
    using Word = typename TensorCore<std::remove_pointer_t<decltype(type)>>::Word;
    return to_cutlass ? reorder<Word, true>(stream, rows, words, from, to)
                      : reorder<Word, false>(stream, rows, words, from, to);
  });
}

int launch_cast(Stream stream, const DenseView& x, const uint8_t* mask, float factor, const DenseView& out) {
  return visit_element(x.dtype, [&](auto* from_type) {
    return visit_element(out.dtype, [&](auto* to_type) {
      using From = std::remove_pointer_t<decltype(from_type)>;
      using To = std::remove_pointer_t<decltype(to_type)>;
      const Extent e = extent(x.rows, x.cols, x.ld == x.cols && out.ld == x.cols, 8);
      return launch(chunk_grid(e.rows, e.cols, Cast<From, To>::kChunk), stream,
                    Cast<From, To>{static_cast<const From*>(x.data), e.rows, e.cols, e.one_row ? e.cols : x.ld, mask,
                                   factor, static_cast<To*>(out.data), e.one_row ? e.cols : out.ld});
    });
  });
}

int launch_scale_columns(Stream stream, const DenseView& x, const float* factors, const DenseView& out) {
  return launch(chunk_grid(x.rows, x.cols, ScaleColumns::kChunk), stream,
                ScaleColumns{static_cast<const float*>(x.data), x.rows, x.cols, x.ld, factors,
                             static_cast<float*>(out.data), out.ld});
}

int launch_quantize_rows(Stream stream, const DenseView& w, const uint8_t* mask, int8_t* out, int64_t ldo,
                         float* scales, Findings* not_finite) {
  return visit_element(w.dtype, [&](auto* type) {
    using From = std::remove_pointer_t<decltype(type)>;
    using Kernel = QuantizeRows<From>;
    return launch({static_cast<uint32_t>(w.rows), 1, Kernel::kThreads, 1}, stream,
                  Kernel{static_cast<const From*>(w.data), w.cols, w.ld, mask, out, ldo, scales, not_finite});
  });
}

}  // namespace cuda
}  // namespace nm
