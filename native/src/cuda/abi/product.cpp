// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_multiply, nm_cuda_search and their kin.
#include "cuda/lt/product.h"

#include <cinttypes>
#include <cstring>

#include "cuda/abi/check.h"
#include "cuda/lt/algorithms.h"
#include "cuda/lt/plan_cache.h"
#include "cuda/lt/search.h"
#include "cuda/lt/session.h"
#include "cuda/runtime/device.h"

using nm::check_not_null;
using nm::fail;
using nm::guarded;
using nm::Span;
using nm::cuda::check_layout;
using nm::cuda::check_matrices;
using nm::cuda::check_separate_results;
using nm::cuda::DeviceScope;
namespace lt = nm::cuda::lt;

namespace {

// The exact GELU is a kernel of our own, for results that it does not round too coarsely.
bool has_exact_gelu(const lt::Types& types) {
  return types.d == NM_F32 || types.d == NM_BF16 || types.d == NM_CUDA_F16;
}

int32_t check_activation(const lt::Types& types, int32_t activation) {
  if (activation == NM_IDENTITY || activation == NM_RELU) return NM_OK;
  if (activation == NM_GELU && has_exact_gelu(types)) return NM_OK;
  if (activation == NM_CUDA_GELU_TANH && types.gelu) return NM_OK;
  if (activation != NM_GELU && activation != NM_CUDA_GELU_TANH) return nm::check_activation(activation);
  return fail(NM_UNSUPPORTED,
              "activation: expected NM_IDENTITY or NM_RELU, NM_GELU for results of NM_F32, NM_BF16 and NM_CUDA_F16, or "
              "NM_CUDA_GELU_TANH from NM_S8 to NM_S8 and from 8-bit floats to NM_BF16; got %s for %s to %s",
              activation == NM_GELU ? "NM_GELU" : "NM_CUDA_GELU_TANH", lt::type_name(types.a), lt::type_name(types.d));
}

// What is legal but not to be had, and what would be.
int32_t check_supported(const nm_cuda_weights& w, const nm_cuda_product& p) {
  const lt::Types* types = lt::find_types(w.dtype, p.y_dtype);
  if (types == nullptr) {
    return fail(
        NM_UNSUPPORTED,
        "y_dtype: weights of NM_F32, NM_BF16 and NM_CUDA_F16 give their own type; NM_S8 gives NM_S8, NM_S32, "
        "NM_CUDA_F16 or NM_BF16; 8-bit floats give their own type, NM_CUDA_F16, NM_BF16 or NM_F32; got %s to %s",
        lt::type_name(w.dtype), lt::type_name(p.y_dtype));
  }
  NM_TRY(check_activation(*types, p.activation));
  if (lt::element_bytes(w.dtype) == 1 && p.x_layout != NM_BATCH_MAJOR) {
    return fail(NM_UNSUPPORTED, "x_layout: cuSPARSELt multiplies 8-bit types with batch-major X only");
  }
  return NM_OK;
}

int32_t check_counts(const nm_cuda_weights& w, const nm_cuda_product& p) {
  NM_TRY(nm::check_not_negative("batch", p.batch));
  NM_TRY(nm::check_not_negative("count", p.count));
  if (w.count != 1 && p.count != w.count) {
    return fail(NM_INVALID_ARGUMENT, "count: expected that of the weights, %" PRId64 ", got %" PRId64, w.count,
                p.count);
  }
  return NM_OK;
}

struct Spans {
  Span x, c, y, bias, scale;
};

int32_t check_operands(const nm_cuda_weights& w, const nm_cuda_product& p, Spans* s) {
  const lt::Types& types = *lt::find_types(w.dtype, p.y_dtype);
  const bool x_batch_major = p.x_layout == NM_BATCH_MAJOR, y_batch_major = p.y_layout == NM_BATCH_MAJOR;
  const int64_t lines = y_batch_major ? p.batch : w.rows, width = y_batch_major ? w.rows : p.batch;
  NM_TRY(check_matrices("x", p.x, x_batch_major ? p.batch : w.cols, x_batch_major ? w.cols : p.batch, p.ldx, p.count,
                        p.x_stride, lt::element_bytes(types.a), &s->x));
  NM_TRY(check_matrices("y", p.y, lines, width, p.ldy, p.count, p.y_stride, lt::element_bytes(types.d), &s->y));
  NM_TRY(check_separate_results(p, lines, width));
  if (p.beta != 0) {
    NM_TRY(check_matrices("c", p.c, lines, width, p.ldc, p.count, p.c_stride, lt::element_bytes(types.c), &s->c));
    const bool in_place =
        p.c == p.y && types.c == types.d && p.ldc == p.ldy && (p.count == 1 || p.c_stride == p.y_stride);
    if (!in_place) NM_TRY(nm::check_disjoint(s->y, s->c));
  }
  if (p.bias != nullptr)
    NM_TRY(nm::check_matrix("bias", p.bias, 1, w.rows, w.rows, lt::element_bytes(types.bias), &s->bias));
  if (p.feature_scale != nullptr) {
    NM_TRY(nm::check_matrix("feature_scale", p.feature_scale, 1, w.rows, w.rows, sizeof(float), &s->scale));
  }
  NM_TRY(nm::check_disjoint(s->y, s->x));
  NM_TRY(nm::check_disjoint(s->y, s->bias));
  return nm::check_disjoint(s->y, s->scale);
}

int32_t check_on_device(const Spans& s, int32_t device) {
  for (const Span* span : {&s.x, &s.c, &s.y, &s.bias, &s.scale}) {
    NM_TRY(nm::cuda::check_device_memory(span->name, span->data, span->bytes, device));
  }
  return NM_OK;
}

// *empty: there is nothing to compute.
int32_t check_product(const nm_cuda_weights& w, const nm_cuda_product* p, Spans* spans, bool* empty) {
  NM_TRY(check_not_null("product", p));
  NM_TRY(check_layout("x_layout", p->x_layout));
  NM_TRY(check_layout("y_layout", p->y_layout));
  NM_TRY(check_counts(w, *p));
  NM_TRY(check_supported(w, *p));
  *empty = p->batch == 0 || p->count == 0;
  return *empty ? int32_t{NM_OK} : check_operands(w, *p, spans);
}

int32_t check_set(const nm_cuda_weights& w) {
  return w.set ? int32_t{NM_OK} : fail(NM_INVALID_STATE, "weights: expected contents, but none were set");
}

// *answer to ask(layout, answer) about how a product would be computed; 0 when there is nothing to compute.
template <typename Ask>
int32_t ask_layout(const nm_cuda_weights* weights, const nm_cuda_product* product, const char* name, int32_t* answer,
                   const Ask& ask) {
  NM_TRY(check_not_null("weights", weights));
  NM_TRY(check_not_null(name, answer));
  *answer = 0;
  Spans spans = {};
  bool empty;
  NM_TRY(check_product(*weights, product, &spans, &empty));
  if (empty) return NM_OK;
  const std::lock_guard<std::mutex> lock(weights->mutex);
  lt::Layout layout;
  NM_TRY(lt::lay_out(*weights, *product, &layout));
  return ask(layout, answer);
}

}  // namespace

