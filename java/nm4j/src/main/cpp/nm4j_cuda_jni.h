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
#include "nm4j_update_jni.h"

template <typename T>
inline int64_t nm4j_cuda_address(const T* pointer) {
  return reinterpret_cast<int64_t>(pointer);
}

/* For what: 0 memory and kernels, 1 sparse products, 2 dense ones; out: reason, address of the text. */
inline int32_t nm4j_cuda_reason(int32_t device, int32_t what, int64_t* out) {
  int32_t reason = 0;
  const char* text = nullptr;
  const auto ask = what == 0 ? nm_cuda_device_reason : what == 1 ? nm_cuda_product_reason : nm_cuda_gemm_reason;
  const int32_t status = ask(device, &reason, &text);
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

/* fields: the problem's in their order but for beta. */
inline int32_t nm4j_cuda_gemm(nm_cuda_stream* stream, const int64_t* fields, float beta) {
  const nm_cuda_gemm_problem problem = {static_cast<int32_t>(fields[0]),
                                        static_cast<int32_t>(fields[1]),
                                        static_cast<int32_t>(fields[2]),
                                        static_cast<int32_t>(fields[3]),
                                        fields[4],
                                        fields[5],
                                        fields[6],
                                        reinterpret_cast<const void*>(fields[7]),
                                        fields[8],
                                        reinterpret_cast<const void*>(fields[9]),
                                        fields[10],
                                        beta,
                                        reinterpret_cast<void*>(fields[11]),
                                        fields[12]};
  return nm_cuda_gemm(stream, &problem);
}

inline int32_t nm4j_cuda_weights_create(int32_t device, int64_t rows, int64_t cols, int64_t count, int32_t n, int32_t m,
                                        int32_t dtype, int64_t* out) {
  nm_cuda_weights* weights = nullptr;
  const int32_t status = nm_cuda_weights_create(device, rows, cols, count, n, m, dtype, &weights);
  out[0] = nm4j_cuda_address(weights);
  return status;
}

inline int32_t nm4j_cuda_panels_create(int32_t device, int64_t rows, int64_t cols, int32_t n, int32_t m, int32_t dtype,
                                       int64_t* out) {
  nm_cuda_panels* panels = nullptr;
  const int32_t status = nm_cuda_panels_create(device, rows, cols, n, m, dtype, &panels);
  out[0] = nm4j_cuda_address(panels);
  return status;
}

/* fields: in the order of org.nm4j.internal.CudaProduct. */
inline nm_cuda_product nm4j_cuda_product(const int64_t* fields, float alpha, float beta) {
  const auto integer = [&] { return static_cast<int32_t>(*fields++); };
  const auto address = [&] { return reinterpret_cast<void*>(*fields++); };
  nm_cuda_product p = {};
  p.x_layout = integer();
  p.y_layout = integer();
  p.y_dtype = integer();
  p.activation = integer();
  p.batch = *fields++;
  p.count = *fields++;
  p.x = address();
  p.ldx = *fields++;
  p.x_stride = *fields++;
  p.c = address();
  p.ldc = *fields++;
  p.c_stride = *fields++;
  p.y = address();
  p.ldy = *fields++;
  p.y_stride = *fields++;
  p.bias = address();
  p.feature_scale = static_cast<const float*>(address());
  p.alpha = alpha;
  p.beta = beta;
  return p;
}

inline int32_t nm4j_cuda_multiply(const nm_cuda_weights* weights, nm_cuda_stream* stream, const int64_t* fields,
                                  float alpha, float beta) {
  const nm_cuda_product p = nm4j_cuda_product(fields, alpha, beta);
  return nm_cuda_multiply(weights, &p, stream);
}

inline int32_t nm4j_cuda_panels_multiply(const nm_cuda_panels* panels, nm_cuda_stream* stream, const int64_t* fields,
                                         float alpha, float beta) {
  const nm_cuda_product p = nm4j_cuda_product(fields, alpha, beta);
  return nm_cuda_panels_multiply(panels, &p, stream);
}

/* known: 0 or 1. */
inline int32_t nm4j_cuda_algorithm_known(const nm_cuda_weights* weights, const int64_t* fields, float alpha, float beta,
                                         int32_t* known) {
  const nm_cuda_product p = nm4j_cuda_product(fields, alpha, beta);
  return nm_cuda_algorithm_known(weights, &p, known);
}

/* out: configuration, split-K, candidates, rejected; milliseconds: the best, configuration 0. */
inline int32_t nm4j_cuda_search(const nm_cuda_weights* weights, nm_cuda_stream* stream, const int64_t* fields,
                                float alpha, float beta, int32_t iterations, int32_t runs, int64_t* out,
                                double* milliseconds) {
  const nm_cuda_product p = nm4j_cuda_product(fields, alpha, beta);
  nm_cuda_algorithm found = {};
  const int32_t status = nm_cuda_search(weights, &p, stream, iterations, runs, &found);
  out[0] = found.config;
  out[1] = found.split_k;
  out[2] = found.candidates;
  out[3] = found.rejected;
  milliseconds[0] = found.milliseconds;
  milliseconds[1] = found.default_milliseconds;
  return status;
}

inline int32_t nm4j_cuda_algorithms_export(void* text, int64_t capacity, int64_t* size) {
  return nm_cuda_algorithms_export(static_cast<char*>(text), capacity, size);
}

/* bits: in device memory. */
inline int32_t nm4j_cuda_mask_distance(nm_cuda_stream* stream, const uint8_t* a, const uint8_t* b, int64_t rows,
                                       int64_t cols, void* bits) {
  return nm_cuda_mask_distance(stream, a, b, rows, cols, static_cast<int64_t*>(bits));
}

/* flips: in device memory. */
inline int32_t nm4j_cuda_update(nm_cuda_stream* stream, const int64_t* integers, const double* numbers,
                                const int64_t* addresses, void* flips) {
  const nm_update u = nm4j_update(integers, numbers, addresses);
  return nm_cuda_update(stream, &u, static_cast<int64_t*>(flips));
}

/* PinnedMemory.buffer(address, bytes): a buffer over memory that it does not own. */
extern "C" JNIEXPORT jobject JNICALL Java_org_nm4j_internal_PinnedMemory_buffer(JNIEnv* env, jclass, jlong address,
                                                                                jlong bytes) {
  return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), bytes);
}

#endif /* NM4J_CUDA_JNI_H_ */
