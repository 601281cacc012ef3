/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the Java bindings call instead of functions that take structs: plain arguments need no memory of their own.
 */
#ifndef NM4J_JNI_H_
#define NM4J_JNI_H_

#include "nm4j/nm4j.h"
#include "nm4j_update_jni.h"

inline nm_product nm4j_product(int32_t layout, int64_t batch, int64_t count, int32_t x_dtype, int32_t y_dtype) {
  nm_product p = {};
  p.layout = layout;
  p.batch = batch;
  p.count = count;
  p.x_dtype = x_dtype;
  p.y_dtype = y_dtype;
  return p;
}

inline int32_t nm4j_product_tiles(const nm_matrix* a, int32_t layout, int64_t batch, int64_t count, int32_t x_dtype,
                                  int32_t y_dtype, int64_t* tiles) {
  const nm_product p = nm4j_product(layout, batch, count, x_dtype, y_dtype);
  return nm_product_tiles(a, &p, tiles);
}

inline int32_t nm4j_product_kernel(const nm_matrix* a, int32_t layout, int64_t batch, int32_t x_dtype, int32_t y_dtype,
                                   const char** name) {
  const nm_product p = nm4j_product(layout, batch, 1, x_dtype, y_dtype);
  return nm_product_kernel(a, &p, name);
}

inline int32_t nm4j_multiply(const nm_matrix* a, int32_t layout, int64_t batch, int64_t count, const void* x,
                             int32_t x_dtype, int64_t ldx, int64_t x_stride, float x_scale, int32_t x_zero, float alpha,
                             const float* feature_scale, const void* c, int64_t ldc, int64_t c_stride, float beta,
                             const float* bias, int32_t activation, void* y, int32_t y_dtype, int64_t ldy,
                             int64_t y_stride, float y_scale, int32_t y_zero, int64_t tile_begin, int64_t tile_end) {
  nm_product p = nm4j_product(layout, batch, count, x_dtype, y_dtype);
  p.activation = activation;
  p.x = x;
  p.ldx = ldx;
  p.x_stride = x_stride;
  p.x_scale = x_scale;
  p.x_zero = x_zero;
  p.alpha = alpha;
  p.feature_scale = feature_scale;
  p.c = c;
  p.ldc = ldc;
  p.c_stride = c_stride;
  p.beta = beta;
  p.bias = bias;
  p.y = y;
  p.ldy = ldy;
  p.y_stride = y_stride;
  p.y_scale = y_scale;
  p.y_zero = y_zero;
  return nm_multiply(a, &p, tile_begin, tile_end);
}

inline int32_t nm4j_convolve(const nm_conv2d* a, const void* x, int32_t x_dtype, const nm_images* x_images,
                             float x_scale, int32_t x_zero, float alpha, const float* feature_scale, const void* c,
                             const nm_images* c_images, float beta, const float* bias, int32_t activation, void* y,
                             int32_t y_dtype, const nm_images* y_images, float y_scale, int32_t y_zero,
                             int64_t tile_begin, int64_t tile_end) {
  nm_convolution v = {};
  v.x = x;
  v.x_images = *x_images;
  v.c = c;
  v.c_images = *c_images;
  v.y = y;
  v.y_images = *y_images;
  v.bias = bias;
  v.feature_scale = feature_scale;
  v.alpha = alpha;
  v.beta = beta;
  v.activation = activation;
  v.x_dtype = x_dtype;
  v.y_dtype = y_dtype;
  v.x_scale = x_scale;
  v.y_scale = y_scale;
  v.x_zero = x_zero;
  v.y_zero = y_zero;
  return nm_convolve(a, &v, tile_begin, tile_end);
}

inline int32_t nm4j_update_rows(const int64_t* integers, const double* numbers, const int64_t* addresses,
                                int64_t row_begin, int64_t row_end, int64_t* flips) {
  const nm_update u = nm4j_update(integers, numbers, addresses);
  return nm_update_rows(&u, row_begin, row_end, flips);
}

#endif /* NM4J_JNI_H_ */
