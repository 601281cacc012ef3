/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the Java bindings call instead of functions that take structs or give back pointers: addresses are int64_t there,
 * and plain arguments need no memory of their own.
 */
#ifndef NM4J_CUDA_JNI_H_
#define NM4J_CUDA_JNI_H_

#include <jni.h>

#include "nm4j/nm4j_cuda.h"

template <typename T>
inline int64_t nm4j_cuda_address(const T* pointer) {
  return reinterpret_cast<int64_t>(pointer);
}

/* out: reason, address of the text. */
inline int32_t nm4j_cuda_reason(int32_t device, int32_t products, int64_t* out) {
  int32_t reason = 0;
  const char* text = nullptr;
  const int32_t status = (products != 0 ? nm_cuda_product_reason : nm_cuda_device_reason)(device, &reason, &text);
  out[0] = reason;
  out[1] = nm4j_cuda_address(text);
  return status;
}

/* The name; out: status, compute capability (2), multiprocessors, integrated, bytes in all, bytes free. */
inline const char* nm4j_cuda_device(int32_t device, int64_t* out) {
  thread_local nm_cuda_device_info info;
  info = {};
  out[0] = nm_cuda_device_get(device, &info);
  out[1] = info.major;
  out[2] = info.minor;
  out[3] = info.multiprocessors;
  out[4] = info.integrated;
  out[5] = info.total_bytes;
  out[6] = info.free_bytes;
  return info.name;
}

inline int32_t nm4j_cuda_lt_path(int64_t* out) {
  const char* path = nullptr;
  const int32_t status = nm_cuda_lt_path(&path);
  out[0] = nm4j_cuda_address(path);
  return status;
}

inline int32_t nm4j_cuda_stream_create(int32_t device, int64_t* out) {
  nm_cuda_stream* stream = nullptr;
  const int32_t status = nm_cuda_stream_create(device, &stream);
  out[0] = nm4j_cuda_address(stream);
  return status;
}

inline int32_t nm4j_cuda_stream_wrap(int32_t device, void* cuda_stream, int64_t* out) {
  nm_cuda_stream* stream = nullptr;
  const int32_t status = nm_cuda_stream_wrap(device, cuda_stream, &stream);
  out[0] = nm4j_cuda_address(stream);
  return status;
}

inline int32_t nm4j_cuda_stream_raw(const nm_cuda_stream* stream, int64_t* out) {
  void* raw = nullptr;
  const int32_t status = nm_cuda_stream_raw(stream, &raw);
  out[0] = nm4j_cuda_address(raw);
  return status;
}

inline int32_t nm4j_cuda_event_create(int32_t device, int64_t* out) {
  nm_cuda_event* event = nullptr;
  const int32_t status = nm_cuda_event_create(device, &event);
  out[0] = nm4j_cuda_address(event);
  return status;
}

inline int32_t nm4j_cuda_event_elapsed(nm_cuda_event* begin, nm_cuda_event* end, double* milliseconds) {
  float elapsed = 0;
  const int32_t status = nm_cuda_event_elapsed(begin, end, &elapsed);
  milliseconds[0] = elapsed;
  return status;
}

inline int32_t nm4j_cuda_alloc(int32_t device, int64_t bytes, int64_t* out) {
  void* memory = nullptr;
  const int32_t status = nm_cuda_alloc(device, bytes, &memory);
  out[0] = nm4j_cuda_address(memory);
  return status;
}

inline int32_t nm4j_cuda_host_alloc(int64_t bytes, int64_t* out) {
  void* memory = nullptr;
  const int32_t status = nm_cuda_host_alloc(bytes, &memory);
  out[0] = nm4j_cuda_address(memory);
  return status;
}

inline int32_t nm4j_cuda_weights_create(int32_t device, int64_t rows, int64_t cols, int64_t count, int32_t n, int32_t m,
                                        int32_t dtype, int64_t* out) {
  nm_cuda_weights* weights = nullptr;
  const int32_t status = nm_cuda_weights_create(device, rows, cols, count, n, m, dtype, &weights);
  out[0] = nm4j_cuda_address(weights);
  return status;
}

inline nm_cuda_product nm4j_cuda_product(int32_t layout, int64_t batch, int64_t count, const void* x, int64_t ldx,
                                         int64_t x_stride, float alpha, const void* feature_scale, const void* c,
                                         int64_t ldc, int64_t c_stride, float beta, const void* bias,
                                         int32_t activation, void* y, int32_t y_dtype, int64_t ldy, int64_t y_stride) {
  nm_cuda_product p = {};
  p.x_layout = layout;
  p.y_layout = layout;
  p.y_dtype = y_dtype;
  p.activation = activation;
  p.batch = batch;
  p.count = count;
  p.x = x;
  p.ldx = ldx;
  p.x_stride = x_stride;
  p.c = c;
  p.ldc = ldc;
  p.c_stride = c_stride;
  p.y = y;
  p.ldy = ldy;
  p.y_stride = y_stride;
  p.bias = bias;
  p.feature_scale = static_cast<const float*>(feature_scale);
  p.alpha = alpha;
  p.beta = beta;
  return p;
}

inline int32_t nm4j_cuda_multiply(const nm_cuda_weights* weights, nm_cuda_stream* stream, int32_t layout, int64_t batch,
                                  int64_t count, const void* x, int64_t ldx, int64_t x_stride, float alpha,
                                  const void* feature_scale, const void* c, int64_t ldc, int64_t c_stride, float beta,
                                  const void* bias, int32_t activation, void* y, int32_t y_dtype, int64_t ldy,
                                  int64_t y_stride) {
  const nm_cuda_product p = nm4j_cuda_product(layout, batch, count, x, ldx, x_stride, alpha, feature_scale, c, ldc,
                                              c_stride, beta, bias, activation, y, y_dtype, ldy, y_stride);
  return nm_cuda_multiply(weights, &p, stream);
}

/* flips: in device memory. */
inline int32_t nm4j_cuda_update(nm_cuda_stream* stream, int64_t rows, int64_t cols, int32_t n, int32_t m,
                                int64_t group_stride, int32_t optimizer, int32_t placement, int32_t flags, int64_t step,
                                float lr, float weight_decay, float momentum, float dampening, float beta1, float beta2,
                                float eps, float lambda, float pruned_factor, float* w, const float* grad, float* first,
                                float* second, uint8_t* mask, float* masked, void* masked_bf16, void* flips) {
  nm_update u = {};
  u.rows = rows;
  u.cols = cols;
  u.n = n;
  u.m = m;
  u.group_stride = group_stride;
  u.optimizer = optimizer;
  u.placement = placement;
  u.flags = flags;
  u.step = step;
  u.lr = lr;
  u.weight_decay = weight_decay;
  u.momentum = momentum;
  u.dampening = dampening;
  u.beta1 = beta1;
  u.beta2 = beta2;
  u.eps = eps;
  u.lambda = lambda;
  u.pruned_factor = pruned_factor;
  u.w = w;
  u.grad = grad;
  u.first = first;
  u.second = second;
  u.mask = mask;
  u.masked = masked;
  u.masked_bf16 = static_cast<uint16_t*>(masked_bf16);
  return nm_cuda_update(stream, &u, static_cast<int64_t*>(flips));
}

/* PinnedMemory.buffer(address, bytes): a buffer over memory that it does not own. */
extern "C" JNIEXPORT jobject JNICALL Java_org_nm4j_internal_PinnedMemory_buffer(JNIEnv* env, jclass, jlong address,
                                                                                jlong bytes) {
  return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), bytes);
}

#endif /* NM4J_CUDA_JNI_H_ */
