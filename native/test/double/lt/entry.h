// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. What the functions of the double of cuSPARSELt share.
#ifndef NM4J_DOUBLE_LT_ENTRY_H_
#define NM4J_DOUBLE_LT_ENTRY_H_

#include "lt/objects.h"

#define NM4J_LT extern "C" NM4J_DOUBLE_API

namespace nm4j_double {

// Every function begins with this: one at a time, and the failure that a test asked for.
class Entry {
 public:
  Entry() : guard_(lock()), fails_(fails_now()) {}
  bool fails() const { return fails_; }

 private:
  const std::lock_guard<std::recursive_mutex> guard_;
  const bool fails_;
};

inline MatObject& find_mat(const void* mat) { return find<MatObject>(mat, "matrix descriptor"); }
inline MatmulObject& find_matmul(const void* matmul) { return find<MatmulObject>(matmul, "matmul descriptor"); }
inline AlgObject& find_alg(const void* alg) { return find<AlgObject>(alg, "algorithm selection"); }
inline PlanObject& find_plan(const void* plan) { return find<PlanObject>(plan, "plan"); }

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_LT_ENTRY_H_
