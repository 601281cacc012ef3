// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/plan_cache.h"

#include "cuda/lt/plan.h"

namespace nm {
namespace cuda {
namespace lt {

PlanCounters& plan_counters() {
  static PlanCounters counters;
  return counters;
}

PlanCache::PlanCache() = default;
PlanCache::~PlanCache() { clear(); }

// A walk over at most 128 entries of neighbouring numbers is cheaper than what follows by far.
int32_t PlanCache::find(Session* session, const Problem& problem, const Choice& choice, const void* bias,
                        PreparedPlan** out) {
  const ProblemFields fields = fields_of(problem);
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->problem != fields || !(entry->choice == choice) || entry->bias != bias) continue;
    entries_.splice(entries_.begin(), entries_, entry);
    plan_counters().hits += 1;
    *out = entry->plan.get();
    return NM_OK;
  }
  plan_counters().misses += 1;
  auto plan = std::make_unique<PreparedPlan>();
  NM_TRY(plan->init(session, problem, choice, bias));
  entries_.push_front({fields, choice, bias, std::move(plan)});
  plan_counters().plans += 1;
  if (entries_.size() > kCapacity) {
    entries_.pop_back();
    plan_counters().plans -= 1;
    plan_counters().evicted += 1;
  }
  *out = entries_.front().plan.get();
  return NM_OK;
}

void PlanCache::clear() {
  plan_counters().plans -= static_cast<int64_t>(entries_.size());
  entries_.clear();
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
