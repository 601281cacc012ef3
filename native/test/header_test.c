/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
/* The header is plain C, and the numbers in it are the ABI: they never change. */
#include "nm4j/nm4j.h"

#define NM4J_STATIC_ASSERT(name, condition) typedef char name[(condition) ? 1 : -1]

NM4J_STATIC_ASSERT(statuses, NM_OK == 0 && NM_INVALID_ARGUMENT == 1 && NM_INVALID_PATTERN == 2 && NM_OVERFLOW == 3 &&
                                 NM_PATTERN_BREACH == 4 && NM_NAN == 5 && NM_OUT_OF_MEMORY == 6 &&
                                 NM_INVALID_STATE == 7 && NM_UNSUPPORTED == 8 && NM_INTERNAL == 9);
NM4J_STATIC_ASSERT(dtypes, NM_F32 == 0 && NM_BF16 == 1 && NM_S8 == 2);
NM4J_STATIC_ASSERT(isas, NM_ISA_SCALAR == 0 && NM_ISA_AVX2 == 1 && NM_ISA_AVX512 == 2);
NM4J_STATIC_ASSERT(layouts, NM_FEATURE_MAJOR == 0 && NM_BATCH_MAJOR == 1);
NM4J_STATIC_ASSERT(image_layouts, NM_NHWC == 0 && NM_NCHW == 1);
NM4J_STATIC_ASSERT(geometries, sizeof(nm_conv2d_geometry) == 13 * sizeof(int64_t));
NM4J_STATIC_ASSERT(images, sizeof(nm_images) == 9 * sizeof(int64_t));
NM4J_STATIC_ASSERT(workloads, NM_SMALL_BATCH == 1 && NM_LARGE_BATCH == 2 && NM_ANY_BATCH == 3);
NM4J_STATIC_ASSERT(activations, NM_IDENTITY == 0 && NM_RELU == 1 && NM_GELU == 2);
NM4J_STATIC_ASSERT(flags, NM_ALLOW_NAN == 1);
