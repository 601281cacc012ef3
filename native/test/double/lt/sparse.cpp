// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The functions of cuSPARSELt that prune, check and compress.
#include "lt/arithmetic.h"
#include "lt/compressed.h"
#include "lt/entry.h"
#include "lt/numbers.h"
#include "lt/rules.h"
#include "runtime/memory.h"

using namespace nm4j_double;

namespace {

// The sparse operand, and how it lies.
struct Sparse {
  MatObject mat;
  bool is_a;
  int op;

  bool along_cols() const { return groups_along_cols(is_a, op); }
};

Sparse of_matmul(const void* matmul) {
  const MatmulObject& m = find_matmul(matmul);
  const MatObject& a = find_mat(m.mats[0]);
  return a.structured ? Sparse{a, true, m.op_a} : Sparse{find_mat(m.mats[1]), false, m.op_b};
}

size_t dense_bytes(const MatObject& mat) {
  const int64_t matrices = mat.stride == 0 ? 1 : mat.batches;
  return static_cast<size_t>(((matrices - 1) * mat.stride + mat.lines() * mat.ld) * type_bytes(mat.type));
}

Access dense_access(const MatObject& mat, const void* data, bool writes) {
  return {data, dense_bytes(mat), dense_bytes(mat), 1, writes};
}

void require_aligned(const char* name, const void* memory) {
  if (reinterpret_cast<uintptr_t>(memory) % 16 != 0) breach("%s: %p is not aligned to 16 bytes", name, memory);
}

void require(const char* name, const void* memory, size_t bytes, cudaStream_t stream) {
  require_aligned(name, memory);
  require_device_memory(name, memory, bytes, resolve(stream)->device);
}

Status prune_on(const Sparse& sparse, const void* in, void* out, int algorithm, cudaStream_t stream) {
  if (in == nullptr || out == nullptr || algorithm < 0 || algorithm > 1) return INVALID_VALUE;
  require("prune, in", in, dense_bytes(sparse.mat), stream);
  require("prune, out", out, dense_bytes(sparse.mat), stream);
  enqueue(stream, {dense_access(sparse.mat, in, false), dense_access(sparse.mat, out, true)}, [=] {
    prune(sparse.mat, sparse.along_cols(), algorithm == 0, static_cast<const unsigned char*>(in),
          static_cast<unsigned char*>(out));
  });
  return SUCCESS;
}

// The verdict is written on the device.
Status check_on(const Sparse& sparse, const void* in, int* valid, cudaStream_t stream) {
  if (in == nullptr || valid == nullptr) return INVALID_VALUE;
  require("prune check", in, dense_bytes(sparse.mat), stream);
  require("prune check, valid", valid, sizeof *valid, stream);
  enqueue(stream, {dense_access(sparse.mat, in, false), {valid, sizeof *valid, sizeof *valid, 1, true}},
          [=] { *valid = obeys(sparse.mat, sparse.along_cols(), static_cast<const unsigned char*>(in)) ? 0 : 1; });
  return SUCCESS;
}

Status sizes_of(const MatObject& mat, bool of_plan, size_t* compressed, size_t* buffer) {
  if (compressed == nullptr || buffer == nullptr) return INVALID_VALUE;
  const CompressedBytes bytes = compressed_bytes(mat, of_plan);
  const int64_t matrices = mat.stride == 0 ? 1 : mat.batches;
  *compressed = static_cast<size_t>((bytes.values + bytes.metadata) * matrices);
  *buffer = static_cast<size_t>(bytes.temporary * matrices);
  return SUCCESS;
}

// of_plan: the caller has a plan, hence its sizes.
Status compress_on(const Sparse& sparse, bool of_plan, const void* dense, void* compressed, void* buffer,
                   cudaStream_t stream) {
  if (dense == nullptr || compressed == nullptr) return INVALID_VALUE;
  size_t bytes, temporary;
  sizes_of(sparse.mat, of_plan, &bytes, &temporary);
  require("compress, dense", dense, dense_bytes(sparse.mat), stream);
  require("compress, compressed", compressed, bytes, stream);
  if (buffer == nullptr) breach("compress: NULL for a buffer of %zu bytes", temporary);
  require("compress, buffer", buffer, temporary, stream);
  enqueue(stream,
          {dense_access(sparse.mat, dense, false),
           {compressed, bytes, bytes, 1, true},
           {buffer, temporary, temporary, 1, true}},
          [=] {
            compress(sparse.mat, sparse.along_cols(), static_cast<const unsigned char*>(dense),
                     static_cast<unsigned char*>(compressed));
            remember_compressed(compressed, sparse.mat, sparse.along_cols());
          });
  return SUCCESS;
}

}  // namespace

NM4J_LT Status cusparseLtSpMMAPrune(const void* handle, const void* matmul, const void* in, void* out, int algorithm,
                                    cudaStream_t stream) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || matmul == nullptr) return INVALID_VALUE;
  find_handle(handle);
  return prune_on(of_matmul(matmul), in, out, algorithm, stream);
}

NM4J_LT Status cusparseLtSpMMAPrune2(const void* handle, const void* mat, int is_a, int op, const void* in, void* out,
                                     int algorithm, cudaStream_t stream) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || mat == nullptr || !find_mat(mat).structured) return INVALID_VALUE;
  find_handle(handle);
  return prune_on({find_mat(mat), is_a != 0, op}, in, out, algorithm, stream);
}

NM4J_LT Status cusparseLtSpMMAPruneCheck(const void* handle, const void* matmul, const void* in, int* valid,
                                         cudaStream_t stream) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || matmul == nullptr) return INVALID_VALUE;
  find_handle(handle);
  return check_on(of_matmul(matmul), in, valid, stream);
}

NM4J_LT Status cusparseLtSpMMAPruneCheck2(const void* handle, const void* mat, int is_a, int op, const void* in,
                                          int* valid, cudaStream_t stream) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || mat == nullptr || !find_mat(mat).structured) return INVALID_VALUE;
  find_handle(handle);
  return check_on({find_mat(mat), is_a != 0, op}, in, valid, stream);
}

NM4J_LT Status cusparseLtSpMMACompressedSize(const void* handle, const void* plan, size_t* compressed, size_t* buffer) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || plan == nullptr) return INVALID_VALUE;
  find_handle(handle);
  return sizes_of(of_matmul(find_plan(plan).matmul).mat, true, compressed, buffer);
}

NM4J_LT Status cusparseLtSpMMACompressedSize2(const void* handle, const void* mat, size_t* compressed, size_t* buffer) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || mat == nullptr || !find_mat(mat).structured) return INVALID_VALUE;
  find_handle(handle);
  return sizes_of(find_mat(mat), false, compressed, buffer);
}

NM4J_LT Status cusparseLtSpMMACompress(const void* handle, const void* plan, const void* dense, void* compressed,
                                       void* buffer, cudaStream_t stream) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || plan == nullptr) return INVALID_VALUE;
  find_handle(handle);
  return compress_on(of_matmul(find_plan(plan).matmul), true, dense, compressed, buffer, stream);
}

NM4J_LT Status cusparseLtSpMMACompress2(const void* handle, const void* mat, int is_a, int op, const void* dense,
                                        void* compressed, void* buffer, cudaStream_t stream) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || mat == nullptr || !find_mat(mat).structured) return INVALID_VALUE;
  find_handle(handle);
  return compress_on({find_mat(mat), is_a != 0, op}, false, dense, compressed, buffer, stream);
}
