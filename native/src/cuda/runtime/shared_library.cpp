// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/runtime/shared_library.h"

#include <dlfcn.h>

#include <cstdlib>

namespace nm {
namespace cuda {

SharedLibrary open_first(const char* variable, const std::vector<std::string>& paths) {
  const char* const only = std::getenv(variable);
  SharedLibrary opened;
  for (const std::string& path : only != nullptr && *only != '\0' ? std::vector<std::string>{only} : paths) {
    opened.handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (opened.handle != nullptr) {
      opened.path = path;
      return opened;
    }
    const char* const said = dlerror();
    const std::string error = said != nullptr ? said : path + " cannot be loaded";
    opened.tried += (opened.tried.empty() ? "" : ", ") + path;
    // The loader's words for a file that is not there; for one that needs another the name would be the other's.
    const bool missing = error.rfind(path + ": cannot open shared object file: No such file", 0) == 0;
    if (!missing && opened.broken.empty()) opened.broken = error;
  }
  return opened;
}

void* find_function(const SharedLibrary& library, const char* name) { return dlsym(library.handle, name); }

std::string path_of(const void* function, const std::string& otherwise) {
  Dl_info info;
  return dladdr(function, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : otherwise;
}

}  // namespace cuda
}  // namespace nm
