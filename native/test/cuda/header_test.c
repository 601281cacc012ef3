/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * nm4j_cuda.h is a C header, and its functions link from C.
 */
#include "nm4j/nm4j_cuda.h"

int32_t nm4j_cuda_test_from_c(void);

int32_t nm4j_cuda_test_from_c(void) {
  nm_cuda_product product = {0};
  nm_cuda_algorithm algorithm = {0};
  nm_cuda_plans plans;
  int32_t count = -1;
  if (product.batch != 0 || algorithm.config != 0 || nm_cuda_plan_stats(&plans) != NM_OK) return -1;
  return nm_cuda_device_count(&count) == NM_OK ? count : -1;
}
