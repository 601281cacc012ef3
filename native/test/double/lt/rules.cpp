// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Rules without another source are those of NVIDIA's documentation of cuSPARSELt 0.4 to 0.10.
#include "lt/rules.h"

#include <algorithm>
#include <initializer_list>

#include "lt/model.h"
#include "lt/numbers.h"

namespace nm4j_double {
namespace {

bool eight_bit_float(int type) { return type == R_8F_E4M3 || type == R_8F_E5M2; }

bool among(int value, std::initializer_list<int> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

int64_t up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

// 8-bit operands are contiguous along the reduction dimension, also where one is sparse (measured with 0.10; the text
// of 0.4 has it the other way round for sparse B).
bool along_k(const MatObject& a, int op_a, const MatObject& b, int op_b) {
  return (a.order == ROW) == (op_a == NON_TRANSPOSE) && (b.order == COL) == (op_b == NON_TRANSPOSE);
}

bool types_match(int a, int b, int c, int d, int compute) {
  if (a != b) return false;
  switch (a) {
    case R_32F:
    case R_16BF:
      return c == a && d == a && compute == COMPUTE_32F;
    case R_16F:
      return c == a && d == a && compute != COMPUTE_32I;
    case R_8I:
      return c == d && among(c, {R_8I, R_32I, R_16F, R_16BF}) && compute == COMPUTE_32I;
    default:  // 8-bit floats
      if (compute != COMPUTE_32F) return false;
      return d == a ? among(c, {R_16F, R_16BF}) : c == d && among(d, {R_16F, R_16BF, R_32F});
  }
}

}  // namespace

Status check_mat(int64_t rows, int64_t cols, int64_t ld, uint32_t alignment, int type, int order, bool structured) {
  const int64_t bytes = type_bytes(type);
  if (bytes == 0 || (structured && type == R_32I) || !among(order, {COL, ROW})) return INVALID_VALUE;
  if (rows <= 0 || cols <= 0 || ld < (order == ROW ? cols : rows)) return INVALID_VALUE;
  if (alignment == 0 || alignment % 16 != 0) return NOT_SUPPORTED;
  const int64_t multiple = (structured ? 32 : 16) / bytes;
  if (rows % multiple != 0 || cols % multiple != 0 || ld % multiple != 0) return NOT_SUPPORTED;
  const int64_t limit = (int64_t{1} << 32) / bytes - 1;
  if (rows > limit / cols) return NOT_SUPPORTED;
  return SUCCESS;
}

Status check_matmul(const MatmulObject& matmul, const MatObject& a, const MatObject& b, const MatObject& c,
                    const MatObject& d) {
  if (a.structured == b.structured || c.structured || d.structured) return INVALID_VALUE;
  if (!among(matmul.op_a, {NON_TRANSPOSE, TRANSPOSE}) || !among(matmul.op_b, {NON_TRANSPOSE, TRANSPOSE}) ||
      !among(matmul.compute, {COMPUTE_32I, COMPUTE_16F, COMPUTE_32F})) {
    return INVALID_VALUE;
  }
  if (a.batches != b.batches || a.batches != c.batches || a.batches != d.batches) return INVALID_VALUE;
  const bool ta = matmul.op_a == TRANSPOSE, tb = matmul.op_b == TRANSPOSE;
  const int64_t m = ta ? a.cols : a.rows, k = ta ? a.rows : a.cols;
  const int64_t kb = tb ? b.cols : b.rows, n = tb ? b.rows : b.cols;
  if (k != kb || c.rows != m || c.cols != n || d.rows != m || d.cols != n) return INVALID_VALUE;
  if (c.ld != d.ld || c.order != d.order || c.stride != d.stride) return NOT_SUPPORTED;
  if (!types_match(a.type, b.type, c.type, d.type, matmul.compute)) return NOT_SUPPORTED;
  if (type_bytes(a.type) == 1 && !along_k(a, matmul.op_a, b, matmul.op_b)) return NOT_SUPPORTED;
  return SUCCESS;
}

Status check_device(const MatmulObject& matmul, int type_a) {
  int major, minor;
  capability(&major, &minor);
  const int sm = major * 10 + minor;
  if (type_a == R_16F && matmul.compute == COMPUTE_16F && sm != 90) return NOT_SUPPORTED;
  if (type_a == R_8I && sm == 103) return NOT_SUPPORTED;
  if (eight_bit_float(type_a)) {
    if (sm < 89 || (sm == 89 && kModel.number() < 80)) return NOT_SUPPORTED;
  }
  return SUCCESS;
}

bool has_gelu(int type_a, int type_d) {
  return (type_a == R_8I && type_d == R_8I) || (eight_bit_float(type_a) && type_d == R_16BF);
}

int bias_type(int type_a, int type_c) { return type_a == R_8I ? R_32F : type_c; }

int config_count(int type_a) { return type_bytes(type_a) == 1 ? 7 : type_bytes(type_a) == 2 ? 5 : 4; }

double microseconds(int64_t m, int64_t n, int64_t k, int config, int split_k) {
  constexpr double kFactors[] = {1.0, 0.9, 1.2, 0.7, 1.1, 0.8, 1.3};
  const double work = 1 + static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) / 1e6;
  return 10 * work * kFactors[config] * (split_k == 1 ? 1.0 : k >= 256 ? 0.8 : 1.5);
}

size_t workspace_bytes(int64_t m, int64_t n, int64_t batches, const AlgObject& alg) {
  const int64_t partial = alg.split_k > 1 ? m * n * batches * 4 * std::max(1, alg.split_k_buffers) : 0;
  return static_cast<size_t>(512 * (alg.config + 1) + partial);
}

// Sizes as measured with 0.10 on compute capability 8.6 and 8.9.
CompressedBytes compressed_bytes(const MatObject& mat, bool of_plan) {
  const int64_t bytes = type_bytes(mat.type), k = mat.cols, rows = mat.rows;
  const int64_t values = rows * (k / 2) * bytes;
  if (bytes == 1) return {values, up(rows, 64) * up(k, 128) / 4, up(rows, 64) * up(k, 128) / 8};
  if (bytes == 4) {
    const int64_t metadata = std::max(up(rows, 16) * up(k, 64), up(rows, 64) * up(k, 16)) / 2;
    return {values, metadata, metadata / 2};
  }
  const int64_t plan = up(rows, 32) * up(k, 64) / 8;
  const int64_t metadata = of_plan ? plan : std::max(plan, up(rows, 64) * up(k, 32) / 8);
  return {values, metadata, metadata};
}

}  // namespace nm4j_double
