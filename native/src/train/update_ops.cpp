// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "train/update.h"

namespace nm {

const UpdateOps& update_ops(nm_isa limit) {
  static constexpr UpdateOps kScalar = {update_strip_scalar, masked_strip_scalar, soft_strip_scalar,
                                        regularize_strip_scalar};
#ifdef NM4J_X86
  static constexpr UpdateOps kAvx2 = {update_strip_avx2, masked_strip_avx2, soft_strip_avx2, regularize_strip_avx2};
  static constexpr UpdateOps kAvx512 = {update_strip_avx512, masked_strip_avx512, soft_strip_avx512,
                                        regularize_strip_avx512};
  if (limit >= NM_ISA_AVX512) return kAvx512;
  if (limit >= NM_ISA_AVX2) return kAvx2;
#endif
  static_cast<void>(limit);
  return kScalar;
}

}  // namespace nm
