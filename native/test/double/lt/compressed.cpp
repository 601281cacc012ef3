// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL.
#include "lt/compressed.h"

#include <map>
#include <tuple>

namespace nm4j_double {
namespace {

using Shape = std::tuple<int64_t, int64_t, int, int, bool, int64_t>;

Shape shape_of(const MatObject& mat, bool along_cols) {
  return {mat.rows, mat.cols, mat.type, mat.order, along_cols, mat.stride == 0 ? 1 : mat.batches};
}

std::map<const void*, Shape>& known() {
  static auto* const all = new std::map<const void*, Shape>;
  return *all;
}

}  // namespace

void remember_compressed(const void* data, const MatObject& mat, bool along_cols) {
  known()[data] = shape_of(mat, along_cols);
}

void require_compressed(const void* data, const MatObject& mat, bool along_cols) {
  const auto found = known().find(data);
  if (found == known().end()) breach("matmul: nothing was compressed to %p", data);
  if (found->second != shape_of(mat, along_cols)) {
    breach("matmul: what lies at %p was compressed with another descriptor", data);
  }
}

}  // namespace nm4j_double
