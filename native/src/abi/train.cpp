// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masked training: one optimiser step with the next mask.
#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstring>
#include <vector>

#include "abi/check.h"
#include "abi/status.h"
#include "abi/train_rule.h"
#include "cpu/isa.h"
#include "format/mask_rows.h"
#include "train/strip_mask.h"
#include "train/update.h"

namespace nm {
namespace {

int32_t check_rows(int64_t begin, int64_t end, int64_t rows) {
  if (begin >= 0 && begin <= end && end <= rows) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "rows: expected a range within 0 .. %" PRId64 ", got %" PRId64 " .. %" PRId64, rows,
              begin, end);
}

int32_t check_finite(const char* name, const float* x, int64_t ld, int64_t cols, int64_t row_begin, int64_t row_end) {
  constexpr uint32_t kExponent = 0x7f800000;  // all ones in infinities and NaN
  for (int64_t r = row_begin; r < row_end; ++r) {
    const float* row = x + r * ld;
    uint32_t found = 0;
    for (int64_t c = 0; c < cols; ++c) {
      uint32_t bits;
      std::memcpy(&bits, row + c, sizeof bits);
      found |= (bits & kExponent) == kExponent;
    }
    if (found == 0) continue;
    const int64_t c = std::find_if(row, row + cols, [](float g) { return !std::isfinite(g); }) - row;
    return fail(NM_NAN, "%s: expected finite numbers, got %g at row %" PRId64 ", column %" PRId64, name,
                static_cast<double>(row[c]), r, c);
  }
  return NM_OK;
}

// Of the first `cols` bits of two mask rows.
int64_t count_flips(const uint8_t* a, const uint8_t* b, int64_t cols) {
  int64_t flips = 0;
  int64_t i = 0;
  for (; i + 8 <= cols / 8; i += 8) {
    uint64_t x, y;
    std::memcpy(&x, a + i, sizeof x);
    std::memcpy(&y, b + i, sizeof y);
    flips += __builtin_popcountll(x ^ y);
  }
  for (; i < cols / 8; ++i) flips += __builtin_popcount(a[i] ^ b[i]);
  if (cols % 8 != 0) flips += __builtin_popcount((a[i] ^ b[i]) & ((1 << cols % 8) - 1));
  return flips;
}

MaskPlan mask_plan(const nm_update& u) {
  MaskPlan plan{{u.n, u.m}, u.group_stride, u.rows, u.cols};
  if (!makes_mask(u)) return plan;
  plan.kind = static_cast<nm_mask_kind>(u.mask_kind);
  plan.v = u.mask_v;
  plan.seed = static_cast<uint64_t>(u.mask_seed);
  plan.scores = u.scores;
  return plan;
}

int32_t check_whole_blocks(const nm_update& u, int64_t begin, int64_t end) {
  const int64_t height = mask_plan(u).height();
  if (begin % height == 0 && (end % height == 0 || end == u.rows)) return NM_OK;
  return fail(NM_INVALID_ARGUMENT,
              "rows: expected a range divided at multiples of %" PRId64 ", for the masks of blocks, got %" PRId64
              " .. %" PRId64,
              height, begin, end);
}

// A strip passes through update, mask and masked copy while it is in a cache, the L1 unless masks are of blocks: memory
// sees it once.
class Updater {
 public:
  explicit Updater(const nm_update& update)
      : u_(update),
        rule_(make_rule(update)),
        ops_(update_ops(active_isa())),
        plan_(mask_plan(update)),
        height_(plan_.height()),
        length_(plan_.length()),
        masker_(plan_, row_ops(active_isa())),
        next_(height_ * mask_row_bytes(length_)) {}

  int64_t run(int64_t row_begin, int64_t row_end) {
    for (int64_t r = row_begin; r < row_end; r += height_) {
      for (int64_t c = 0; c < u_.cols; c += length_) {
        strip(r, std::min(height_, row_end - r), c, std::min(length_, u_.cols - c));
      }
    }
    return flips_;
  }

 private:
  void strip(int64_t row, int64_t rows, int64_t col, int64_t count) {
    if ((u_.flags & NM_NO_STEP) == 0) {
      for (int64_t r = row; r < row + rows; ++r) {
        const int64_t at = r * u_.cols + col;
        ops_.update(rule_, {count, u_.w + at, u_.grad + at, part(u_.first, at), part(u_.second, at), mask(r, col)});
      }
    }
    if ((u_.flags & NM_KEEP_MASK) == 0) {
      masker_.run(u_.w, row, rows, col, count, next_.data());
      const int64_t bytes = mask_row_bytes(count);
      for (int64_t r = 0; r < rows; ++r) {
        uint8_t* const old = mask(row + r, col);
        const uint8_t* const next = next_.data() + r * bytes;
        flips_ += count_flips(old, next, count);
        std::memcpy(old, next, bytes);
      }
    }
    if (u_.masked == nullptr && u_.masked_bf16 == nullptr) return;
    for (int64_t r = row; r < row + rows; ++r) {
      const int64_t at = r * u_.cols + col;
      ops_.masked(u_.w + at, mask(r, col), count, u_.pruned_factor, part(u_.masked, at), part(u_.masked_bf16, at));
    }
  }

  uint8_t* mask(int64_t row, int64_t col) const { return u_.mask + row * mask_row_bytes(u_.cols) + col / 8; }

