// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Which version of cuSPARSELt a build of the double stands for.
#ifndef NM4J_DOUBLE_LT_MODEL_H_
#define NM4J_DOUBLE_LT_MODEL_H_

#include <cstddef>

namespace nm4j_double {

struct Model {
  int major, minor, patch;
  size_t struct_bytes;

  int number() const { return major * 1000 + minor * 10 + patch; }
  // Since 0.8 algorithm selections have to be destroyed.
  bool destroys_selections() const { return number() >= 80; }
};

extern const Model kModel;

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_LT_MODEL_H_
