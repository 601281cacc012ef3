// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Argument checks shared by the ABI functions. All size arithmetic is 64-bit and checked for overflow.
#ifndef NM4J_ABI_CHECK_H_
#define NM4J_ABI_CHECK_H_

#include <cstdint>

#include "abi/status.h"
#include "format/pattern.h"

namespace nm {

// Caller memory, in bytes: lines of `width`, `stride` apart, `bytes` from the first to the end of the last. Empty when
// `bytes` is 0.
struct Span {
  const char* name;
  const void* data;
  int64_t bytes;
  int64_t width, stride;
};

int32_t check_pattern(int32_t n, int32_t m);
int32_t check_vnm_pattern(int32_t v, int32_t n, int32_t m);
int32_t check_flags(int32_t flags);
int32_t check_not_null(const char* name, const void* pointer);
int32_t check_not_negative(const char* name, int64_t value);

int32_t check_activation(int32_t activation);

// A range of tiles within 0 .. tiles.
int32_t check_tiles(int64_t tiles, int64_t begin, int64_t end);

// rows x cols elements of `element_size` bytes with leading dimension ld: sizes, NULL, overflow. Fills *span.
int32_t check_matrix(const char* name, const void* data, int64_t rows, int64_t cols, int64_t ld, int64_t element_size,
                     Span* span);

// The span ends within the address space.
int32_t check_address_space(const Span& span);

// A mask of rows x cols bits. Fills *span.
int32_t check_mask(const char* name, const void* mask, int64_t rows, int64_t cols, Span* span);

// NM4J_ISA holds a known value, or is not set.
int32_t check_isa_request();

// No common byte. Columns of one wide buffer, lines of equal stride that do not meet, are disjoint; other interleavings
// count as overlap.
int32_t check_disjoint(const Span& a, const Span& b);

}  // namespace nm

#endif  // NM4J_ABI_CHECK_H_
