// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. What lies behind the opaque structs, and that callers treat them as they have to: a struct that was moved,
// written to, used before its init or after its destroy ends the process.
#ifndef NM4J_DOUBLE_LT_OBJECTS_H_
#define NM4J_DOUBLE_LT_OBJECTS_H_

#include <cstdint>
#include <thread>

#include "lt/names.h"
#include "runtime/queue.h"

namespace nm4j_double {

struct HandleObject {
  int device;
  std::thread::id thread;
};

struct MatObject {
  uint64_t handle;
  int64_t rows, cols, ld;
  int type, order;
  bool structured;
  int batches;
  int64_t stride;
  bool used;  // by a matmul descriptor: attributes are fixed
  int plans;  // that refer to it

  int64_t lines() const { return order == ROW ? rows : cols; }
  int64_t width() const { return order == ROW ? cols : rows; }
};

struct MatmulObject {
  uint64_t handle;
  int op_a, op_b, compute;
  const void* mats[4];  // A, B, C, D
  uint64_t mat_ids[4];
  int relu, gelu, alpha_vector, beta_vector;
  float relu_upper, relu_threshold, gelu_scaling;
  int64_t bias_stride;
  const void* bias;
  bool used;  // by a selection: the epilogue is fixed
};

struct AlgObject {
  uint64_t handle;
  const void* matmul;
  int config, max_config, iterations, split_k, split_k_mode, split_k_buffers;
  int plans;
};

struct PlanObject {
  uint64_t handle;
  const void *matmul, *alg;
  uint64_t alg_id;
};

// Makes the struct at `opaque` one of T; NULL is refused by the caller. kind: its name in messages.
template <typename T>
T& create(const void* opaque, const char* kind, T object);

// The object, after all checks.
template <typename T>
T& find(const void* opaque, const char* kind);

template <typename T>
void destroy(const void* opaque, const char* kind);

// The identity of a struct, for those that refer to it.
uint64_t identity(const void* opaque);

// Objects of a handle that still exist.
int64_t children(uint64_t handle);

// The handle, which belongs to this thread and to the current device.
HandleObject& find_handle(const void* handle);

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_LT_OBJECTS_H_