int32_t nm_cuda_multiply(const nm_cuda_weights* weights, const nm_cuda_product* product, nm_cuda_stream* stream) {
  return guarded([&] {
    NM_TRY(nm::cuda::check_same_device(weights, stream));
    Spans spans = {};
    bool empty;
    NM_TRY(check_product(*weights, product, &spans, &empty));
    if (empty) return int32_t{NM_OK};
    NM_TRY(check_on_device(spans, weights->device));
    DeviceScope scope;
    NM_TRY(scope.enter(weights->device));
    const std::scoped_lock lock(stream->mutex, weights->mutex);
    NM_TRY(check_set(*weights));
    return lt::multiply(*weights, *product, stream);
  });
}

int32_t nm_cuda_product_copies(const nm_cuda_weights* weights, const nm_cuda_product* product, int32_t* copies) {
  return guarded([&] {
    return ask_layout(weights, product, "copies", copies, [](const lt::Layout& layout, int32_t* answer) -> int32_t {
      *answer = layout.copies();
      return NM_OK;
    });
  });
}

int32_t nm_cuda_search(const nm_cuda_weights* weights, const nm_cuda_product* product, nm_cuda_stream* stream,
                       int32_t iterations, int32_t runs, nm_cuda_algorithm* algorithm) {
  return guarded([&] {
    NM_TRY(nm::cuda::check_same_device(weights, stream));
    NM_TRY(check_not_null("algorithm", algorithm));
    if (iterations < 1 || runs < 1) {
      return fail(NM_INVALID_ARGUMENT, "iterations, runs: expected at least 1, got %d and %d", iterations, runs);
    }
    Spans spans = {};
    bool empty;
    NM_TRY(check_product(*weights, product, &spans, &empty));
    if (empty) return fail(NM_INVALID_ARGUMENT, "product: expected a batch and count of at least 1");
    DeviceScope scope;
    NM_TRY(scope.enter(weights->device));
    const std::scoped_lock lock(stream->mutex, weights->mutex);
    return lt::search(*weights, *product, stream, iterations, runs, algorithm);
  });
}

