// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/product.h"

#include <cinttypes>

#include "cuda/kernels/kernels.h"
#include "cuda/lt/algorithms.h"
#include "cuda/lt/plan.h"
#include "cuda/lt/session.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

int32_t check_launch(int error, const char* kernel) { return check_cuda(static_cast<cudaError_t>(error), kernel); }

// Vectors of M entries in scratch memory, where they do not lie well. What is behind their ends belongs to padded rows.
int32_t copy_vectors(const nm_cuda_weights& w, const nm_cuda_product& p, const Layout& l, nm_cuda_stream* stream) {
  unsigned char* const scratch = stream->scratch.data();
  const auto floats = [&](int64_t offset) { return reinterpret_cast<float*>(scratch + offset); };
  if (l.bias_offset >= 0) {
    NM_CUDA_TRY(cudaMemcpyAsync, scratch + l.bias_offset, p.bias,
                static_cast<size_t>(w.rows * element_bytes(l.types->bias)), cudaMemcpyDeviceToDevice, stream->raw);
  }
  if (l.scale_offset >= 0) {
    NM_TRY(
        check_launch(launch_factors(stream->raw, p.feature_scale, p.alpha, w.rows, floats(l.scale_offset)), "factors"));
  }
  if (l.beta_offset >= 0) {
    NM_TRY(check_launch(launch_factors(stream->raw, nullptr, p.beta, w.rows, floats(l.beta_offset)), "factors"));
  }
  return NM_OK;
}

// The exact GELU, which cuSPARSELt lacks, over what it has written.
int32_t activate(const nm_cuda_product& p, const Layout& l, void* d, cudaStream_t stream) {
  const Placement& y = l.y_place;
  for (int64_t i = 0; i < l.problem.count; ++i) {
    unsigned char* const matrix = static_cast<unsigned char*>(d) + i * y.stride * l.y.element;
    NM_TRY(check_launch(launch_activation(stream, {p.y_dtype, matrix, y.lines, y.width, y.ld}, p.activation),
                        "activation"));
  }
  return NM_OK;
}

const void* vector_address(const void* vector, int64_t offset, const nm_cuda_stream& stream) {
  return offset < 0 ? vector : stream.scratch.data() + offset;
}

int32_t copy_operands_in(const nm_cuda_weights& w, const nm_cuda_product& p, const Layout& l, nm_cuda_stream* stream) {
  unsigned char* const scratch = stream->scratch.data();
  if (l.x_place.staged()) NM_TRY(copy_in(l.x, l.x_place, scratch + l.x_place.offset, stream->raw));
  if (p.beta != 0 && l.c_place.staged()) NM_TRY(copy_in(l.c, l.c_place, scratch + l.c_place.offset, stream->raw));
  return copy_vectors(w, p, l, stream);
}

}  // namespace

int32_t multiply(const nm_cuda_weights& w, const nm_cuda_product& p, nm_cuda_stream* stream) {
  Layout l;
  NM_TRY(lay_out(w, p, &l));
  Session* session;
  NM_TRY(lt::session(w.device, &session));
  NM_TRY(reserve_scratch(stream, l.scratch_bytes));
  const void* const bias = vector_address(p.bias, l.bias_offset, *stream);
  PreparedPlan* plan;
  NM_TRY(session->plans().find(session, l.problem, chosen_algorithm(session->scope(), l.problem), bias, &plan));
  if (plan->compressed_bytes() > w.compressed.bytes()) {
    return fail(NM_CUDA_LT_FAILURE,
                "the plan expects %" PRId64 " bytes of compressed weights, cuSPARSELt made %" PRId64,
                plan->compressed_bytes(), w.compressed.bytes());
  }
  NM_TRY(reserve_workspace(stream, plan->workspace_bytes()));

  NM_TRY(copy_operands_in(w, p, l, stream));
  unsigned char* const scratch = stream->scratch.data();
  void* const d = l.y_place.staged() ? scratch + l.y_place.offset : p.y;
  // The library wants a C even where it is not read.
  const void* const c = p.beta == 0 ? d : l.c_place.address(l.c, scratch);
  const void* const scale = vector_address(p.feature_scale, l.scale_offset, *stream);
  const void* const alpha = scale != nullptr ? scale : &p.alpha;
  const void* const beta = l.beta_offset >= 0 ? static_cast<const void*>(scratch + l.beta_offset) : &p.beta;
  const void* const x = l.x_place.address(l.x, scratch);
  return w.usage.read(stream->raw, [&] {
    NM_TRY(plan->run({alpha, beta, w.compressed.data(), x, c, d, stream->workspace.data()}, stream->raw));
    if (p.activation == NM_GELU) NM_TRY(activate(p, l, d, stream->raw));
    if (l.y_place.staged()) NM_TRY(copy_out(l.y_place, d, l.y, p.y, stream->raw));
    return int32_t{NM_OK};
  });
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
