// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "abi/status.h"

#include <cstdarg>
#include <cstdio>

namespace nm {
namespace {

thread_local char last_error[512] = "";

}  // namespace

int32_t fail(int32_t status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  return status;
}

}  // namespace nm

const char* nm_last_error(void) { return nm::last_error; }

const char* nm_status_name(int32_t status) {
  switch (status) {
    case NM_OK:
      return "NM_OK";
    case NM_INVALID_ARGUMENT:
      return "NM_INVALID_ARGUMENT";
    case NM_INVALID_PATTERN:
      return "NM_INVALID_PATTERN";
    case NM_OVERFLOW:
      return "NM_OVERFLOW";
    case NM_PATTERN_BREACH:
      return "NM_PATTERN_BREACH";
    case NM_NAN:
      return "NM_NAN";
    case NM_OUT_OF_MEMORY:
      return "NM_OUT_OF_MEMORY";
    case NM_INVALID_STATE:
      return "NM_INVALID_STATE";
    case NM_UNSUPPORTED:
      return "NM_UNSUPPORTED";
    case NM_INTERNAL:
      return "NM_INTERNAL";
    default:
      return "NM_UNKNOWN";
  }
}
