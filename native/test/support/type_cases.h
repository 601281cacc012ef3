/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The combinations of types that products and convolutions take, as parameters of tests.
#ifndef NM4J_TEST_SUPPORT_TYPE_CASES_H_
#define NM4J_TEST_SUPPORT_TYPE_CASES_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>

#include "nm4j/nm4j.h"

namespace nm4j_test {

struct Types {
  int32_t weights, x;
};

// Every pair of types that a kernel multiplies.
inline constexpr Types kTypes[] = {{NM_F32, NM_F32}, {NM_BF16, NM_F32}, {NM_BF16, NM_BF16},
                                   {NM_S8, NM_F32},  {NM_S8, NM_S8},    {NM_S8, NM_U8}};
inline constexpr int32_t kResults[] = {NM_F32, NM_BF16, NM_S8, NM_U8};

// A pair and the type of results.
using TypeCase = std::tuple<Types, int32_t>;

inline auto TypeCases() { return testing::Combine(testing::ValuesIn(kTypes), testing::ValuesIn(kResults)); }

struct TypeCaseName {
  std::string operator()(const testing::TestParamInfo<TypeCase>& info) const {
    constexpr const char* kNames[] = {"F32", "Bf16", "S8", "U8", "S32"};
    const Types types = std::get<0>(info.param);
    return std::string(kNames[types.weights]) + kNames[types.x] + "To" + kNames[std::get<1>(info.param)];
  }
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_TYPE_CASES_H_
