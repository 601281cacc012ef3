// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The epilogue alone, over a product that somebody else has computed. Include inside a kernel file only.
#ifndef NM4J_CPU_FINISH_INL_H_
#define NM4J_CPU_FINISH_INL_H_

#include "cpu/epilogue-inl.h"

namespace nm {
namespace {

// args.y holds the product already. Vectors run along its lines: over features if batch-major, else over the batch.
template <typename V>
void finish_product(const MultiplyArgs& args, int64_t features) {
  const bool batch_major = args.layout == NM_BATCH_MAJOR;
  const int64_t lines = batch_major ? args.batch : features, width = batch_major ? features : args.batch;
  const float* product = static_cast<const float*>(args.y);
  const auto factor = V::set1(args.alpha);
  for (int64_t line = 0; line < lines; ++line) {
    for (int64_t i = 0; i < width; i += V::kLanes) {
      const int n = static_cast<int>(width - i < V::kLanes ? width - i : V::kLanes);
      auto bias = V::zero();
      if (args.bias != nullptr) bias = batch_major ? V::load_n(args.bias + i, n) : V::set1(args.bias[line]);
      finish<V>(args, V::load_n(product + line * args.ldy + i, n), factor, bias,
                {line * args.ldc + i, 1, line * args.ldy + i, 1, n});
    }
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_FINISH_INL_H_
