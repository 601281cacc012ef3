/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_PRODUCT_TEST_H_
#define NM4J_TEST_SUPPORT_PRODUCT_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>

#include "support/random.h"
#include "support/weights.h"

namespace nm4j_test {

inline std::string LayoutName(int32_t layout) { return layout == NM_FEATURE_MAJOR ? "FeatureMajor" : "BatchMajor"; }

inline std::string WorkloadName(int32_t workload) {
  return workload == NM_SMALL_BATCH ? "SmallBatch" : workload == NM_LARGE_BATCH ? "LargeBatch" : "AnyBatch";
}

// A test that runs for each layout and workload.
class ProductTest : public testing::TestWithParam<std::tuple<int32_t, int32_t>> {
 protected:
  int32_t Layout() const { return std::get<0>(GetParam()); }
  int32_t Workload() const { return std::get<1>(GetParam()); }

  Random random_;
};

inline auto AllProducts() { return testing::Combine(testing::ValuesIn(kLayouts), testing::ValuesIn(kWorkloads)); }

struct ProductName {
  std::string operator()(const testing::TestParamInfo<std::tuple<int32_t, int32_t>>& info) const {
    return LayoutName(std::get<0>(info.param)) + WorkloadName(std::get<1>(info.param));
  }
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_PRODUCT_TEST_H_
