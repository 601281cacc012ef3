// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/weights.h"

#include <cinttypes>

#include "cuda/kernels/kernels.h"
#include "cuda/lt/session.h"
#include "cuda/lt/staging.h"
#include "cuda/lt/types.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

constexpr int kSparseIsA = 1;

// Whether all groups obey what the hardware keeps; blocks.
int32_t check_pattern_on_device(Session* session, const Descriptor& descriptor, const void* dense, void* flag,
                                cudaStream_t stream) {
  NM_LT_TRY(session->functions(), SpMMAPruneCheck2, session->handle(), descriptor.get(), kSparseIsA, Operation::kNone,
            dense, static_cast<int*>(flag), stream);
  int breach = 0;
  NM_CUDA_TRY(cudaMemcpyAsync, &breach, flag, sizeof breach, cudaMemcpyDeviceToHost, stream);
  NM_CUDA_TRY(cudaStreamSynchronize, stream);
  return breach == 0 ? NM_OK : NM_PATTERN_BREACH;
}

// NM_PATTERN_BREACH with the position, where our own kernel can look for it; else NM_OK.
int32_t locate_breach(const nm_cuda_weights& w, const View& dense, bool column_major, void* findings,
                      cudaStream_t stream) {
  if (column_major || w.dtype == NM_CUDA_E4M3 || w.dtype == NM_CUDA_E5M2) return NM_OK;
  const int32_t kept = kept_of_group(w.dtype), group = group_length(w.dtype);
  for (int64_t i = 0; i < w.count; ++i) {
    const auto* const matrix = static_cast<const unsigned char*>(dense.data) + i * dense.stride * dense.element;
    const DenseView rows = {w.dtype, const_cast<unsigned char*>(matrix), dense.lines, dense.width, dense.ld};
    auto* const found_there = static_cast<Findings*>(findings);
    NM_TRY(check_cuda(static_cast<cudaError_t>(launch_clear(stream, found_there)), "clear"));
    NM_TRY(check_cuda(static_cast<cudaError_t>(launch_check(stream, rows, kept, group, found_there)), "check"));
    Findings found;
    NM_CUDA_TRY(cudaMemcpyAsync, &found, findings, sizeof found, cudaMemcpyDeviceToHost, stream);
    NM_CUDA_TRY(cudaStreamSynchronize, stream);
    if (found.count == 0) continue;
    const auto first = static_cast<int64_t>(found.first);
    return fail(NM_PATTERN_BREACH,
                "weights: expected at most %d non-zeros of %d, got more in the group at matrix %" PRId64
                ", row %" PRId64 ", column %" PRId64,
                kept, group, i, first / dense.width, first % dense.width);
  }
  return NM_OK;
}

}  // namespace

Matrix weights_matrix(const nm_cuda_weights& w, bool column_major) {
  return {w.padded_rows,
          w.padded_cols,
          column_major ? w.padded_rows : w.padded_cols,
          data_type(w.dtype),
          column_major ? Order::kColumn : Order::kRow,
          w.count,
          w.padded_rows * w.padded_cols};
}

int32_t compress_weights(nm_cuda_weights* w, nm_cuda_stream* stream, const DenseWeights& dense, bool check) {
  const bool column_major = dense.column_major;
  Session* session;
  NM_TRY(lt::session(w->device, &session));
  const Functions& f = session->functions();
  Descriptor descriptor;
  NM_TRY(descriptor.init(session, weights_matrix(*w, column_major), true));
  size_t compressed_bytes, temporary_bytes;
  NM_LT_TRY(f, SpMMACompressedSize2, session->handle(), descriptor.get(), &compressed_bytes, &temporary_bytes);

  const int64_t lines = column_major ? w->padded_cols : w->padded_rows;
  const int64_t width = column_major ? w->padded_rows : w->padded_cols;
  const View view = {dense.data,
                     column_major ? dense.cols : dense.rows,
                     column_major ? dense.rows : dense.cols,
                     dense.ld,
                     w->count == 1 ? 0 : dense.stride,
                     w->count,
                     element_bytes(w->dtype)};
  ScratchPlan plan;
  Placement placement;
  // Without gaps, so that plans depend on the shape alone.
  NM_TRY(place(view, lines, width, &plan, &placement));
  if (!placement.staged() && (dense.ld != width || (w->count > 1 && dense.stride != lines * width))) {
    NM_TRY(place_in_scratch(view, lines, width, width, lines * width, &plan, &placement));
  }
  int64_t temporary, flag;
  NM_TRY(plan.take(static_cast<int64_t>(temporary_bytes), &temporary));
  NM_TRY(plan.take(sizeof(Findings), &flag));  // or the verdict of a check
  NM_TRY(reserve_scratch(stream, plan.bytes()));
  unsigned char* const scratch = stream->scratch.data();

  if (placement.staged()) NM_TRY(copy_in(view, placement, scratch + placement.offset, stream->raw));
  const void* const source = placement.address(view, scratch);
  if (check) {
    const int32_t status = check_pattern_on_device(session, descriptor, source, scratch + flag, stream->raw);
    if (status == NM_PATTERN_BREACH) {
      NM_TRY(locate_breach(*w, view, column_major, scratch + flag, stream->raw));
      return fail(NM_PATTERN_BREACH,
                  "weights: expected at most %d non-zeros in each group of %d, got a group with more",
                  kept_of_group(w->dtype), group_length(w->dtype));
    }
    NM_TRY(status);
  }
  DeviceBuffer larger;
  if (w->compressed.bytes() < static_cast<int64_t>(compressed_bytes)) {
    NM_TRY(larger.allocate(static_cast<int64_t>(compressed_bytes)));
  }
  NM_TRY(w->usage.write(stream->raw, [&] {
    if (larger.data() != nullptr) std::swap(w->compressed, larger);
    w->set = false;  // until all of this has been queued
    NM_LT_TRY(f, SpMMACompress2, session->handle(), descriptor.get(), kSparseIsA, Operation::kNone, source,
              w->compressed.data(), scratch + temporary, stream->raw);
    return int32_t{NM_OK};
  }));
  w->column_major = column_major;
  w->set = true;
  return NM_OK;
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
