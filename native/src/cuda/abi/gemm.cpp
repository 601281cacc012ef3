// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_gemm.
#include <algorithm>
#include <cinttypes>
#include <mutex>
#include <string>

#include "abi/train_rule.h"
#include "cuda/abi/kernel_check.h"
#include "cuda/blas/library.h"

using nm::fail;
using nm::guarded;
using nm::cuda::check_stream;
using nm::cuda::DeviceArguments;
using nm::cuda::view;

namespace {

namespace blas = nm::cuda::blas;

blas::DataType data_type(int32_t dtype) {
  if (dtype == NM_F32) return blas::DataType::kF32;
  return dtype == NM_BF16 ? blas::DataType::kBf16 : blas::DataType::kF16;
}

int32_t check_size(const char* name, int64_t value) {
  if (0 <= value && value <= INT32_MAX) return NM_OK;
  return fail(value < 0 ? NM_INVALID_ARGUMENT : NM_UNSUPPORTED, "%s: expected 0 to 2147483647, got %" PRId64, name,
              value);
}

int32_t check_flag(const char* name, int32_t value) {
  if (value == 0 || value == 1) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected 0 or 1, got %d", name, value);
}

// op(M) is rows x cols.
int32_t check_operand(DeviceArguments* arguments, const char* name, int32_t dtype, const void* data, int64_t rows,
                      int64_t cols, bool transposed, int64_t ld) {
  NM_TRY(check_size(("ld" + std::string(name)).c_str(), ld));
  return arguments->in(view(dtype, data, transposed ? cols : rows, transposed ? rows : cols, ld), name);
}

int32_t check_gemm(const nm_cuda_gemm_problem& p, DeviceArguments* arguments) {
  NM_TRY(nm::cuda::check_float_element("dtype", p.dtype));
  NM_TRY(nm::cuda::check_float_element("c_dtype", p.c_dtype));
  if (p.c_dtype != p.dtype && p.c_dtype != NM_F32) {
    return fail(NM_UNSUPPORTED, "c_dtype: expected fp32 or the type of A and B, %d, got %d", p.dtype, p.c_dtype);
  }
  NM_TRY(check_flag("transpose_a", p.transpose_a));
  NM_TRY(check_flag("transpose_b", p.transpose_b));
  NM_TRY(check_size("m", p.m));
  NM_TRY(check_size("n", p.n));
  NM_TRY(check_size("k", p.k));
  NM_TRY(nm::check_finite_number("beta", p.beta));
  NM_TRY(check_operand(arguments, "a", p.dtype, p.a, p.m, p.k, p.transpose_a != 0, p.lda));
  NM_TRY(check_operand(arguments, "b", p.dtype, p.b, p.k, p.n, p.transpose_b != 0, p.ldb));
  NM_TRY(check_size("ldc", p.ldc));
  return arguments->out(view(p.c_dtype, p.c, p.m, p.n, p.ldc), "c");
}

blas::Operation operation(int32_t transposed) {
  return transposed != 0 ? blas::Operation::kTranspose : blas::Operation::kNone;
}

// cuBLAS sees rows as columns: C^T = op(B)^T op(A)^T, where B^T and A^T lie as B and A do here.
int32_t multiply(blas::Handle handle, const nm_cuda_gemm_problem& p) {
  const float alpha = 1.0f;
  const auto ld = [](int64_t value) { return static_cast<int>(std::max<int64_t>(value, 1)); };
  const blas::DataType type = data_type(p.dtype);
  return blas::check_blas(
      blas::library().functions.GemmEx(handle, operation(p.transpose_b), operation(p.transpose_a),
                                       static_cast<int>(p.n), static_cast<int>(p.m), static_cast<int>(p.k), &alpha, p.b,
                                       type, ld(p.ldb), p.a, type, ld(p.lda), &p.beta, p.c, data_type(p.c_dtype),
                                       ld(p.ldc), blas::Compute::k32F, blas::Algorithm::kDefault),
      "cublasGemmEx");
}

}  // namespace

int32_t nm_cuda_gemm(nm_cuda_stream* stream, const nm_cuda_gemm_problem* problem) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_not_null("problem", problem));
    const nm_cuda_gemm_problem& p = *problem;
    DeviceArguments arguments(stream);
    NM_TRY(check_gemm(p, &arguments));
    if (p.m == 0 || p.n == 0) return NM_OK;
    nm::cuda::DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    const std::lock_guard<std::mutex> lock(stream->mutex);
    if (stream->blas == nullptr) NM_TRY(blas::create(stream->raw, &stream->blas));
    return multiply(stream->blas, p);
  });
}
