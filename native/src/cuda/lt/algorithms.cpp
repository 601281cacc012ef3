// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/algorithms.h"

#include <map>
#include <mutex>
#include <sstream>
#include <vector>

#include "cuda/lt/library.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

// First in each line; the number changes with the meaning of what follows.
constexpr char kMark[] = "nm4j-cusparselt-1";

using Table = std::map<std::string, std::map<ProblemFields, Choice>>;

struct Store {
  std::mutex mutex;
  Table by_scope;
};

Store& store() {
  static Store* const all = new Store;  // threads may outlive static objects
  return *all;
}

// Or NULL; the store is locked.
const Choice* find(const std::string& scope, const Problem& problem) {
  const auto of_scope = store().by_scope.find(scope);
  if (of_scope == store().by_scope.end()) return nullptr;
  const auto found = of_scope->second.find(fields_of(problem));
  return found == of_scope->second.end() ? nullptr : &found->second;
}

// "MARK fields... : config split_k mode buffers : scope"
bool parse(const std::string& line, std::string* scope, ProblemFields* fields, Choice* choice) {
  std::istringstream in(line);
  std::string mark, colon;
  if (!(in >> mark) || mark != kMark) return false;
  for (int64_t& field : *fields) {
    if (!(in >> field)) return false;
  }
  if (!(in >> colon) || colon != ":") return false;
  if (!(in >> choice->config >> choice->split_k >> choice->split_k_mode >> choice->split_k_buffers)) return false;
  if (choice->config < 0 || !(in >> colon) || colon != ":") return false;
  return static_cast<bool>(std::getline(in >> std::ws, *scope)) && !scope->empty();
}

}  // namespace

int32_t algorithm_scope(int32_t device, std::string* scope) {
  const Library* opened;
  NM_TRY(require_library(&opened));
  int major, minor, multiprocessors;
  NM_CUDA_TRY(cudaDeviceGetAttribute, &major, cudaDevAttrComputeCapabilityMajor, device);
  NM_CUDA_TRY(cudaDeviceGetAttribute, &minor, cudaDevAttrComputeCapabilityMinor, device);
  NM_CUDA_TRY(cudaDeviceGetAttribute, &multiprocessors, cudaDevAttrMultiProcessorCount, device);
  std::ostringstream out;
  out << opened->version.text() << ' ' << major << '.' << minor << ' ' << multiprocessors << ' ' << device_name(device);
  *scope = out.str();
  return NM_OK;
}

Choice chosen_algorithm(const std::string& scope, const Problem& problem) {
  const std::lock_guard<std::mutex> lock(store().mutex);
  const Choice* const known = find(scope, problem);
  return known == nullptr ? Choice{} : *known;
}

bool has_algorithm(const std::string& scope, const Problem& problem) {
  const std::lock_guard<std::mutex> lock(store().mutex);
  return find(scope, problem) != nullptr;
}

void keep_algorithm(const std::string& scope, const Problem& problem, const Choice& choice) {
  const std::lock_guard<std::mutex> lock(store().mutex);
  store().by_scope[scope][fields_of(problem)] = choice;
}

std::string export_algorithms() {
  const std::lock_guard<std::mutex> lock(store().mutex);
  std::ostringstream out;
  for (const auto& [scope, choices] : store().by_scope) {
    for (const auto& [fields, choice] : choices) {
      out << kMark;
      for (const int64_t field : fields) out << ' ' << field;
      out << " : " << choice.config << ' ' << choice.split_k << ' ' << choice.split_k_mode << ' '
          << choice.split_k_buffers << " : " << scope << '\n';
    }
  }
  return out.str();
}

int32_t import_algorithms(const char* text, const std::vector<std::string>& scopes, int64_t* used) {
  Table read;
  int64_t line_number = 0, matching = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    ++line_number;
    if (line.empty()) continue;
    std::string scope;
    ProblemFields fields;
    Choice choice;
    if (!parse(line, &scope, &fields, &choice)) {
      return fail(NM_INVALID_ARGUMENT, "text: expected a line of nm_cuda_algorithms_export, got \"%.80s\" as line %lld",
                  line.c_str(), static_cast<long long>(line_number));
    }
    for (const std::string& present : scopes) matching += present == scope;
    read[scope][fields] = choice;
  }
  const std::lock_guard<std::mutex> lock(store().mutex);
  for (const auto& [scope, choices] : read) {
    for (const auto& [fields, choice] : choices) store().by_scope[scope][fields] = choice;
  }
  *used = matching;
  return NM_OK;
}

void clear_algorithms() {
  const std::lock_guard<std::mutex> lock(store().mutex);
  store().by_scope.clear();
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
