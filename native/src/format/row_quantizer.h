// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Makes the values of a compressed row representable in the type that its matrix stores.
#ifndef NM4J_FORMAT_ROW_QUANTIZER_H_
#define NM4J_FORMAT_ROW_QUANTIZER_H_

#include "format/row_codec.h"
#include "nm4j/nm4j.h"

namespace nm {

// fp32: nothing to do. bf16: rounded to nearest, ties to even. int8: scaled and rounded to integers -127 .. 127; the
// values must be finite. Returns the row's scale, by which the values are to be multiplied: 1 but for int8.
float quantize_row(nm_dtype dtype, CompressedRow* row);

}  // namespace nm

#endif  // NM4J_FORMAT_ROW_QUANTIZER_H_
