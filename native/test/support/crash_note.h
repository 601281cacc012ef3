/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_CRASH_NOTE_H_
#define NM4J_TEST_SUPPORT_CRASH_NOTE_H_

namespace nm4j_test {

// Says what this thread is about to do. Should it touch a guard page, the note is printed before the process dies.
void SetCrashNote(const char* format, ...) __attribute__((format(printf, 1, 2)));

void InstallCrashHandler();

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_CRASH_NOTE_H_
