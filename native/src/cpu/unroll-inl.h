// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Loops over registers. Include inside a kernel file only.
#ifndef NM4J_CPU_UNROLL_INL_H_
#define NM4J_CPU_UNROLL_INL_H_

#include <type_traits>
#include <utility>

#define NM4J_INLINE inline __attribute__((always_inline))

namespace nm {
namespace {

template <typename Body, int... kIndex>
NM4J_INLINE void unroll(std::integer_sequence<int, kIndex...>, const Body& body) {
  (body(std::integral_constant<int, kIndex>()), ...);
}

struct LoopIndex {
  int value;
};

// body(i) for i.value = 0 .. kCount - 1, constants where kCount is small: a loop would keep arrays of registers in
// memory.
template <int kCount, typename Body>
NM4J_INLINE void unroll(const Body& body) {
  if constexpr (kCount <= 16) {
    unroll(std::make_integer_sequence<int, kCount>(), body);
  } else {
    for (int i = 0; i < kCount; ++i) body(LoopIndex{i});
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_UNROLL_INL_H_
