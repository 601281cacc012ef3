// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_compress and what belongs to it, casts and quantisation.
#include <cinttypes>
#include <cmath>

#include "cuda/abi/kernel_check.h"

using nm::check_not_negative;
using nm::check_not_null;
using nm::fail;
using nm::guarded;
using nm::cuda::check_element;
using nm::cuda::check_stream;
using nm::cuda::DenseView;
using nm::cuda::DeviceArguments;
using nm::cuda::element_bytes;
using nm::cuda::Findings;
using nm::cuda::MetadataWord;
using nm::cuda::on_stream;
using nm::cuda::view;
using nm::cuda::with_findings;

namespace {

struct CompressedRow {
  int64_t words, values;
};

int32_t compressed_row(int32_t dtype, int64_t cols, CompressedRow* row) {
  NM_TRY(check_element("dtype", dtype));
  NM_TRY(check_not_negative("cols", cols));
  const MetadataWord word = nm::cuda::metadata_word(dtype);
  row->words = nm::cuda::ceil_div(cols, word.columns);
  if (__builtin_mul_overflow(row->words, word.columns / 2, &row->values)) {
    return fail(NM_OVERFLOW, "cols: expected a padded row below 2^63 columns, got %" PRId64, cols);
  }
  return NM_OK;
}

// The compressed side of a matrix, on either side of a call.
template <typename Add>
int32_t check_compressed(const DenseView& w, const void* values, const void* metadata, const Add& add) {
  CompressedRow row;
  NM_TRY(compressed_row(w.dtype, w.cols, &row));
  NM_TRY(add("values", values, w.rows, row.values, element_bytes(w.dtype)));
  return add("metadata", metadata, w.rows, row.words, nm::cuda::metadata_word(w.dtype).bytes);
}

int32_t reorder(nm_cuda_stream* stream, int32_t dtype, bool to_cutlass, int64_t rows, int64_t words,
                const char* from_name, const void* from, const char* to_name, void* to) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    const int64_t bytes = nm::cuda::metadata_word(dtype).bytes;
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(from_name, from, rows, words, words, bytes));
    NM_TRY(arguments.out(to_name, to, rows, words, words, bytes));
    const int64_t block = bytes == 2 ? 32 : 16;
    if (rows % block != 0 || words % 2 != 0) {
      return fail(NM_INVALID_ARGUMENT,
                  "metadata: expected a multiple of %" PRId64 " rows and of 2 words, got %" PRId64 " x %" PRId64, block,
                  rows, words);
    }
    if (rows == 0 || words == 0) return NM_OK;
    return on_stream(stream, "reorder_metadata", [&] {
      return nm::cuda::launch_reorder_metadata(stream->raw, dtype, to_cutlass, rows, words, from, to);
    });
  });
}

}  // namespace

int32_t nm_cuda_compressed_row(int32_t dtype, int64_t cols, int64_t* values, int64_t* metadata_bytes) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_not_null("values", values));
    NM_TRY(check_not_null("metadata_bytes", metadata_bytes));
    CompressedRow row;
    NM_TRY(compressed_row(dtype, cols, &row));
    *values = row.values;
    *metadata_bytes = row.words * nm::cuda::metadata_word(dtype).bytes;
    return NM_OK;
  });
}

int32_t nm_cuda_compress(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols, int64_t ld,
                         const uint8_t* mask, void* values, void* metadata, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    const DenseView dense = view(dtype, w, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(dense, "w"));
    NM_TRY(arguments.mask_in("mask", mask, rows, cols));
    NM_TRY(check_compressed(dense, values, metadata,
                            [&](const char* name, const void* data, int64_t r, int64_t c, int64_t bytes) {
                              return arguments.out(name, data, r, c, c, bytes);
                            }));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    return with_findings(stream, "compress", findings, [&](Findings* found) {
      return rows == 0 || cols == 0 ? 0 : nm::cuda::launch_compress(stream->raw, dense, mask, values, metadata, found);
    });
  });
}

