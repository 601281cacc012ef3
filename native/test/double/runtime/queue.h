// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The streams of the double: work runs as late as it may, when somebody synchronises, so that who forgets to
// synchronise sees it; and unordered accesses to the same memory end the process with a message.
#ifndef NM4J_DOUBLE_RUNTIME_QUEUE_H_
#define NM4J_DOUBLE_RUNTIME_QUEUE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cuda_runtime_api.h"

namespace nm4j_double {

// Ends the process: a rule of the contract was broken.
[[noreturn]] NM4J_DOUBLE_API void breach(const char* format, ...) __attribute__((format(printf, 1, 2)));

// One lock for all of the double. What it simulates is a device, whose work is serial anyway.
NM4J_DOUBLE_API std::recursive_mutex& lock();

// Counts a call, and says whether it is the one that has to fail.
NM4J_DOUBLE_API bool fails_now();

// Objects that exist; delta may be negative.
NM4J_DOUBLE_API void count_live(int64_t delta);

// `rows` of `width` bytes, `pitch` apart.
struct Access {
  const void* data;
  size_t width, pitch, rows;
  bool writes;
};

// For each stream, up to which of its operations something is ordered.
using Clock = std::map<int64_t, int64_t>;

struct Work {
  std::function<void()> run;
  double microseconds;
  Clock clock;
  std::string kernel;  // of a kernel of nm4j: its name. What it touches is seen while it runs.
};

}  // namespace nm4j_double

struct CUstream_st {
  int device;
  int64_t id;
  int64_t enqueued = 0, executed = 0;
  std::deque<nm4j_double::Work> pending;
  nm4j_double::Clock clock;  // of the last one queued
};

struct CUevent_st {
  int device;
  bool timing;
  cudaStream_t stream = nullptr;  // NULL: never recorded
  int64_t stream_id = 0, position = 0;
  nm4j_double::Clock clock;
  bool reached = true;
  double time = 0;
};

namespace nm4j_double {

// The stream itself, or the current device's default stream for NULL. Ends the process for one that is none.
NM4J_DOUBLE_API cudaStream_t resolve(cudaStream_t stream);

// Queues work that makes these accesses. Every byte of them has to be memory of the stream's device (or of the host,
// where `host` says so).
NM4J_DOUBLE_API void enqueue(cudaStream_t stream, const std::vector<Access>& accesses, std::function<void()> run,
                             double microseconds = 1);

// Queues a kernel, whose accesses are not known before it runs: an Observer (observer.h) sees them.
NM4J_DOUBLE_API void enqueue_kernel(cudaStream_t stream, std::string name, std::function<void()> run,
                                    double microseconds);

// What everybody who can still touch anything is ordered after: the host, and the work that is queued.
Clock settled();

// Runs what the stream has queued up to that position, and what it waits for.
void run_to(cudaStream_t stream, int64_t position);
void run_all(cudaStream_t stream);
NM4J_DOUBLE_API void run_device(int device);

// The host has seen all that the clock covers.
void host_joins(const Clock& clock);

// Whether the host stands in for another library's kernels: NM4J_DOUBLE_GUEST.
bool has_guest();

double now();  // microseconds of simulated time

NM4J_DOUBLE_API int current_device();
NM4J_DOUBLE_API bool is_broken_config(int config);
NM4J_DOUBLE_API void capability(int* major, int* minor);

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_RUNTIME_QUEUE_H_
