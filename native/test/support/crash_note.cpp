/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/crash_note.h"

#include <unistd.h>

#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace nm4j_test {
namespace {

thread_local char note[256] = "";

void Print(const char* text) {
  // The process is about to die: nothing is left to do should this fail.
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

// The handler stays in force for one signal only, so that returning repeats the fault and ends the process by it.
void PrintNote(int) {
  Print("\nforbidden memory access; this thread last noted: ");
  Print(note);
  Print("\n");
}

}  // namespace

void SetCrashNote(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(note, sizeof note, format, arguments);
  va_end(arguments);
}

void InstallCrashHandler() {
  struct sigaction action = {};
  action.sa_handler = PrintNote;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace nm4j_test
