// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Results of searches: which algorithm a kind of product uses on which device with which version of cuSPARSELt.
#ifndef NM4J_CUDA_LT_ALGORITHMS_H_
#define NM4J_CUDA_LT_ALGORITHMS_H_

#include <string>
#include <vector>

#include "cuda/lt/problem.h"

namespace nm {
namespace cuda {
namespace lt {

// "0.8.1 8.0 108 NVIDIA A100-SXM4-80GB": what a result holds for, the version of cuSPARSELt, compute capability,
// multiprocessors and name of the device.
int32_t algorithm_scope(int32_t device, std::string* scope);

// The default where nothing was found.
Choice chosen_algorithm(const std::string& scope, const Problem& problem);
bool has_algorithm(const std::string& scope, const Problem& problem);
void keep_algorithm(const std::string& scope, const Problem& problem, const Choice& choice);

std::string export_algorithms();
// NM_INVALID_ARGUMENT, and nothing changes, for a line that is none. *used: how many are for one of `scopes`.
int32_t import_algorithms(const char* text, const std::vector<std::string>& scopes, int64_t* used);
void clear_algorithms();

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_ALGORITHMS_H_
