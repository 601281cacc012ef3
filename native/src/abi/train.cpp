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
#include "cpu/isa.h"
#include "format/mask_rows.h"
#include "train/strided_mask.h"
#include "train/update.h"

namespace nm {
namespace {

int32_t check_training_pattern(int32_t n, int32_t m) {
  if (1 <= n && n <= m && m <= kMaxGroup) return NM_OK;
  return fail(NM_INVALID_PATTERN, "pattern: expected 1 <= N <= M <= %d (keep N of every M), got %d:%d", kMaxGroup, n,
              m);
}

int32_t check_stride(int64_t cols, int64_t stride) {
  if (stride >= 1 && (cols == 0 || cols % stride == 0)) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "group_stride: expected a divisor of cols = %" PRId64 ", got %" PRId64, cols,
              stride);
}

int32_t check_number(const char* name, float value, float low, float below) {
  if (value >= low && value < below) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected at least %g and below %g, got %g", name, static_cast<double>(low),
              static_cast<double>(below), static_cast<double>(value));
}

int32_t check_finite_number(const char* name, float value) {
  if (std::isfinite(value)) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected a finite number, got %g", name, static_cast<double>(value));
}

int32_t check_rule(const nm_update& u) {
  if (u.optimizer < NM_SGD || u.optimizer > NM_ADAMW) {
    return fail(NM_INVALID_ARGUMENT, "optimizer: expected 0 (SGD), 1 (Adam) or 2 (AdamW), got %d", u.optimizer);
  }
  if (u.placement < NM_IN_GRADIENT || u.placement > NM_DECOUPLED) {
    return fail(NM_INVALID_ARGUMENT, "placement: expected 0 (gradient), 1 (outside moments) or 2 (decoupled), got %d",
                u.placement);
  }
  constexpr int kKnown =
      NM_KEEP_MASK | NM_MASK_UPDATE | NM_FREEZE_SECOND | NM_NESTEROV | NM_CHECK_GRADIENT | NM_NO_STEP;
  if ((u.flags & ~kKnown) != 0) {
    return fail(NM_INVALID_ARGUMENT, "flags: expected a sum of 1, 2, 4, 8, 16 and 32, got %d", u.flags);
  }
  if ((u.flags & NM_MASK_UPDATE) != 0 && (u.flags & NM_KEEP_MASK) == 0) {
    return fail(NM_INVALID_ARGUMENT, "flags: expected NM_KEEP_MASK with NM_MASK_UPDATE, got %d", u.flags);
  }
  if (u.step < 1) return fail(NM_INVALID_ARGUMENT, "step: expected at least 1, got %" PRId64, u.step);
  NM_TRY(check_finite_number("lr", u.lr));
  NM_TRY(check_finite_number("weight_decay", u.weight_decay));
  NM_TRY(check_finite_number("lambda", u.lambda));
  NM_TRY(check_finite_number("pruned_factor", u.pruned_factor));
  if (u.optimizer == NM_SGD) {
    NM_TRY(check_finite_number("momentum", u.momentum));
    NM_TRY(check_finite_number("dampening", u.dampening));
    if ((u.flags & NM_NESTEROV) != 0 && (u.momentum == 0.0f || u.dampening != 0.0f)) {
      return fail(NM_INVALID_ARGUMENT, "flags: expected momentum and no dampening with NM_NESTEROV, got %g and %g",
                  static_cast<double>(u.momentum), static_cast<double>(u.dampening));
    }
    if ((u.flags & NM_FREEZE_SECOND) != 0) {
      return fail(NM_INVALID_ARGUMENT, "flags: expected Adam or AdamW with NM_FREEZE_SECOND, got SGD");
    }
    return NM_OK;
  }
  if ((u.flags & NM_NESTEROV) != 0) return fail(NM_INVALID_ARGUMENT, "flags: expected SGD with NM_NESTEROV, got Adam");
  NM_TRY(check_number("beta1", u.beta1, 0.0f, 1.0f));
  NM_TRY(check_number("beta2", u.beta2, 0.0f, 1.0f));
  return check_number("eps", u.eps, 0.0f, HUGE_VALF);
}

