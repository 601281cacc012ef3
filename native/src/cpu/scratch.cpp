// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cpu/scratch.h"

#include "format/aligned_array.h"

namespace nm {

float* scratch(int64_t floats) {
  thread_local AlignedArray<float> memory;
  if (memory.size() < floats) {
    memory = AlignedArray<float>();  // first free, then allocate
    memory = AlignedArray<float>(floats);
  }
  return memory.data();
}

}  // namespace nm
