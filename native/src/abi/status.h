// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Statuses and the last-error message of the C ABI. Nothing below src/abi knows about either.
#ifndef NM4J_ABI_STATUS_H_
#define NM4J_ABI_STATUS_H_

#include <cstdint>
#include <new>

#include "nm4j/nm4j.h"

namespace nm {

// Stores the message for this thread and returns `status`, so that a check reads `return fail(...)`.
int32_t fail(int32_t status, const char* format, ...) __attribute__((format(printf, 2, 3)));

// Runs the body of an ABI function; no exception gets past it.
template <typename Body>
int32_t guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(NM_OUT_OF_MEMORY, "out of memory");
  } catch (...) {
    return fail(NM_INTERNAL, "unexpected exception inside nm4j");
  }
}

}  // namespace nm

// Returns from the enclosing function when `expression` is a failure.
#define NM_TRY(expression)                                    \
  do {                                                        \
    if (const int32_t status_ = (expression)) return status_; \
  } while (false)

#endif  // NM4J_ABI_STATUS_H_
