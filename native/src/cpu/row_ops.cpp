// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cpu/row_ops.h"

namespace nm {

const RowOps& row_ops(nm_isa limit) {
#ifdef NM4J_X86
  if (limit >= NM_ISA_AVX512) return row_ops_avx512;
  if (limit >= NM_ISA_AVX2) return row_ops_avx2;
#endif
  static_cast<void>(limit);
  return row_ops_scalar;
}

}  // namespace nm
