/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is advised for the linkers' and the cache's usual messages. */
class RemedyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          windows-x86_64 | anything | linux-x86_64 only
          linux-x86_64 | class path resource org/x.so: not found | <classifier>linux-x86_64
          linux-x86_64 | /c/l.so: /lib/libc.so.6: version `GLIBC_2.36' not found (required by l.so) | older
          linux-x86_64 | /c/l.so: failed to map segment from shared object | noexec
          linux-x86_64 | /c/l.so: cannot open: Operation not permitted | noexec
          linux-x86_64 | Could not create the cache: Set the property | writable directory
          linux-x86_64 | /c/l.so (Permission denied) | writable directory
          linux-x86_64 | -Dnm4j.library.path=/x (no other place is tried): no such file: /x | correct
          linux-x86_64 | /c/l.so: wrong ELF class: ELFCLASS32 | -Dnm4j.library.path=FILE
          """)
  void theAdviceFitsTheError(String platform, String errors, String advice) {
    String remedy = Remedy.of(platform, errors, Loader.LIBRARY_PATH, Remedy.BUILT);
    assertTrue(remedy.contains(advice), remedy);
  }
}
