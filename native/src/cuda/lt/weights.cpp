// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/weights.h"

#include <cinttypes>

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

// New contents wait until products with the old ones are done.
int32_t wait_for_uses(const nm_cuda_weights& weights, cudaStream_t stream) {
  for (const auto& [used_on, event] : weights.used) {
    if (used_on != stream) NM_CUDA_TRY(cudaStreamWaitEvent, stream, event.raw(), 0);
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
    NM_TRY(place_in_scratch(view, lines, width, width, &plan, &placement));
  }
  int64_t temporary, flag;
  NM_TRY(plan.take(static_cast<int64_t>(temporary_bytes), &temporary));
  NM_TRY(plan.take(sizeof(int), &flag));
  NM_TRY(reserve_scratch(stream, plan.bytes()));
  unsigned char* const scratch = stream->scratch.data();

  if (placement.staged()) NM_TRY(copy_in(view, placement, scratch + placement.offset, stream->raw));
  const void* const source = placement.address(view, scratch);
  if (check) {
    const int32_t status = check_pattern_on_device(session, descriptor, source, scratch + flag, stream->raw);
    if (status == NM_PATTERN_BREACH) {
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
  NM_TRY(w->ready.create(cudaEventDisableTiming));
  NM_TRY(wait_for_uses(*w, stream->raw));
  NM_TRY(wait_for_weights(*w, stream->raw));
  if (larger.data() != nullptr) std::swap(w->compressed, larger);
  w->set = false;  // until all of this has been queued
  NM_LT_TRY(f, SpMMACompress2, session->handle(), descriptor.get(), kSparseIsA, Operation::kNone, source,
            w->compressed.data(), scratch + temporary, stream->raw);
  NM_CUDA_TRY(cudaEventRecord, w->ready.raw(), stream->raw);
  w->column_major = column_major;
  w->set = true;
  return NM_OK;
}

int32_t wait_for_weights(const nm_cuda_weights& weights, cudaStream_t stream) {
  if (weights.set) NM_CUDA_TRY(cudaStreamWaitEvent, stream, weights.ready.raw(), 0);
  return NM_OK;
}

int32_t note_use(const nm_cuda_weights& weights, cudaStream_t stream) {
  Event& event = weights.used[stream];
  NM_TRY(event.create(cudaEventDisableTiming));
  NM_CUDA_TRY(cudaEventRecord, event.raw(), stream);
  return NM_OK;
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
