// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Which streams there are.
#ifndef NM4J_DOUBLE_RUNTIME_STREAMS_H_
#define NM4J_DOUBLE_RUNTIME_STREAMS_H_

#include "runtime/queue.h"

namespace nm4j_double {

// Those created and not destroyed, and the devices' default streams.
std::vector<cudaStream_t> all_streams();
cudaStream_t find_stream(int64_t id);
bool is_default(cudaStream_t stream);

// Queues that the stream goes no further before the event's last recording is reached.
void wait_for(cudaStream_t stream, cudaEvent_t event);

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_RUNTIME_STREAMS_H_
