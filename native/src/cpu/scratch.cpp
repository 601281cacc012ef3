// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cpu/scratch.h"

#include "format/aligned_array.h"

namespace nm {
namespace {

float* grown(AlignedArray<float>* memory, int64_t floats) {
  if (memory->size() < floats) {
    *memory = AlignedArray<float>();  // first free, then allocate
    *memory = AlignedArray<float>(floats);
  }
  return memory->data();
}

}  // namespace

float* scratch(int64_t floats) {
  thread_local AlignedArray<float> memory;
  return grown(&memory, floats);
}

float* outer_scratch(int64_t floats) {
  thread_local AlignedArray<float> memory;
  return grown(&memory, floats);
}

}  // namespace nm
