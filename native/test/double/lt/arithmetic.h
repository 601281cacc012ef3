// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. What the library computes, on the host.
#ifndef NM4J_DOUBLE_LT_ARITHMETIC_H_
#define NM4J_DOUBLE_LT_ARITHMETIC_H_

#include <vector>

#include "lt/objects.h"
#include "lt/rules.h"

namespace nm4j_double {

// The groups of the sparse operand run along its columns if it is A and not transposed (or B and transposed), else
// along its rows.
bool groups_along_cols(bool is_a, int op);

// Whether all groups of all matrices keep at most what the hardware does.
bool obeys(const MatObject& mat, bool along_cols, const unsigned char* dense);

// Magnitude pruning in groups (strip), or by the best pattern of each tile.
void prune(const MatObject& mat, bool along_cols, bool tile, const unsigned char* in, unsigned char* out);

// Values first, then one nibble for each two of them; matrix by matrix.
void compress(const MatObject& mat, bool along_cols, const unsigned char* dense, unsigned char* compressed);

// One execution; descriptors and host scalars as they were when it was queued.
struct Execution {
  MatObject a, b, c, d;
  MatmulObject matmul;
  int config, split_k;
  float alpha, beta;            // host scalars
  const unsigned char* alphas;  // device vectors, or NULL
  const unsigned char* betas;
  const unsigned char *data_a, *data_b, *data_c;
  unsigned char* data_d;
};
void multiply(const Execution& execution, bool wrong);

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_LT_ARITHMETIC_H_
