// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/host_weights.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "cuda/kernels/elements.h"
#include "cuda/lt/types.h"
#include "format/mask_rows.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

// One element as it is stored, and whether it counts as zero. -0.0 does; NaN does not.
struct Encoded {
  unsigned char bytes[4];
  bool zero;
};

template <typename To>
Encoded from_float(float value) {
  const To narrow_value = narrow<To>(value);
  Encoded out = {};
  std::memcpy(out.bytes, &narrow_value, sizeof narrow_value);
  out.zero = value == 0;
  return out;
}

Encoded encode(const HostWeights& from, int64_t index, int32_t to) {
  Encoded out = {};
  if (from.dtype == to) {
    const int64_t size = element_bytes(to);
    std::memcpy(out.bytes, static_cast<const unsigned char*>(from.dense) + index * size, static_cast<size_t>(size));
    // The sign is the highest bit, and no part of a zero; integers have but one.
    uint32_t bits = 0;
    std::memcpy(&bits, out.bytes, static_cast<size_t>(size));
    const uint32_t sign = to == NM_S8 ? 0 : uint32_t{1} << (8 * size - 1);
    out.zero = (bits & ~sign) == 0;
    return out;
  }
  const float value = static_cast<const float*>(from.dense)[index];
  return to == NM_BF16 ? from_float<Bf16>(value) : from_float<F16>(value);
}

}  // namespace

int32_t encode_weights(const nm_cuda_weights& w, const HostWeights& from, std::vector<unsigned char>* out) {
  const auto size = static_cast<size_t>(element_bytes(w.dtype));
  out->assign(static_cast<size_t>(w.padded_rows * w.padded_cols * w.count) * size, 0);
  for (int64_t row = 0; row < w.rows * w.count; ++row) {
    const int64_t matrix = row / w.rows, r = row % w.rows;
    const uint8_t* const bits = from.mask == nullptr ? nullptr : from.mask + row * mask_row_bytes(w.cols);
    unsigned char* const line = out->data() + static_cast<size_t>((matrix * w.padded_rows + r) * w.padded_cols) * size;
    for (int64_t group = 0; group < w.cols; group += w.m) {
      int32_t kept = 0;
      for (int64_t col = group; col < std::min(group + w.m, w.cols); ++col) {
        const Encoded element = encode(from, matrix * from.stride + r * from.ld + col, w.dtype);
        const bool keep = bits == nullptr ? !element.zero : (bits[col / 8] >> (col % 8) & 1) != 0;
        if (!keep) continue;
        kept += 1;
        std::memcpy(line + static_cast<size_t>(col) * size, element.bytes, size);
      }
      if (kept > w.n) {
        return fail(NM_PATTERN_BREACH,
                    "weights: expected at most %d of %d, got %d in the group at matrix %" PRId64 ", row %" PRId64
                    ", column %" PRId64,
                    w.n, w.m, kept, matrix, r, group);
      }
    }
  }
  return NM_OK;
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
