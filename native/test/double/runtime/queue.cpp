// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL.
#include "runtime/queue.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "control.h"
#include "runtime/memory.h"
#include "runtime/observer.h"
#include "runtime/streams.h"

namespace nm4j_double {
namespace {

int64_t calls = 0, fail_at = -1, live = 0;
bool failed = false;
int broken_config = -1;
double simulated_time = 0;
Clock host;

void join(Clock* into, const Clock& from) {
  for (const auto& [stream, position] : from) {
    int64_t& mine = (*into)[stream];
    if (mine < position) mine = position;
  }
}

}  // namespace

void breach(const char* format, ...) {
  std::fflush(stdout);
  std::fputs("nm4j contract double: ", stderr);
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
  std::fflush(stderr);
  std::abort();
}

std::recursive_mutex& lock() {
  static std::recursive_mutex* const mutex = new std::recursive_mutex;
  return *mutex;
}

bool fails_now() {
  calls += 1;
  if (fail_at < 0 || fail_at-- != 0) return false;
  failed = true;
  return true;
}

void count_live(int64_t delta) { live += delta; }

double now() { return simulated_time; }

bool has_guest() {
  const char* text = std::getenv("NM4J_DOUBLE_GUEST");
  return text != nullptr && std::string(text) == "1";
}

void host_joins(const Clock& clock) { join(&host, clock); }

bool is_broken_config(int config) { return config == broken_config; }

namespace {

void push(cudaStream_t stream, Work work) {
  join(&stream->clock, host);
  stream->enqueued += 1;
  stream->clock[stream->id] = stream->enqueued;
  work.clock = stream->clock;
  stream->pending.push_back(std::move(work));
}

// What the guest does next on the same stream is done by the host, without asking.
void run_for_guest(cudaStream_t stream) {
  if (has_guest() && is_default(stream)) run_to(stream, stream->enqueued);
}

}  // namespace

void enqueue(cudaStream_t asked, const std::vector<Access>& accesses, std::function<void()> run, double microseconds) {
  cudaStream_t stream = resolve(asked);
  push(stream, {std::move(run), microseconds, {}, {}});
  for (const Access& access : accesses) check_race(access, {stream->id, stream->enqueued, stream->clock, {}});
  run_for_guest(stream);
}

void enqueue_kernel(cudaStream_t asked, std::string name, std::function<void()> run, double microseconds) {
  cudaStream_t stream = resolve(asked);
  push(stream, {std::move(run), microseconds, {}, std::move(name)});
  run_for_guest(stream);
}

Clock settled() {
  Clock all = host;
  for (cudaStream_t stream : all_streams()) {
    if (stream->pending.empty()) continue;
    const Clock& first = stream->pending.front().clock;  // the later ones' clocks are no less
    for (auto& [id, position] : all) {
      const auto seen = first.find(id);
      position = std::min(position, seen == first.end() ? 0 : seen->second);
    }
  }
  return all;
}

// An operation may itself run those of another stream, for which this one waits.
void run_to(cudaStream_t stream, int64_t position) {
  if (stream->executed >= position || stream->pending.empty()) return;
  const Unlocked memory(stream->device);
  while (stream->executed < position && !stream->pending.empty()) {
    const Work operation = std::move(stream->pending.front());
    stream->pending.pop_front();
    stream->executed += 1;
    if (operation.kernel.empty()) {
      operation.run();
    } else {
      Observer observer({stream->id, stream->executed, operation.clock, operation.kernel});
      operation.run();
      observer.check_races();
    }
    simulated_time += operation.microseconds;
  }
}

void run_all(cudaStream_t stream) {
  run_to(stream, stream->enqueued);
  host_joins(stream->clock);
}

void run_device(int device) {
  for (cudaStream_t stream : all_streams()) {
    if (stream->device == device) run_all(stream);
  }
}

void wait_for(cudaStream_t stream, cudaEvent_t event) {
  if (event->stream == nullptr) return;
  join(&stream->clock, event->clock);
  const int64_t id = event->stream_id, position = event->position;
  enqueue(
      stream, {},
      [id, position] {
        // A stream that was destroyed since has run.
        if (cudaStream_t waited_for = find_stream(id)) run_to(waited_for, position);
      },
      0);
}

}  // namespace nm4j_double

using nm4j_double::lock;

int64_t nm_double_live(void) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  return nm4j_double::live;
}

void nm_double_fail_at(int64_t k) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  nm4j_double::fail_at = k;
  nm4j_double::failed = false;
}

int32_t nm_double_failed(void) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  return nm4j_double::failed;
}

int64_t nm_double_calls(void) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  return nm4j_double::calls;
}

int64_t nm_double_pending(void) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  int64_t pending = 0;
  for (cudaStream_t stream : nm4j_double::all_streams()) pending += static_cast<int64_t>(stream->pending.size());
  return pending;
}

void nm_double_break_config(int32_t config) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  nm4j_double::broken_config = config;
}

namespace {

// After everything else of the process: what exists now was forgotten.
__attribute__((destructor)) void report_leaks() {
  if (nm4j_double::live == 0) return;
  std::fprintf(stderr, "nm4j contract double: %lld CUDA and cuSPARSELt objects were never freed\n",
               static_cast<long long>(nm4j_double::live));
  nm4j_double::report_memory_leaks();
  std::fflush(stderr);
  const char* mode = std::getenv("NM4J_DOUBLE_LEAKS");
  if (mode == nullptr || std::string(mode) != "report") std::_Exit(97);
}

}  // namespace