  template <typename T>
  static T* part(T* tensor, int64_t at) {
    return tensor == nullptr ? nullptr : tensor + at;
  }

  const nm_update& u_;
  const UpdateRule rule_;
  const UpdateOps& ops_;
  const MaskPlan plan_;
  const int64_t height_, length_;
  StripMasker masker_;
  std::vector<uint8_t> next_;
  int64_t flips_ = 0;
};

}  // namespace
}  // namespace nm

using nm::fail;
using nm::guarded;
using nm::mask_row_bytes;
using nm::Span;

int32_t nm_update_rows(const nm_update* update, int64_t row_begin, int64_t row_end, int64_t* flips) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("update", update));
    NM_TRY(nm::check_not_null("flips", flips));
    const nm_update& u = *update;
    std::vector<Span> spans;
    NM_TRY(nm::check_update(u, &spans));
    NM_TRY(nm::check_isa_request());
    NM_TRY(nm::check_rows(row_begin, row_end, u.rows));
    NM_TRY(nm::check_whole_blocks(u, row_begin, row_end));
    if ((u.flags & NM_CHECK_GRADIENT) != 0 && (u.flags & NM_NO_STEP) == 0) {
      NM_TRY(nm::check_finite("grad", u.grad, u.cols, u.cols, row_begin, row_end));
    }
    // Without weights, lengths have no limit that Updater could rely on.
    *flips = row_begin == row_end || u.cols == 0 ? 0 : nm::Updater(u).run(row_begin, row_end);
    return NM_OK;
  });
}

int32_t nm_srste_gradient_rows_f32(const float* w, const uint8_t* mask, int64_t rows, int64_t cols, float lambda,
                                   float* grad, int64_t row_begin, int64_t row_end) {
  return guarded([&]() -> int32_t {
    Span weights, bits, gradient;
    NM_TRY(nm::check_matrix("w", w, rows, cols, cols, sizeof(float), &weights));
    NM_TRY(nm::check_mask("mask", mask, rows, cols, &bits));
    NM_TRY(nm::check_matrix("grad", grad, rows, cols, cols, sizeof(float), &gradient));
    NM_TRY(nm::check_disjoint(weights, gradient));
    NM_TRY(nm::check_disjoint(bits, gradient));
    NM_TRY(nm::check_finite_number("lambda", lambda));
    NM_TRY(nm::check_rows(row_begin, row_end, rows));
    NM_TRY(nm::check_isa_request());
    if (lambda == 0.0f) return NM_OK;
    const nm::UpdateOps& ops = nm::update_ops(nm::active_isa());
    for (int64_t r = row_begin; r < row_end; ++r) {
      ops.regularize(w + r * cols, mask + r * mask_row_bytes(cols), cols, lambda, grad + r * cols);
    }
    return NM_OK;
  });
}

int32_t nm_check_finite_f32(const float* x, int64_t rows, int64_t cols, int64_t ld) {
  return guarded([&]() -> int32_t {
    Span span;
    NM_TRY(nm::check_matrix("x", x, rows, cols, ld, sizeof(float), &span));
    return nm::check_finite("x", x, ld, cols, 0, rows);
  });
}

int32_t nm_mask_magnitude_strided_f32(const float* w, int64_t rows, int64_t cols, int32_t n, int32_t m,
                                      int64_t group_stride, int32_t flags, uint8_t* mask) {
  return guarded([&]() -> int32_t {
    Span weights, out;
    NM_TRY(nm::check_training_pattern(n, m));
    NM_TRY(nm::check_flags(flags));
    NM_TRY(nm::check_matrix("w", w, rows, cols, cols, sizeof(float), &weights));
    NM_TRY(nm::check_mask("mask", mask, rows, cols, &out));
    NM_TRY(nm::check_disjoint(weights, out));
    NM_TRY(nm::check_stride(cols, group_stride));
    NM_TRY(nm::check_isa_request());
    if (rows == 0 || cols == 0) return NM_OK;
    const nm::MaskPlan plan{{n, m}, group_stride, rows, cols};
    const int64_t length = plan.length();
    nm::StripMasker masker(plan, nm::row_ops(nm::active_isa()));
    for (int64_t r = 0; r < rows; ++r) {
      const float* row = w + r * cols;
      bool nan = false;
      for (int64_t c = 0; c < cols; c += length) {
        nan |= masker.run(w, r, 1, c, std::min(length, cols - c), mask + r * mask_row_bytes(cols) + c / 8);
      }
      if ((flags & NM_ALLOW_NAN) != 0 || !nan) continue;
      return fail(NM_NAN, "w: expected no NaN, got one at row %" PRId64 ", column %" PRId64, r,
                  nm::find_nan(row, cols, nullptr));
    }
    return NM_OK;
  });
}

int32_t nm_mask_distance(const uint8_t* a, const uint8_t* b, int64_t rows, int64_t cols, int64_t* bits) {
  return guarded([&]() -> int32_t {
    Span first, second;
    NM_TRY(nm::check_mask("a", a, rows, cols, &first));
    NM_TRY(nm::check_mask("b", b, rows, cols, &second));
    NM_TRY(nm::check_not_null("bits", bits));
    *bits = 0;
    const int64_t bytes = mask_row_bytes(cols);
    for (int64_t r = 0; r < rows; ++r) *bits += nm::count_flips(a + r * bytes, b + r * bytes, cols);
    return NM_OK;
  });
}
