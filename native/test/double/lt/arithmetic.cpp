// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL.
#include "lt/arithmetic.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lt/numbers.h"

namespace nm4j_double {
namespace {

int64_t offset(const MatObject& mat, int64_t row, int64_t col) {
  return (mat.order == ROW ? row * mat.ld + col : col * mat.ld + row) * type_bytes(mat.type);
}

struct Group {
  int length, kept;
};
Group group_of(int type) { return type == R_32F ? Group{2, 1} : Group{4, 2}; }

// Compressed batches lie one after another; a stride of 0 is one matrix for all.
int64_t matrices(const MatObject& mat) { return mat.stride == 0 ? 1 : mat.batches; }

// The element `i` of group `g` of line `line`.
int64_t element(const MatObject& mat, bool along_cols, int64_t line, int64_t index) {
  return along_cols ? offset(mat, line, index) : offset(mat, index, line);
}
int64_t line_count(const MatObject& mat, bool along_cols) { return along_cols ? mat.rows : mat.cols; }
int64_t line_length(const MatObject& mat, bool along_cols) { return along_cols ? mat.cols : mat.rows; }

bool zero(int type, const unsigned char* at) { return read_number(type, at) == 0; }

template <typename Body>
void each_group(const MatObject& mat, bool along_cols, const Body& body) {
  const int length = group_of(mat.type).length;
  for (int64_t matrix = 0; matrix < matrices(mat); ++matrix) {
    for (int64_t line = 0; line < line_count(mat, along_cols); ++line) {
      for (int64_t first = 0; first < line_length(mat, along_cols); first += length) body(matrix, line, first);
    }
  }
}

// A dense element as it takes part: fp32 operands as TF32.
float operand(int type, const unsigned char* at) {
  const float value = read_number(type, at);
  return type == R_32F ? to_tf32(value) : value;
}

struct Kept {
  int64_t index;  // along k
  float value;
};

// The kept elements of each line of the sparse operand.
std::vector<std::vector<Kept>> decode(const MatObject& mat, bool along_cols, const unsigned char* compressed) {
  const Group group = group_of(mat.type);
  const int64_t lines = line_count(mat, along_cols), groups = line_length(mat, along_cols) / group.length;
  const int64_t bytes = type_bytes(mat.type);
  const unsigned char* const metadata = compressed + compressed_bytes(mat, true).values;
  std::vector<std::vector<Kept>> out(static_cast<size_t>(lines));
  for (int64_t line = 0; line < lines; ++line) {
    for (int64_t g = 0; g < groups; ++g) {
      const int64_t at = line * groups + g;
      const int nibble = metadata[at / 2] >> (at % 2 * 4) & 15;
      for (int i = 0; i < group.kept; ++i) {
        const float value = operand(mat.type, compressed + (at * group.kept + i) * bytes);
        out[static_cast<size_t>(line)].push_back({g * group.length + (nibble >> 2 * i & 3), value});
      }
    }
  }
  return out;
}

float gelu(float x) { return 0.5f * x * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x))); }

float activate(const MatmulObject& matmul, float value) {
  if (matmul.gelu) return matmul.gelu_scaling * gelu(value);
  if (!matmul.relu) return value;
  // The sign stays, as measured below compute capability 12.0.
  if (value <= matmul.relu_threshold) return std::copysign(0.0f, value);
  return std::isnan(value) ? value : std::min(value, matmul.relu_upper);
}

}  // namespace

bool groups_along_cols(bool is_a, int op) { return is_a == (op == NON_TRANSPOSE); }

bool obeys(const MatObject& mat, bool along_cols, const unsigned char* dense) {
  const Group group = group_of(mat.type);
  bool all = true;
  each_group(mat, along_cols, [&](int64_t matrix, int64_t line, int64_t first) {
    int kept = 0;
    for (int i = 0; i < group.length; ++i) {
      kept += !zero(mat.type,
                    dense + matrix * mat.stride * type_bytes(mat.type) + element(mat, along_cols, line, first + i));
    }
    all &= kept <= group.kept;
  });
  return all;
}

void prune(const MatObject& mat, bool along_cols, bool tile, const unsigned char* in, unsigned char* out) {
  const Group group = group_of(mat.type);
  const int64_t bytes = type_bytes(mat.type), side = group.length;
  const int64_t lines = line_count(mat, along_cols), length = line_length(mat, along_cols);
  for (int64_t matrix = 0; matrix < matrices(mat); ++matrix) {
    const unsigned char* const from = in + matrix * mat.stride * bytes;
    unsigned char* const to = out + matrix * mat.stride * bytes;
    for (int64_t line = 0; line < lines; line += tile ? side : 1) {
      for (int64_t first = 0; first < length; first += side) {
        // Every mask of the group, or of the square of groups with as many to each row and column, as bits.
        uint32_t best = 0;
        double best_sum = -1;
        const int64_t height = tile ? side : 1;
        for (uint32_t mask = 0; mask < 1u << (height * side); ++mask) {
          double sum = 0;
          bool legal = true;
          int columns[4] = {};
          for (int64_t r = 0; r < height; ++r) {
            int kept = 0;
            for (int64_t c = 0; c < side; ++c) {
              if ((mask >> (r * side + c) & 1) == 0) continue;
              kept += 1;
              columns[c] += 1;
              sum += std::fabs(read_number(mat.type, from + element(mat, along_cols, line + r, first + c)));
            }
            legal &= kept == group.kept;
          }
          for (int64_t c = 0; tile && c < side; ++c) legal &= columns[c] == group.kept;
          if (legal && sum > best_sum) {
            best = mask;
            best_sum = sum;
          }
        }
        for (int64_t r = 0; r < height; ++r) {
          for (int64_t c = 0; c < side; ++c) {
            const int64_t at = element(mat, along_cols, line + r, first + c);
            if (best >> (r * side + c) & 1) {
              std::memmove(to + at, from + at, static_cast<size_t>(bytes));
            } else {
              std::memset(to + at, 0, static_cast<size_t>(bytes));
            }
          }
        }
      }
    }
  }
}

