// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "abi/check.h"

#include <cinttypes>

#include "format/mask_rows.h"

namespace nm {

int32_t check_address_space(const Span& span) {
  uintptr_t end;
  if (__builtin_add_overflow(reinterpret_cast<uintptr_t>(span.data), static_cast<uint64_t>(span.bytes), &end)) {
    return fail(NM_OVERFLOW, "%s: %" PRId64 " bytes reach beyond the address space", span.name, span.bytes);
  }
  return NM_OK;
}

int32_t check_pattern(int32_t n, int32_t m) {
  if (1 <= n && n < m && m <= kMaxGroup) return NM_OK;
  return fail(NM_INVALID_PATTERN, "pattern: expected 1 <= N < M <= %d (keep N of every M), got %d:%d", kMaxGroup, n, m);
}

int32_t check_vnm_pattern(int32_t v, int32_t n, int32_t m) {
  if (v >= 1 && 1 <= n && n <= kBlockColumns && n < m && kBlockColumns <= m && m <= kMaxGroup) return NM_OK;
  return fail(NM_INVALID_PATTERN,
              "pattern: expected V:N:M with V >= 1, 1 <= N <= %d, N < M and %d <= M <= %d, got %d:%d:%d", kBlockColumns,
              kBlockColumns, kMaxGroup, v, n, m);
}

int32_t check_flags(int32_t flags) {
  if ((flags & ~NM_ALLOW_NAN) == 0) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "flags: expected 0 or NM_ALLOW_NAN (1), got %d", flags);
}

int32_t check_not_null(const char* name, const void* pointer) {
  return pointer != nullptr ? NM_OK : fail(NM_INVALID_ARGUMENT, "%s: expected a pointer, got NULL", name);
}

int32_t check_not_negative(const char* name, int64_t value) {
  return value >= 0 ? NM_OK : fail(NM_INVALID_ARGUMENT, "%s: expected at least 0, got %" PRId64, name, value);
}

int32_t check_activation(int32_t activation) {
  if (NM_IDENTITY <= activation && activation <= NM_GELU) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "activation: expected 0 (identity), 1 (ReLU) or 2 (GELU), got %d", activation);
}

int32_t check_tiles(int64_t tiles, int64_t begin, int64_t end) {
  if (0 <= begin && begin <= end && end <= tiles) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "tiles: expected a range within 0 .. %" PRId64 ", got %" PRId64 " .. %" PRId64,
              tiles, begin, end);
}

int32_t check_matrix(const char* name, const void* data, int64_t rows, int64_t cols, int64_t ld, int64_t element_size,
                     Span* span) {
  *span = {name, data, 0, 0, 0};
  if (rows < 0 || cols < 0) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected sizes of at least 0, got %" PRId64 " x %" PRId64, name, rows, cols);
  }
  if (ld < cols) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected a leading dimension of at least %" PRId64 ", got %" PRId64, name,
                cols, ld);
  }
  if (rows == 0 || cols == 0) return NM_OK;
  int64_t elements;
  if (__builtin_mul_overflow(rows - 1, ld, &elements) || __builtin_add_overflow(elements, cols, &elements) ||
      __builtin_mul_overflow(elements, element_size, &span->bytes)) {
    return fail(NM_OVERFLOW,
                "%s: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64
                " with leading dimension %" PRId64,
                name, rows, cols, ld);
  }
  span->width = cols * element_size;
  span->stride = rows > 1 ? ld * element_size : span->width;
  NM_TRY(check_not_null(name, data));
  if (reinterpret_cast<uintptr_t>(data) % element_size != 0) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected an address aligned to %" PRId64 " bytes, got %p", name, element_size,
                data);
  }
  return check_address_space(*span);
}

int32_t check_mask(const char* name, const void* mask, int64_t rows, int64_t cols, Span* span) {
  *span = {name, mask, 0, 0, 0};
  if (rows < 0 || cols < 0) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected sizes of at least 0, got %" PRId64 " x %" PRId64, name, rows, cols);
  }
  if (__builtin_mul_overflow(rows, mask_row_bytes(cols), &span->bytes)) {
    return fail(NM_OVERFLOW, "%s: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64 " bits", name, rows,
                cols);
  }
  if (span->bytes == 0) return NM_OK;
  span->width = span->stride = span->bytes;
  NM_TRY(check_not_null(name, mask));
  return check_address_space(*span);
}

int32_t check_disjoint(const Span& a, const Span& b) {
  if (a.bytes == 0 || b.bytes == 0) return NM_OK;
  const auto a0 = reinterpret_cast<uintptr_t>(a.data);
  const auto b0 = reinterpret_cast<uintptr_t>(b.data);
  if (a0 + a.bytes <= b0 || b0 + b.bytes <= a0) return NM_OK;
  if (a.stride == b.stride) {
    const int64_t stride = a.stride;
    const int64_t offset = a0 <= b0 ? (b0 - a0) % stride : (stride - (a0 - b0) % stride) % stride;
    if (a.width <= offset && offset + b.width <= stride) return NM_OK;
  }
  return fail(NM_INVALID_ARGUMENT, "%s and %s: expected separate memory, got overlapping buffers", a.name, b.name);
}

}  // namespace nm
