// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// NVIDIA's libraries, opened at run time.
#ifndef NM4J_CUDA_RUNTIME_SHARED_LIBRARY_H_
#define NM4J_CUDA_RUNTIME_SHARED_LIBRARY_H_

#include <string>
#include <vector>

namespace nm {
namespace cuda {

struct SharedLibrary {
  void* handle = nullptr;
  std::string path;
  std::string tried;   // paths, as a list
  std::string broken;  // what the loader said of a file that is there, "" if none was
};

// The first of these that can be loaded; only the one that an environment variable names, if it is set.
SharedLibrary open_first(const char* variable, const std::vector<std::string>& paths);

// A function, or NULL.
void* find_function(const SharedLibrary& library, const char* name);

// The full path of the library that a function is from, if the system tells it.
std::string path_of(const void* function, const std::string& otherwise);

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_RUNTIME_SHARED_LIBRARY_H_
