// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The plans of one session that were used last.
#ifndef NM4J_CUDA_LT_PLAN_CACHE_H_
#define NM4J_CUDA_LT_PLAN_CACHE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "cuda/lt/problem.h"

namespace nm {
namespace cuda {
namespace lt {

class PreparedPlan;
class Session;

// Of all threads.
struct PlanCounters {
  std::atomic<int64_t> hits, misses, evicted, plans, threads;
};
PlanCounters& plan_counters();

class PlanCache {
 public:
  static constexpr size_t kCapacity = 128;

  PlanCache();
  ~PlanCache();

  // The plan for these, made if there is none. Valid until the next call.
  int32_t find(Session* session, const Problem& problem, const Choice& choice, const void* bias, PreparedPlan** out);
  void clear();

 private:
  struct Entry {
    ProblemFields problem;
    Choice choice;
    const void* bias;
    std::unique_ptr<PreparedPlan> plan;
  };
  std::list<Entry> entries_;  // the last used first
};

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_PLAN_CACHE_H_
