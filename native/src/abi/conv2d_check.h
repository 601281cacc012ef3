// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Checks of a convolution's geometry, of images, and of the matrix of columns.
#ifndef NM4J_ABI_CONV2D_CHECK_H_
#define NM4J_ABI_CONV2D_CHECK_H_

#include <cstdint>

#include "abi/check.h"
#include "format/conv2d_columns.h"

namespace nm {

// Rows and columns of the weights as a matrix for masks.
struct Conv2dMatrix {
  int64_t rows, cols;
};

// Ranges, divisibility, and the size of the weights. Fills *matrix.
int32_t check_geometry(const nm_conv2d_geometry* geometry, Conv2dMatrix* matrix);

// The output of n images of h x w. Fills layout-independent sizes of *out, its channels included.
int32_t check_output(const nm_conv2d_geometry& geometry, int64_t n, int64_t h, int64_t w, nm_images* out);

// Images of valid sizes in memory: layout, strides, NULL, overflow. Fills *span.
int32_t check_images(const char* name, const void* data, const nm_images& images, int64_t element_size, Span* span);

// Images, and a geometry of one group that fits them. Fills *columns and *x_span.
int32_t check_column_sizes(const nm_conv2d_geometry* geometry, const void* x, const nm_images* images,
                           int64_t element_size, Conv2dColumns* columns, Span* x_span);

// The same with all of their columns, which are not to overlap them. Fills *columns_span too.
int32_t check_columns(const nm_conv2d_geometry* geometry, const void* x, const nm_images* images, const void* data,
                      int64_t ld, int64_t element_size, Conv2dColumns* columns, Span* x_span, Span* columns_span);

}  // namespace nm

#endif  // NM4J_ABI_CONV2D_CHECK_H_
