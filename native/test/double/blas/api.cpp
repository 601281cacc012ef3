// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The double of cuBLAS: the few functions that nm4j calls, on the host, late, and strict about arguments.
#include <set>
#include <vector>

#include "lt/numbers.h"
#include "runtime/memory.h"
#include "runtime/queue.h"

#define NM4J_BLAS extern "C" NM4J_DOUBLE_API

using namespace nm4j_double;

namespace {

constexpr int kSuccess = 0, kAllocFailed = 3, kInvalidValue = 7, kInternalError = 14;
constexpr int kNone = 0, kTranspose = 1, kF32 = 0, kF16 = 2, kBf16 = 14, kCompute32F = 68, kDefaultAlgorithm = -1;

struct Context {
  int device;
  cudaStream_t stream = nullptr;
};

std::set<Context*>& contexts() {
  static std::set<Context*> all;
  return all;
}

Context* find(void* handle) {
  auto* const context = static_cast<Context*>(handle);
  if (contexts().count(context) == 0) breach("cublas: a handle that does not exist");
  if (context->device != current_device()) {
    breach("cublas: a handle of device %d while device %d is current", context->device, current_device());
  }
  return context;
}

// Columns of a matrix in memory.
struct Operand {
  const char* name;
  int type;
  const void* data;
  int rows, cols, ld;

  const unsigned char* at(int row, int col) const {
    return static_cast<const unsigned char*>(data) + (int64_t{col} * ld + row) * type_bytes(type);
  }
  float value(int row, int col) const { return read_number(type, at(row, col)); }
};

void append(std::vector<Access>* accesses, const Operand& m, bool writes, int device) {
  if (m.ld < (m.rows > 1 ? m.rows : 1)) breach("cublasGemmEx, %s: %d rows with ld %d", m.name, m.rows, m.ld);
  if (m.rows == 0 || m.cols == 0) return;
  const auto bytes = static_cast<size_t>(type_bytes(m.type));
  const Access access = {m.data, m.rows * bytes, m.ld * bytes, static_cast<size_t>(m.cols), writes};
  if (reinterpret_cast<uintptr_t>(m.data) % bytes != 0) breach("cublasGemmEx, %s: not aligned to its type", m.name);
  require_device_memory(m.name, m.data, (access.rows - 1) * access.pitch + access.width, device);
  accesses->push_back(access);
}

void multiply(const Operand& a, bool turn_a, const Operand& b, bool turn_b, float alpha, float beta, const Operand& c) {
  const int k = turn_a ? a.rows : a.cols;
  for (int col = 0; col < c.cols; ++col) {
    for (int row = 0; row < c.rows; ++row) {
      double sum = 0;
      for (int i = 0; i < k; ++i) {
        sum += double{turn_a ? a.value(i, row) : a.value(row, i)} * (turn_b ? b.value(col, i) : b.value(i, col));
      }
      sum *= alpha;
      if (beta != 0) sum += double{beta} * c.value(row, col);
      write_number(c.type, static_cast<float>(sum), const_cast<unsigned char*>(c.at(row, col)));
    }
  }
}

}  // namespace

NM4J_BLAS int cublasGetProperty(int property, int* value) {
  if (value == nullptr || property < 0 || property > 2) return kInvalidValue;
  *value = property == 0 ? 13 : 0;
  return kSuccess;
}

NM4J_BLAS int cublasCreate_v2(void** handle) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return kAllocFailed;
  auto* const context = new Context{current_device()};
  contexts().insert(context);
  count_live(1);
  *handle = context;
  return kSuccess;
}

NM4J_BLAS int cublasDestroy_v2(void* handle) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  Context* const context = find(handle);
  contexts().erase(context);
  count_live(-1);
  delete context;
  return kSuccess;
}

NM4J_BLAS int cublasSetStream_v2(void* handle, cudaStream_t stream) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return kInternalError;
  Context* const context = find(handle);
  if (resolve(stream)->device != context->device) breach("cublasSetStream: a stream of another device");
  context->stream = stream;
  return kSuccess;
}

NM4J_BLAS int cublasGemmEx(void* handle, int op_a, int op_b, int m, int n, int k, const void* alpha, const void* a,
                           int type_a, int lda, const void* b, int type_b, int ldb, const void* beta, void* c,
                           int type_c, int ldc, int compute, int algorithm) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return kInternalError;
  Context* const context = find(handle);
  const auto known = [](int type) { return type == kF32 || type == kF16 || type == kBf16; };
  if (!known(type_a) || type_b != type_a || (type_c != type_a && type_c != kF32) || compute != kCompute32F ||
      algorithm != kDefaultAlgorithm) {
    breach("cublasGemmEx: types %d, %d and %d, computation %d, algorithm %d", type_a, type_b, type_c, compute,
           algorithm);
  }
  if (m < 0 || n < 0 || k < 0 || (op_a != kNone && op_a != kTranspose) || (op_b != kNone && op_b != kTranspose) ||
      alpha == nullptr || beta == nullptr) {
    return kInvalidValue;
  }
  const bool turn_a = op_a == kTranspose, turn_b = op_b == kTranspose;
  const Operand left = {"A", type_a, a, turn_a ? k : m, turn_a ? m : k, lda};
  const Operand right = {"B", type_b, b, turn_b ? n : k, turn_b ? k : n, ldb};
  const Operand result = {"C", type_c, c, m, n, ldc};
  const float by_alpha = *static_cast<const float*>(alpha), by_beta = *static_cast<const float*>(beta);
  std::vector<Access> accesses;
  append(&accesses, left, false, context->device);
  append(&accesses, right, false, context->device);
  if (by_beta != 0) append(&accesses, result, false, context->device);
  append(&accesses, result, true, context->device);
  enqueue(context->stream, accesses, [=] { multiply(left, turn_a, right, turn_b, by_alpha, by_beta, result); });
  return kSuccess;
}