int32_t nm_cuda_decompress(nm_cuda_stream* stream, int32_t dtype, const void* values, const void* metadata,
                           int64_t rows, int64_t cols, void* w, int64_t ld, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    const DenseView dense = view(dtype, w, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.out(dense, "w"));
    NM_TRY(check_compressed(dense, values, metadata,
                            [&](const char* name, const void* data, int64_t r, int64_t c, int64_t bytes) {
                              return arguments.in(name, data, r, c, c, bytes);
                            }));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    return with_findings(stream, "decompress", findings, [&](Findings* found) {
      return rows == 0 || cols == 0 ? 0 : nm::cuda::launch_decompress(stream->raw, values, metadata, dense, found);
    });
  });
}

int32_t nm_cuda_metadata_to_cutlass(nm_cuda_stream* stream, int32_t dtype, int64_t rows, int64_t words,
                                    const void* metadata, void* reordered) {
  return reorder(stream, dtype, true, rows, words, "metadata", metadata, "reordered", reordered);
}

int32_t nm_cuda_metadata_from_cutlass(nm_cuda_stream* stream, int32_t dtype, int64_t rows, int64_t words,
                                      const void* reordered, void* metadata) {
  return reorder(stream, dtype, false, rows, words, "reordered", reordered, "metadata", metadata);
}

int32_t nm_cuda_cast(nm_cuda_stream* stream, int32_t from, const void* x, int64_t ldx, int32_t to, void* out,
                     int64_t ldo, int64_t rows, int64_t cols, const uint8_t* mask, float factor) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("from", from));
    NM_TRY(check_element("to", to));
    const DenseView source = view(from, x, rows, cols, ldx), target = view(to, out, rows, cols, ldo);
    DeviceArguments arguments(stream);
    const bool in_place = x == out && from == to && ldx == ldo;
    if (!in_place) NM_TRY(arguments.in(source, "x"));
    NM_TRY(arguments.out(target, "out"));
    if (mask != nullptr) NM_TRY(arguments.mask_in("mask", mask, rows, cols));
    if (!std::isfinite(factor)) {
      return fail(NM_INVALID_ARGUMENT, "factor: expected a finite number, got %g", static_cast<double>(factor));
    }
    if (rows == 0 || cols == 0) return NM_OK;
    return on_stream(stream, "cast", [&] { return nm::cuda::launch_cast(stream->raw, source, mask, factor, target); });
  });
}

int32_t nm_cuda_scale_columns(nm_cuda_stream* stream, const float* x, int64_t rows, int64_t cols, int64_t ldx,
                              const float* factors, float* out, int64_t ldo) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    const DenseView source = view(NM_F32, x, rows, cols, ldx), target = view(NM_F32, out, rows, cols, ldo);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(source, "x"));
    NM_TRY(arguments.in("factors", factors, rows > 0 ? 1 : 0, cols, cols, sizeof *factors));
    NM_TRY(arguments.out(target, "out"));
    if (rows == 0 || cols == 0) return NM_OK;
    return on_stream(stream, "scale_columns",
                     [&] { return nm::cuda::launch_scale_columns(stream->raw, source, factors, target); });
  });
}

int32_t nm_cuda_quantize_rows(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                              int64_t ld, const uint8_t* mask, int8_t* out, int64_t ldo, float* scales,
                              nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    const DenseView weights = view(dtype, w, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(weights, "w"));
    if (mask != nullptr) NM_TRY(arguments.mask_in("mask", mask, rows, cols));
    NM_TRY(arguments.out("out", out, rows, cols, ldo, 1));
    NM_TRY(arguments.out("scales", scales, 1, rows, rows, sizeof *scales));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    if (rows > INT32_MAX) return fail(NM_UNSUPPORTED, "rows: expected less than 2^31, got %" PRId64, rows);
    return with_findings(stream, "quantize_rows", findings, [&](Findings* found) {
      return rows == 0 ? 0 : nm::cuda::launch_quantize_rows(stream->raw, weights, mask, out, ldo, scales, found);
    });
  });
}
