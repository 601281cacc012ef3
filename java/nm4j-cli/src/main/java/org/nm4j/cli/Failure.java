/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

/** Ends a command with one line for the user and an exit status. */
final class Failure extends RuntimeException {
  /** Something was looked for and found wrong, for example a weight that breaches its pattern. */
  static final int FINDING = 1;

  /** The command could not do its work: wrong usage, unreadable input, missing library. */
  static final int TROUBLE = 2;

  private static final long serialVersionUID = 1;

  private final int exitStatus;

  Failure(String message) {
    this(TROUBLE, message, null);
  }

  Failure(String message, Throwable cause) {
    this(TROUBLE, message, cause);
  }

  private Failure(int exitStatus, String message, Throwable cause) {
    super(message, cause);
    this.exitStatus = exitStatus;
  }

  static Failure finding(String message) {
    return new Failure(FINDING, message, null);
  }

  int exitStatus() {
    return exitStatus;
  }
}
