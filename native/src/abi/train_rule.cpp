// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "abi/train_rule.h"

#include <cinttypes>
#include <cmath>

namespace nm {

int32_t check_finite_number(const char* name, float value) {
  if (std::isfinite(value)) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected a finite number, got %g", name, static_cast<double>(value));
}

bool makes_mask(const nm_update& u) { return (u.flags & NM_KEEP_MASK) == 0 && u.n != u.m; }

namespace {

int32_t check_number(const char* name, float value, float low, float below) {
  if (value >= low && value < below) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected at least %g and below %g, got %g", name, static_cast<double>(low),
              static_cast<double>(below), static_cast<double>(value));
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

bool needs_scores(const nm_update& u) {
  return makes_mask(u) && (u.mask_kind == NM_MASK_SCORES || u.mask_kind == NM_MASK_SCALED);
}

int32_t check_tensors(const nm_update& u, std::vector<Span>* spans) {
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
  const auto add = [&](const Tensor& tensor, int64_t rows) {
    Span span;
    NM_TRY(check_matrix(tensor.name, tensor.data, rows, u.cols, u.cols, tensor.element, &span));
    span.width = span.stride = span.bytes;
    for (const Span& other : *spans) NM_TRY(check_disjoint(other, span));
    spans->push_back(span);
    return int32_t{NM_OK};
  };
  spans->resize(1);
  NM_TRY(check_mask("mask", u.mask, u.rows, u.cols, spans->data()));
  for (const Tensor& tensor : tensors) {
    if (tensor.needed) NM_TRY(add(tensor, u.rows));
  }
  if (!needs_scores(u)) return NM_OK;
  return add({"scores", u.scores, 4, true}, u.mask_kind == NM_MASK_SCORES ? u.rows : 1);
}

int32_t check_mask_kind(const nm_update& u) {
  if (u.mask_kind < NM_MASK_MAGNITUDE || u.mask_kind > NM_MASK_SCALED) {
    return fail(NM_INVALID_ARGUMENT, "mask_kind: expected 0 (magnitude) to 5 (scaled), got %d", u.mask_kind);
  }
  if (u.mask_kind != NM_MASK_VNM || !makes_mask(u)) return NM_OK;
  return check_vnm_pattern(u.mask_v, u.n, u.m);
}

}  // namespace

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

int32_t check_update(const nm_update& u, std::vector<Span>* spans) {
  NM_TRY(check_training_pattern(u.n, u.m));
  NM_TRY(check_rule(u));
  NM_TRY(check_mask_kind(u));
  NM_TRY(check_tensors(u, spans));
  return check_stride(u.cols, u.group_stride);
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

}  // namespace nm