int32_t nm_cuda_algorithm_known(const nm_cuda_weights* weights, const nm_cuda_product* product, int32_t* known) {
  return guarded([&] {
    return ask_layout(weights, product, "known", known, [&](const lt::Layout& layout, int32_t* answer) -> int32_t {
      std::string scope;
      NM_TRY(lt::algorithm_scope(weights->device, &scope));
      *answer = lt::has_algorithm(scope, layout.problem) ? 1 : 0;
      return NM_OK;
    });
  });
}

int32_t nm_cuda_algorithms_export(char* text, int64_t capacity, int64_t* size) {
  return guarded([&] {
    NM_TRY(check_not_null("size", size));
    NM_TRY(nm::check_not_negative("capacity", capacity));
    const std::string all = lt::export_algorithms();
    *size = static_cast<int64_t>(all.size()) + 1;
    if (text == nullptr && capacity == 0) return int32_t{NM_OK};
    NM_TRY(check_not_null("text", text));
    if (capacity < *size) {
      return fail(NM_INVALID_ARGUMENT, "capacity: expected at least %" PRId64 ", got %" PRId64, *size, capacity);
    }
    std::memcpy(text, all.c_str(), all.size() + 1);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_algorithms_import(const char* text, int64_t* used) {
  return guarded([&] {
    NM_TRY(check_not_null("text", text));
    NM_TRY(check_not_null("used", used));
    std::vector<std::string> scopes;
    int32_t devices;
    NM_TRY(nm_cuda_device_count(&devices));
    for (int32_t device = 0; device < devices && lt::library().availability.reason == NM_CUDA_AVAILABLE; ++device) {
      std::string scope;
      NM_TRY(lt::algorithm_scope(device, &scope));
      scopes.push_back(scope);
    }
    return lt::import_algorithms(text, scopes, used);
  });
}

int32_t nm_cuda_algorithms_clear(void) {
  return guarded([&] {
    lt::clear_algorithms();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_plan_stats(nm_cuda_plans* stats) {
  return guarded([&] {
    NM_TRY(check_not_null("stats", stats));
    const lt::PlanCounters& counters = lt::plan_counters();
    *stats = {counters.hits, counters.misses, counters.evicted, counters.plans, counters.threads};
    return int32_t{NM_OK};
  });
}
