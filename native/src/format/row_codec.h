// One compressed row: its kept values and their columns, ascending. Every packing is written from this form and read
// back into it.
#ifndef NM4J_FORMAT_ROW_CODEC_H_
#define NM4J_FORMAT_ROW_CODEC_H_

#include <cstdint>
#include <vector>

#include "format/pattern.h"

namespace nm {

struct CompressedRow {
  std::vector<float> values;
  std::vector<int64_t> cols;

  explicit CompressedRow(int64_t kept) : values(kept), cols(kept) {}
};

// The first column of the first group in which the mask row keeps more than N, or -1.
int64_t find_breach(const uint8_t* mask, Pattern pattern, int64_t cols);

// Completes a mask row that obeys the pattern, so that each group keeps exactly min(N, its length).
void complete_mask(const uint8_t* mask, Pattern pattern, int64_t cols, uint8_t* full);

// Whether each group keeps exactly min(N, its length); *first is the first group that does not.
bool is_complete(const uint8_t* mask, Pattern pattern, int64_t cols, int64_t* first);

// Reads the columns of a complete mask row; values are dense[col] where `mask` (which obeys the pattern, and which
// full completes) keeps, +0.0 elsewhere.
void encode_dense(const float* dense, const uint8_t* mask, const uint8_t* full, int64_t cols, CompressedRow* row);

// The columns of a complete mask row alone.
void decode_columns(const uint8_t* full, int64_t cols, int64_t* out);

// Back to a dense row and to a mask row.
void decode_dense(const CompressedRow& row, int64_t cols, float* dense);
void decode_mask(const CompressedRow& row, int64_t cols, uint8_t* mask);

}  // namespace nm

#endif  // NM4J_FORMAT_ROW_CODEC_H_
