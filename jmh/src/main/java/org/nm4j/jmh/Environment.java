/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * Where and when something was measured; the first line of a JSON file.
 *
 * @param date of the run, in UTC, such as 2026-11-23
 * @param cpu the CPU's name
 * @param cores cores that the run could use
 * @param os the operating system
 * @param jdk the Java virtual machine
 * @param isa instruction set that nm4j uses
 * @param nm4j version of nm4j, and why that instruction set
 * @param openblas version of OpenBLAS, its threads and the core type it chose
 * @param onednn version of oneDNN and its instruction set
 */
record Environment(
    String date,
    String cpu,
    int cores,
    String os,
    String jdk,
    String isa,
    String nm4j,
    String openblas,
    String onednn) {

  static Environment of(Facts facts, String core) {
    return new Environment(
        LocalDate.now(ZoneOffset.UTC).toString(),
        facts.cpu(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        facts.isa(),
        facts.nm4j(),
        facts.openblas() + ", kernels for " + core,
        facts.onednn());
  }

  /** The same on another day. */
  Environment on(String otherDate) {
    return new Environment(otherDate, cpu, cores, os, jdk, isa, nm4j, openblas, onednn);
  }
}
