// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The functions of cuSPARSELt that multiply.
#include <cstring>

#include "lt/arithmetic.h"
#include "lt/compressed.h"
#include "lt/entry.h"
#include "lt/numbers.h"
#include "lt/rules.h"
#include "runtime/memory.h"

using namespace nm4j_double;

namespace {

struct Call {
  const void *alpha, *a, *b, *beta, *c;
  void *d, *workspace;
  cudaStream_t* streams;
  int32_t count;

  cudaStream_t stream() const { return count > 0 ? streams[0] : nullptr; }
};

Status check_call(const void* handle, const void* plan, const Call& call) {
  if (handle == nullptr || plan == nullptr) return INVALID_VALUE;
  if (call.alpha == nullptr || call.beta == nullptr || call.a == nullptr || call.b == nullptr || call.c == nullptr ||
      call.d == nullptr) {
    return INVALID_VALUE;
  }
  return call.count < 0 || (call.count > 0 && call.streams == nullptr) ? INVALID_VALUE : SUCCESS;
}

// Lines of each matrix of a batch.
void append(std::vector<Access>* accesses, const char* name, const MatObject& mat, const void* data, bool writes,
            int device) {
  const int64_t bytes = type_bytes(mat.type), lines = mat.lines(), width = mat.width();
  if (reinterpret_cast<uintptr_t>(data) % 16 != 0) breach("%s: %p is not aligned to 16 bytes", name, data);
  for (int64_t i = 0; i < (mat.stride == 0 ? 1 : mat.batches); ++i) {
    const Access access = {static_cast<const unsigned char*>(data) + i * mat.stride * bytes,
                           static_cast<size_t>(width * bytes), static_cast<size_t>(mat.ld * bytes),
                           static_cast<size_t>(lines), writes};
    require_device_memory(name, access.data, (access.rows - 1) * access.pitch + access.width, device);
    accesses->push_back(access);
  }
}

void append(std::vector<Access>* accesses, const char* name, const void* data, size_t bytes, bool writes, int device) {
  require_device_memory(name, data, bytes, device);
  accesses->push_back({data, bytes, bytes, 1, writes});
}

// What an execution needs, taken down now: host scalars may change as soon as the call returns.
Execution describe(const MatmulObject& m, const AlgObject& alg, const Call& call) {
  Execution e = {};
  e.a = find_mat(m.mats[0]);
  e.b = find_mat(m.mats[1]);
  e.c = find_mat(m.mats[2]);
  e.d = find_mat(m.mats[3]);
  e.matmul = m;
  e.config = alg.config;
  e.split_k = alg.split_k;
  if (m.alpha_vector) {
    e.alphas = static_cast<const unsigned char*>(call.alpha);
    if (m.beta_vector) e.betas = static_cast<const unsigned char*>(call.beta);
  } else {
    std::memcpy(&e.alpha, call.alpha, sizeof e.alpha);
  }
  if (!m.beta_vector) std::memcpy(&e.beta, call.beta, sizeof e.beta);
  e.data_a = static_cast<const unsigned char*>(call.a);
  e.data_b = static_cast<const unsigned char*>(call.b);
  e.data_c = static_cast<const unsigned char*>(call.c);
  e.data_d = static_cast<unsigned char*>(call.d);
  return e;
}

std::vector<Access> accesses_of(const Execution& e, const Call& call, size_t workspace, int device) {
  std::vector<Access> all;
  const MatObject& sparse = e.a.structured ? e.a : e.b;
  const CompressedBytes bytes = compressed_bytes(sparse, true);
  const int64_t matrices = sparse.stride == 0 ? 1 : sparse.batches;
  append(&all, "matmul, sparse operand", e.a.structured ? call.a : call.b,
         static_cast<size_t>((bytes.values + bytes.metadata) * matrices), false, device);
  append(&all, e.a.structured ? "matmul, B" : "matmul, A", e.a.structured ? e.b : e.a, e.a.structured ? call.b : call.a,
         false, device);
  if (e.beta != 0 || e.betas != nullptr) append(&all, "matmul, C", e.c, call.c, false, device);
  append(&all, "matmul, D", e.d, call.d, true, device);
  const auto rows = static_cast<size_t>(e.d.rows);
  if (e.alphas != nullptr) append(&all, "matmul, alpha", e.alphas, rows * sizeof(float), false, device);
  if (e.betas != nullptr) append(&all, "matmul, beta", e.betas, rows * sizeof(float), false, device);
  if (e.matmul.bias != nullptr) {
    const auto more = static_cast<size_t>(e.matmul.bias_stride * (e.d.batches - 1));
    append(&all, "matmul, bias", e.matmul.bias,
           (rows + more) * static_cast<size_t>(type_bytes(bias_type(e.a.type, e.c.type))), false, device);
  }
  if (workspace > 0) append(&all, "matmul, workspace", call.workspace, workspace, true, device);
  return all;
}

// A broken configuration is wrong every other time.
bool computes_wrong(int config) {
  static int times = 0;
  return is_broken_config(config) && ++times % 2 == 0;
}

void run(const Execution& e, void* workspace, size_t workspace_size) {
  const MatObject& sparse = e.a.structured ? e.a : e.b;
  const bool along = groups_along_cols(e.a.structured, e.a.structured ? e.matmul.op_a : e.matmul.op_b);
  require_compressed(e.a.structured ? e.data_a : e.data_b, sparse, along);
  // Whoever keeps something there loses it.
  if (workspace_size > 0) std::memset(workspace, 0xff, workspace_size);
  multiply(e, computes_wrong(e.config));
}

}  // namespace