int32_t check_tensors(const nm_update& u) {
  const bool step = (u.flags & NM_NO_STEP) == 0;
  const bool momentum = u.optimizer != NM_SGD || u.momentum != 0.0f;
  struct Tensor {
    const char* name;
    const void* data;
    int64_t element;
    bool needed;
  };
  const Tensor tensors[] = {{"w", u.w, 4, true},
                            {"grad", u.grad, 4, step},
                            {"first", u.first, 4, step && momentum},
                            {"second", u.second, 4, step && u.optimizer != NM_SGD},
                            {"masked", u.masked, 4, u.masked != nullptr},
                            {"masked_bf16", u.masked_bf16, 2, u.masked_bf16 != nullptr}};
  std::vector<Span> spans(1);
  NM_TRY(check_mask("mask", u.mask, u.rows, u.cols, &spans[0]));
  for (const Tensor& tensor : tensors) {
    if (!tensor.needed) continue;
    Span span;
    NM_TRY(check_matrix(tensor.name, tensor.data, u.rows, u.cols, u.cols, tensor.element, &span));
    span.width = span.stride = span.bytes;
    for (const Span& other : spans) NM_TRY(check_disjoint(other, span));
    spans.push_back(span);
  }
  return NM_OK;
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

UpdateRule make_rule(const nm_update& u) {
  UpdateRule rule = {};
  rule.optimizer = static_cast<nm_optimizer>(u.optimizer);
  rule.placement = static_cast<nm_placement>(u.placement);
  rule.mask_update = (u.flags & NM_MASK_UPDATE) != 0;
  rule.freeze_second = (u.flags & NM_FREEZE_SECOND) != 0;
  rule.nesterov = (u.flags & NM_NESTEROV) != 0;
  rule.lambda = u.lambda;
  rule.decoupled = u.lr * u.lambda;
  rule.rate = u.lr;
  rule.outside_scale = 1.0f;
  const bool in_gradient = u.optimizer != NM_ADAMW;
  rule.gradient_decay = in_gradient ? u.weight_decay : 0.0f;
  rule.weight_keep = in_gradient ? 1.0f : static_cast<float>(1.0 - static_cast<double>(u.lr) * u.weight_decay);
  if (u.optimizer == NM_SGD) {
    rule.use_momentum = u.momentum != 0.0f;
    rule.first_decay = u.momentum;
    // torch.optim.SGD starts the buffer as the gradient itself.
    rule.gradient_share = u.step == 1 ? 1.0f : 1.0f - u.dampening;
    return rule;
  }
  const double first = 1.0 - std::pow(static_cast<double>(u.beta1), static_cast<double>(u.step));
  const double second = 1.0 - std::pow(static_cast<double>(u.beta2), static_cast<double>(u.step));
  rule.first_decay = u.beta1;
  rule.gradient_share = 1.0f - u.beta1;
  rule.second_decay = u.beta2;
  rule.second_share = 1.0f - u.beta2;
  rule.second_scale = rule.freeze_second ? 1.0f : static_cast<float>(1.0 / std::sqrt(second));
  rule.rate = static_cast<float>(u.lr / first);
  rule.outside_scale = static_cast<float>(first);
  rule.eps = u.eps;
  return rule;
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

// A strip passes through update, mask and masked copy while it is in the L1 cache: memory sees it once.
int64_t update_rows(const nm_update& u, int64_t row_begin, int64_t row_end) {
  const UpdateRule rule = make_rule(u);
  const UpdateOps& ops = update_ops(active_isa());
  const Pattern pattern{u.n, u.m};
  const int64_t length = std::min(strip_length(pattern, u.group_stride), u.cols);
  StripMasker masker(pattern, u.group_stride, row_ops(active_isa()));
  std::vector<uint8_t> next(mask_row_bytes(length));
  const bool step = (u.flags & NM_NO_STEP) == 0;
  int64_t flips = 0;
  for (int64_t r = row_begin; r < row_end; ++r) {
    uint8_t* const mask_row = u.mask + r * mask_row_bytes(u.cols);
    for (int64_t c = 0; c < u.cols; c += length) {
      const int64_t at = r * u.cols + c, count = std::min(length, u.cols - c);
      uint8_t* const mask = mask_row + c / 8;
      const auto part = [&](float* tensor) { return tensor == nullptr ? nullptr : tensor + at; };
      if (step) ops.update(rule, {count, u.w + at, u.grad + at, part(u.first), part(u.second), mask});
      if ((u.flags & NM_KEEP_MASK) == 0) {
        masker.run(u.w + at, count, next.data());
        flips += count_flips(mask, next.data(), count);
        std::memcpy(mask, next.data(), mask_row_bytes(count));
      }
      if (u.masked == nullptr && u.masked_bf16 == nullptr) continue;
      ops.masked(u.w + at, mask, count, u.pruned_factor, part(u.masked),
                 u.masked_bf16 == nullptr ? nullptr : u.masked_bf16 + at);
    }
  }
  return flips;
}

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
    NM_TRY(nm::check_training_pattern(u.n, u.m));
    NM_TRY(nm::check_rule(u));
    NM_TRY(nm::check_tensors(u));
    NM_TRY(nm::check_stride(u.cols, u.group_stride));
    NM_TRY(nm::check_isa_request());
    if (row_begin < 0 || row_begin > row_end || row_end > u.rows) {
      return fail(NM_INVALID_ARGUMENT, "rows: expected a range within 0 .. %" PRId64 ", got %" PRId64 " .. %" PRId64,
                  u.rows, row_begin, row_end);
    }
    if ((u.flags & NM_CHECK_GRADIENT) != 0 && (u.flags & NM_NO_STEP) == 0) {
      NM_TRY(nm::check_finite("grad", u.grad, u.cols, u.cols, row_begin, row_end));
    }
    *flips = u.cols == 0 ? 0 : nm::update_rows(u, row_begin, row_end);
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
    if (cols == 0) return NM_OK;
    const nm::Pattern pattern{n, m};
    const int64_t length = std::min(nm::strip_length(pattern, group_stride), cols);
    nm::StripMasker masker(pattern, group_stride, nm::row_ops(nm::active_isa()));
    for (int64_t r = 0; r < rows; ++r) {
      const float* row = w + r * cols;
      bool nan = false;
      for (int64_t c = 0; c < cols; c += length) {
        nan |= masker.run(row + c, std::min(length, cols - c), mask + r * mask_row_bytes(cols) + c / 8);
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
