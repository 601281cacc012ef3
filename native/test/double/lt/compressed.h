// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Which memory holds compressed matrices, and of which shape: compressed data is opaque, must not be moved,
// and belongs to descriptors like the one that it was made with.
#ifndef NM4J_DOUBLE_LT_COMPRESSED_H_
#define NM4J_DOUBLE_LT_COMPRESSED_H_

#include "lt/objects.h"

namespace nm4j_double {

// Called when the work runs, not when it is queued.
void remember_compressed(const void* data, const MatObject& mat, bool along_cols);
void require_compressed(const void* data, const MatObject& mat, bool along_cols);

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_LT_COMPRESSED_H_
