/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.List;

/**
 * What {@link Nm4j#info} found.
 *
 * <pre>{@code
 * Info info = Nm4j.info();
 * boolean fast = !info.isa().equals("scalar");
 * }</pre>
 *
 * @param version version of the Java library
 * @param platform operating system and architecture, for example {@code linux-x86_64}
 * @param libraryFile absolute path of the native library in use
 * @param cpu model name of the CPU
 * @param features instruction-set extensions of the CPU that nm4j knows
 * @param isa instruction set in use: scalar, avx2, avx512, avx512vnni, avx512bf16 or amx
 * @param isaReason why that one
 * @param backends one line per backend: its name and its state
 */
public record Info(
    String version,
    String platform,
    String libraryFile,
    String cpu,
    List<String> features,
    String isa,
    String isaReason,
    List<String> backends) {
  /**
   * Copies the lists.
   *
   * @param version version of the Java library
   * @param platform operating system and architecture
   * @param libraryFile absolute path of the native library in use
   * @param cpu model name of the CPU
   * @param features instruction-set extensions of the CPU
   * @param isa instruction set in use
   * @param isaReason why that one
   * @param backends one line per backend
   */
  public Info {
    features = List.copyOf(features);
    backends = List.copyOf(backends);
  }

  /**
   * A report for people.
   *
   * @return one line per component
   */
  @Override
  public String toString() {
    return String.join(
        System.lineSeparator(),
        "nm4j      " + version,
        "platform  " + platform,
        "library   " + libraryFile,
        "cpu       " + cpu,
        "features  " + String.join(" ", features),
        "isa       " + isa + " (" + isaReason + ")",
        "backends  " + String.join("; ", backends));
  }
}
