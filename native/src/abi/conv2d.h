// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The object behind nm_conv2d.
#ifndef NM4J_ABI_CONV2D_H_
#define NM4J_ABI_CONV2D_H_

#include <cstdint>

#include "abi/conv2d_check.h"
#include "cpu/conv2d.h"
#include "format/aligned_array.h"
#include "format/conv2d_weights.h"

struct nm_conv2d {
  nm_conv2d_geometry geometry;
  nm_dtype dtype;  // of the weights
  nm::Conv2dWeights weights;
  nm::AlignedArray<float> scales;                // of int8 weights, one per output channel; else empty
  const nm::Conv2dKernel* kernels[nm::kDtypes];  // by the type of images, or NULL
};

#endif  // NM4J_ABI_CONV2D_H_
