/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.lang.reflect.InvocationTargetException;
import java.util.stream.Stream;

/** One way to compute a product on a GPU. */
abstract class GpuContender implements Contender {
  /** Whoever makes bare calls of cuSPARSELt. */
  static final String BARE_NAME = "bare-cusparselt";

  private static final String BARE = "org.nm4j.jmh.BareCusparseLt";
  private static final int VECTOR_BYTES = 16;

  final GpuProblem problem;
  private final String name;
  private final Role role;

  GpuContender(GpuProblem problem, String name, Role role) {
    this.problem = problem;
    this.name = name;
    this.role = role;
    problem.use();
  }

  /**
   * Bare calls of cuSPARSELt, if this was built with the preset for it (profile cusparselt) and it
   * takes the shape as it is: extents in multiples of 16 bytes. nm4j pads others.
   */
  static Stream<GpuContender> bare(GpuProblem problem) {
    if (problem.host.n % (VECTOR_BYTES / problem.x.dtype().bytes()) != 0) {
      return Stream.of();
    }
    try {
      return Stream.of(
          (GpuContender)
              Class.forName(BARE).getDeclaredConstructor(GpuProblem.class).newInstance(problem));
    } catch (ClassNotFoundException e) {
      return Stream.of();
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(BARE + ": " + e.getCause(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** Queues one product. */
  abstract void queue();

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Role role() {
    return role;
  }

  @Override
  public final int calls() {
    return CudaGemmOp.QUEUED;
  }

  @Override
  public final void run() {
    for (int i = 0; i < CudaGemmOp.QUEUED; i++) {
      queue();
    }
    problem.stream.synchronize();
  }

  @Override
  public void close() {
    problem.close();
  }
}
