// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/runtime/stream.h"

#include "abi/check.h"

namespace nm {
namespace cuda {

namespace {

int32_t reserve(DeviceBuffer* buffer, int64_t bytes) {
  if (bytes <= buffer->bytes()) return NM_OK;
  return buffer->allocate(bytes);  // waits for what still uses the old memory
}

}  // namespace

int32_t check_stream(const nm_cuda_stream* stream) { return check_not_null("stream", stream); }

int32_t reserve_scratch(nm_cuda_stream* stream, int64_t bytes) { return reserve(&stream->scratch, bytes); }

int32_t reserve_workspace(nm_cuda_stream* stream, int64_t bytes) { return reserve(&stream->workspace, bytes); }

}  // namespace cuda
}  // namespace nm
