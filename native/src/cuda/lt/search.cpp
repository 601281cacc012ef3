// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/search.h"

#include "cuda/lt/algorithms.h"
#include "cuda/lt/session.h"
#include "cuda/lt/trial.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

// Whether a failure concerns the one algorithm that was tried, so that the search can go on.
bool of_algorithm(int32_t status) { return status == NM_UNSUPPORTED || status == NM_CUDA_LT_FAILURE; }

class Search {
 public:
  Search(Session* session, const Problem& problem, Trial* trial, nm_cuda_stream* stream, int32_t iterations,
         int32_t runs, nm_cuda_algorithm* best)
      : session_(session),
        problem_(problem),
        trial_(trial),
        stream_(stream),
        iterations_(iterations),
        runs_(runs),
        best_(best) {}

  // Configuration 0 is what all others are compared with, in results and in time.
  int32_t start(int32_t* configs) {
    PreparedPlan plan;
    NM_TRY(plan.init(session_, problem_, {}, trial_->bias()));
    NM_TRY(plan.config_count(configs));
    NM_TRY(trial_->result(plan, &expected_));
    NM_TRY(trial_->time(plan, iterations_, &best_->milliseconds));
    best_->default_milliseconds = best_->milliseconds;
    best_->workspace_bytes = plan.workspace_bytes();
    best_->candidates = 1;
    return NM_OK;
  }

  int32_t consider(const Choice& choice) {
    best_->candidates += 1;
    const int32_t status = attempt(choice);
    if (!of_algorithm(status)) return status;
    best_->rejected += 1;
    return NM_OK;
  }

  // What the library itself finds, split-K included. Its plan is not trusted either: only the choice is taken over.
  int32_t consider_proposal() {
    PreparedPlan plan;
    int32_t status = plan.init(session_, problem_, {}, trial_->bias(), iterations_);
    Choice proposal;
    if (status == NM_OK) {
      Operands operands = trial_->operands();
      operands.workspace = nullptr;  // the library provides for itself while it searches
      status = plan.search(operands, stream_->raw, &proposal);
    }
    if (status == NM_OK) return consider(proposal);
    if (!of_algorithm(status)) return status;
    best_->candidates += 1;
    best_->rejected += 1;
    return NM_OK;
  }

  const Choice& choice() const { return choice_; }

 private:
  int32_t attempt(const Choice& choice) {
    PreparedPlan plan;
    NM_TRY(plan.init(session_, problem_, choice, trial_->bias()));
    std::vector<unsigned char> result;
    for (int32_t run = 0; run < runs_; ++run) {
      NM_TRY(trial_->result(plan, &result));
      if (result != expected_)
        return fail(NM_CUDA_LT_FAILURE, "configuration %d computes something else", choice.config);
    }
    float milliseconds;
    NM_TRY(trial_->time(plan, iterations_, &milliseconds));
    if (milliseconds >= best_->milliseconds) return NM_OK;
    best_->milliseconds = milliseconds;
    best_->workspace_bytes = plan.workspace_bytes();
    choice_ = choice;
    return NM_OK;
  }

  Session* const session_;
  const Problem problem_;
  Trial* const trial_;
  nm_cuda_stream* const stream_;
  const int32_t iterations_, runs_;
  nm_cuda_algorithm* const best_;
  Choice choice_;
  std::vector<unsigned char> expected_;
};

}  // namespace

int32_t search(const nm_cuda_weights& w, const nm_cuda_product& p, nm_cuda_stream* stream, int32_t iterations,
               int32_t runs, nm_cuda_algorithm* found) {
  *found = {};
  Layout layout;
  NM_TRY(lay_out(w, p, &layout));
  Session* session;
  NM_TRY(lt::session(w.device, &session));
  Trial trial(layout.problem, stream);
  NM_TRY(trial.prepare(w));

  Search search(session, layout.problem, &trial, stream, iterations, runs, found);
  int32_t configs;
  NM_TRY(search.start(&configs));
  for (int32_t config = 1; config < configs; ++config) NM_TRY(search.consider({config, -1, -1, -1}));
  NM_TRY(search.consider_proposal());

  const Choice& best = search.choice();
  found->config = best.config;
  found->split_k = best.split_k;
  found->split_k_mode = best.split_k_mode;
  found->split_k_buffers = best.split_k_buffers;
  keep_algorithm(session->scope(), layout.problem, best);
  return NM_OK;
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
