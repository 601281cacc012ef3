/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.nm4j.Pattern;
import org.nm4j.Workload;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Status;

/**
 * What Java adds to a tiny product: {@code SparseMatrix.linear} against the bare native call
 * through the library's own bindings ({@value #NATIVE}), and that against a native call that does
 * nothing ({@value #EMPTY}). The C call alone takes the difference of these two.
 */
final class CallOp extends MatrixOp {
  static final String NATIVE = "native-call";
  static final String EMPTY = "empty-call";

  CallOp() {
    super("call", GemmOp.BATCH_MAJOR);
  }

  @Override
  public Unit unit() {
    return Unit.NANOS;
  }

  @Override
  public boolean threaded() {
    return false;
  }

  @Override
  public List<BenchmarkCase> full() {
    return cases(
        List.of(Precision.F32),
        List.of(Pattern.P2_4),
        List.of(GemmOp.BATCH_MAJOR),
        List.of("16x16"),
        List.of(1));
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    GemmProblem problem = GemmProblem.forward(spec);
    Nm4jProduct nm4j =
        new Nm4jProduct(problem, Nm4jProduct.pack(problem, Workload.SMALL_BATCH), threads);
    List<Contender> products = List.of(new Repeated(nm4j), new Repeated(new NativeCall(problem)));
    return new Work(
        List.of(products.get(0), products.get(1), new Repeated(new EmptyCall())),
        nm4j.kernel(),
        () -> new ProductCheck(problem).verify(products));
  }

  /** Many calls in one run, as a single one is as short as reading the clock. */
  private record Repeated(Contender contender) implements Contender {
    private static final int CALLS = 1000;

    @Override
    public String name() {
      return contender.name();
    }

    @Override
    public Role role() {
      return contender.role();
    }

    @Override
    public int calls() {
      return CALLS;
    }

    @Override
    public void run() {
      for (int call = 0; call < CALLS; call++) {
        contender.run();
      }
    }

    @Override
    public void close() {
      contender.close();
    }
  }

  private static final class NativeCall implements Contender {
    private final GemmProblem problem;
    private final FloatPointer x;
    private final FloatPointer y;
    private final long matrix;

    NativeCall(GemmProblem problem) {
      this.problem = problem;
      x = problem.x.floats();
      y = problem.y.floats();
      Pattern pattern = problem.spec.pattern();
      long[] handle = new long[1];
      Status.check(
          Bindings.nm_matrix_create(
              problem.outputs,
              problem.inputs,
              pattern.n(),
              pattern.m(),
              Bindings.NM_F32,
              Bindings.NM_SMALL_BATCH,
              handle));
      matrix = handle[0];
      Status.check(
          Bindings.nm_matrix_set_rows_f32(
              matrix,
              0,
              problem.outputs,
              problem.w.floats().address(),
              problem.inputs,
              new BytePointer(problem.mask.bits()).address(),
              0));
      Status.check(Bindings.nm_matrix_seal(matrix));
    }

    @Override
    public String name() {
      return NATIVE;
    }

    @Override
    public Role role() {
      return Role.FLOOR;
    }

    @Override
    public void run() {
      Status.check(
          Bindings.nm_multiply_f32(
              matrix,
              Bindings.NM_BATCH_MAJOR,
              problem.n,
              x.address(),
              problem.inputs,
              1,
              0,
              0,
              0,
              0,
              Bindings.NM_IDENTITY,
              y.address(),
              problem.outputs,
              0,
              1));
    }

    @Override
    public void close() {
      Status.check(Bindings.nm_matrix_free(matrix));
    }
  }

  private static final class EmptyCall implements Contender {
    @Override
    public String name() {
      return EMPTY;
    }

    @Override
    public Role role() {
      return Role.FLOOR;
    }

    @Override
    public void run() {
      Status.check(Bindings.nm_matrix_free(0)); // allowed, and nothing to do
    }
  }
}
