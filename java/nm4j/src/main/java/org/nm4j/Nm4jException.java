/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;

/**
 * Thrown when the data or the environment, not the shape of a call, makes an operation impossible.
 * Wrong arguments give {@link IllegalArgumentException}, closed handles {@link
 * IllegalStateException}.
 *
 * <pre>{@code
 * try {
 *   System.out.println(Nm4j.info());
 * } catch (Nm4jException e) {
 *   System.err.println(e.code() + ": " + e.getMessage()); // what was tried, and what helps
 * }
 * }</pre>
 */
public final class Nm4jException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What went wrong. */
  private final ErrorCode code;

  /**
   * Makes an exception.
   *
   * @param code what went wrong
   * @param message what was expected and what was found
   */
  public Nm4jException(ErrorCode code, String message) {
    super(message);
    this.code = Objects.requireNonNull(code, "code");
  }

  /**
   * What went wrong, for programs.
   *
   * @return the code
   */
  public ErrorCode code() {
    return code;
  }
}