// Groups with fewer non-zeros are completed with the last elements; of more, the first ones remain.
void compress(const MatObject& mat, bool along_cols, const unsigned char* dense, unsigned char* compressed) {
  const Group group = group_of(mat.type);
  const int64_t bytes = type_bytes(mat.type), groups = line_length(mat, along_cols) / group.length;
  const CompressedBytes sizes = compressed_bytes(mat, true);
  for (int64_t matrix = 0; matrix < matrices(mat); ++matrix) {
    std::memset(compressed + matrix * (sizes.values + sizes.metadata) + sizes.values, 0,
                static_cast<size_t>(sizes.metadata));
  }
  each_group(mat, along_cols, [&](int64_t matrix, int64_t line, int64_t first) {
    unsigned char* const values = compressed + matrix * (sizes.values + sizes.metadata);
    const unsigned char* const from = dense + matrix * mat.stride * bytes;
    const int64_t at = line * groups + first / group.length;
    uint32_t kept = 0;
    const auto full = [&] { return __builtin_popcount(kept) == group.kept; };
    for (int i = 0; i < group.length && !full(); ++i) {
      if (!zero(mat.type, from + element(mat, along_cols, line, first + i))) kept |= 1u << i;
    }
    for (int i = group.length - 1; !full(); --i) kept |= 1u << i;
    int nibble = 0, stored = 0;
    for (int i = 0; i < group.length; ++i) {
      if ((kept >> i & 1) == 0) continue;
      nibble |= i << 2 * stored;
      std::memcpy(values + (at * group.kept + stored++) * bytes, from + element(mat, along_cols, line, first + i),
                  static_cast<size_t>(bytes));
    }
    values[sizes.values + at / 2] |= static_cast<unsigned char>(nibble << (at % 2 * 4));
  });
}

void multiply(const Execution& e, bool wrong) {
  const bool sparse_a = e.a.structured;
  const MatObject &sparse = sparse_a ? e.a : e.b, &dense = sparse_a ? e.b : e.a;
  const bool along_cols = groups_along_cols(sparse_a, sparse_a ? e.matmul.op_a : e.matmul.op_b);
  const bool dense_transposed = (sparse_a ? e.matmul.op_b : e.matmul.op_a) == TRANSPOSE;
  const int64_t dense_bytes = type_bytes(dense.type), c_bytes = type_bytes(e.c.type), d_bytes = type_bytes(e.d.type);
  const CompressedBytes sizes = compressed_bytes(sparse, true);
  const int bias_kind = bias_type(e.a.type, e.c.type);
  const bool backwards = (e.config + e.split_k) % 2 == 0;  // another order of summation

  for (int64_t batch = 0; batch < e.d.batches; ++batch) {
    const unsigned char* const compressed = sparse_a ? e.data_a : e.data_b;
    const int64_t which = sparse.stride == 0 ? 0 : batch;
    auto lines = decode(sparse, along_cols, compressed + which * (sizes.values + sizes.metadata));
    if (backwards) {
      for (auto& line : lines) std::reverse(line.begin(), line.end());
    }
    const unsigned char* const other = (sparse_a ? e.data_b : e.data_a) + batch * dense.stride * dense_bytes;
    for (int64_t row = 0; row < e.d.rows; ++row) {
      for (int64_t col = 0; col < e.d.cols; ++col) {
        const int64_t line = sparse_a ? row : col, free = sparse_a ? col : row;
        float sum = 0;
        int64_t whole = 0;
        for (const Kept& kept : lines[static_cast<size_t>(line)]) {
          // B is k x n, A is m x k, before their operations.
          const bool k_is_row = sparse_a != dense_transposed;
          const unsigned char* const at =
              other + (k_is_row ? offset(dense, kept.index, free) : offset(dense, free, kept.index));
          const float value = operand(dense.type, at);
          if (dense.type == R_8I) {
            whole += static_cast<int64_t>(kept.value) * static_cast<int64_t>(value);
          } else {
            sum = std::fma(kept.value, value, sum);
          }
        }
        if (dense.type == R_8I) sum = static_cast<float>(static_cast<int32_t>(whole));
        float alpha = e.alpha, beta = e.beta;
        if (e.alphas != nullptr) {
          std::memcpy(&alpha, e.alphas + row * 4, sizeof alpha);
          // Measured: without a vector of betas C is not added at all.
          beta = 0;
          if (e.betas != nullptr) std::memcpy(&beta, e.betas + row * 4, sizeof beta);
        }
        float result = alpha * sum;
        if (beta != 0) {
          result += beta * read_number(e.c.type, e.data_c + batch * e.c.stride * c_bytes + offset(e.c, row, col));
        }
        if (e.matmul.bias != nullptr) {
          const int64_t entry = batch * e.matmul.bias_stride + row;
          result +=
              read_number(bias_kind, static_cast<const unsigned char*>(e.matmul.bias) + entry * type_bytes(bias_kind));
        }
        if (wrong && row >= 256) result += 1;
        write_number(e.d.type, activate(e.matmul, result),
                     e.data_d + batch * e.d.stride * d_bytes + offset(e.d, row, col));
      }
    }
  }
}

}  // namespace nm4j_double