NM4J_LT Status cusparseLtMatmul(const void* handle, const void* plan, const void* alpha, const void* a, const void* b,
                                const void* beta, const void* c, void* d, void* workspace, cudaStream_t* streams,
                                int32_t count) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  const Call call = {alpha, a, b, beta, c, d, workspace, streams, count};
  if (const Status status = check_call(handle, plan, call)) return status;
  find_handle(handle);
  const PlanObject& object = find_plan(plan);
  const AlgObject& alg = find_alg(object.alg);
  if (alg.split_k > 1 && alg.split_k_mode == 2 && alg.split_k_buffers == 0) return INTERNAL_ERROR;
  const Execution e = describe(find_matmul(object.matmul), alg, call);
  const size_t bytes = workspace_bytes(e.d.rows, e.d.cols, e.d.batches, alg);
  if (bytes > 0 && workspace == nullptr) breach("matmul: NULL for a workspace of %zu bytes", bytes);
  const int64_t k = e.matmul.op_a == NON_TRANSPOSE ? e.a.cols : e.a.rows;
  enqueue(
      call.stream(), accesses_of(e, call, bytes, resolve(call.stream())->device), [=] { run(e, workspace, bytes); },
      microseconds(e.d.rows, e.d.cols, k, alg.config, alg.split_k) * e.d.batches);
  return SUCCESS;
}

// Runs each configuration, on the caller's memory, and ends with the fastest in the plan, with split-K for long sums.
NM4J_LT Status cusparseLtMatmulSearch(const void* handle, void* plan, const void* alpha, const void* a, const void* b,
                                      const void* beta, const void* c, void* d, void* workspace, cudaStream_t* streams,
                                      int32_t count) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  const Call call = {alpha, a, b, beta, c, d, workspace, streams, count};
  if (const Status status = check_call(handle, plan, call)) return status;
  find_handle(handle);
  const PlanObject& object = find_plan(plan);
  AlgObject& alg = find_alg(object.alg);
  int best = 0;
  int64_t k = 0;
  for (int config = 0; config < alg.max_config; ++config) {
    alg.config = config;
    const Execution e = describe(find_matmul(object.matmul), alg, call);
    k = e.matmul.op_a == NON_TRANSPOSE ? e.a.cols : e.a.rows;
    for (int i = 0; i <= alg.iterations; ++i) {
      enqueue(call.stream(), accesses_of(e, call, 0, resolve(call.stream())->device), [=] { run(e, nullptr, 0); });
    }
    if (microseconds(1, 1, 1, config, 1) < microseconds(1, 1, 1, best, 1)) best = config;
  }
  cudaStreamSynchronize(call.stream());
  alg.config = best;
  if (k >= 256) {
    alg.split_k = 2;
    alg.split_k_mode = 2;
    alg.split_k_buffers = 1;
  }
  return SUCCESS;
}
