/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.ShortBuffer;
import java.util.Objects;
import org.nm4j.internal.BufferMemory;
import org.nm4j.internal.Call;
import org.nm4j.internal.CudaAllocation;
import org.nm4j.internal.CudaMemory;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.Memory;
import org.nm4j.internal.PinnedMemory;
import org.nm4j.internal.TrainedWeights;

/**
 * A view of a rows x cols matrix, row-major with a leading dimension, in memory that the caller
 * owns, of fp32 unless another {@link DType} is given. Nothing is copied: native code reads and
 * writes that memory directly, and what is between {@code cols} and {@code ld} is never touched.
 *
 * <pre>{@code
 * FloatBuffer memory = ByteBuffer.allocateDirect(4 * 100).order(ByteOrder.nativeOrder()).asFloatBuffer();
 * DenseMatrix wide = DenseMatrix.of(memory, 10, 8, 10);   // 10 rows of 8, 10 floats apart
 * wide.set(2, 3, 1.5f);
 * DenseMatrix middle = wide.rows(2, 4);                   // rows 2 to 5, the same memory
 * float value = middle.get(0, 3);                         // 1.5
 * }</pre>
 *
 * <p>{@link #get}, {@link #set} and the copies convert: a number given is stored as the nearest of
 * the type (ties to even, integers limited to their range, NaN as the lowest). Integers are what
 * they are there; what they stand for in products, {@link #quantized} says.
 *
 * <p>A matrix may also lie in memory of a GPU, see {@link #allocate(Device, DType, long, long)}:
 * there {@link #toArray} and {@link #copyFrom} copy, and {@link #get}, {@link #set} and the buffers
 * throw {@link IllegalStateException}.
 *
 * <p>The description is immutable. The elements are plain memory: threads that share them need the
 * same care as with arrays. The buffer is kept alive; memory that can be freed under a living
 * buffer (that of a closed arena) must outlast the last use of the view.
 */
public final class DenseMatrix {
  static {
    Matrices.set(
        new Matrices() {
          @Override
          public DenseMatrix view(
              DType dtype, Memory memory, long available, long rows, long cols, long ld) {
            Shape.requireRemaining("pointer", Shape.extent(rows, cols, ld), available);
            return memory instanceof CudaMemory cuda
                ? on(Device.cuda(cuda.device()), memory, 0, dtype, rows, cols, ld)
                : new DenseMatrix(Device.cpu(), dtype, memory, 0, rows, cols, ld, 1, 0);
          }

          @Override
          public DenseMatrix reshape(DenseMatrix m, long rows, long cols) {
            Shape.requireExactly("elements", m.rows * m.ld, rows * cols);
            return m.packed(rows, cols);
          }

          @Override
          public Mask reshape(Mask mask, long rows, long cols) {
            return mask.packed(rows, cols);
          }

          @Override
          public Memory memory(DenseMatrix matrix) {
            return matrix.memory;
          }

          @Override
          public long offset(DenseMatrix matrix) {
            return matrix.offset;
          }

          @Override
          public boolean apart(DenseMatrix a, DenseMatrix b) {
            return Shape.apart(a, b);
          }

          @Override
          public void copy(DenseMatrix from, DenseMatrix to) {
            from.copyTo(to);
          }

          @Override
          public long extent(DenseMatrix matrix) {
            return Shape.extent(matrix.rows, matrix.cols, matrix.ld);
          }

          @Override
          public void readRows(long rows, long cols, Execution execution, Work work) {
            RowBlocks.run(0, rows, cols, execution, work::run);
          }

          @Override
          public void changeRows(
              long rows, long cols, long height, Execution execution, Work work) {
            RowBlocks.runOnce(rows, cols, height, execution, work::run);
          }

          @Override
          public TrainedWeights trainedWeights(
              Device device, DType activations, long rows, long cols, Pattern pattern) {
            return device.isCpu()
                ? new RepackedWeights(rows, cols, pattern, true)
                : new GpuTrainedWeights(device, activations, rows, cols, pattern);
          }

          @Override
          public TrainedWeights trainedColumns(long rows, long cols, Pattern pattern) {
            return new RepackedWeights(rows, cols, pattern, false);
          }

          @Override
          public void cast(
              DenseMatrix from, DenseMatrix bits, DenseMatrix out, Execution execution) {
            GpuMasks.apply(from, bits, out, execution);
          }

          @Override
          public SparseConv2d.Builder sizes(SparseConv2d.Builder builder) {
            return builder.sizes();
          }

          @Override
          public void columns(
              SparseConv2d.Builder geometry, Images x, DenseMatrix columns, Execution execution) {
            Conv2dColumns.make(geometry.geometry(), x, columns, execution);
          }

          @Override
          public void sumColumns(
              SparseConv2d.Builder geometry, DenseMatrix columns, Images x, Execution execution) {
            Conv2dColumns.sum(geometry.geometry(), columns, x, execution);
          }
        });
  }

  private final Device device;
  private final DType dtype;
  private final Memory memory;
  private final long offset;
  private final long address;
  private final long rows;
  private final long cols;
  private final long ld;
  private final float scale;
  private final int zero;

  private DenseMatrix(
      Device device,
      DType dtype,
      Memory memory,
      long offset,
      long rows,
      long cols,
      long ld,
      float scale,
      int zero) {
    this.device = device;
    this.dtype = dtype;
    this.memory = memory;
    this.offset = offset;
    this.address = memory.address() + offset * dtype.bytes();
    this.rows = rows;
    this.cols = cols;
    this.ld = ld;
    this.scale = scale;
    this.zero = zero;
  }

  /**
   * Views a buffer, from its position, as rows without gaps.
   *
   * @param buffer direct and in native order; read-only buffers serve as inputs
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return the view
   * @throws IllegalArgumentException when a size is negative, or the buffer is on the heap, in
   *     foreign order, not aligned to 4 bytes, or holds fewer than rows * cols elements
   */
  public static DenseMatrix of(FloatBuffer buffer, long rows, long cols) {
    return of(buffer, rows, cols, cols);
  }

  /**
   * Views a buffer, from its position, as rows that start {@code ld} elements apart.
   *
   * @param buffer direct and in native order; read-only buffers serve as inputs
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view
   * @throws IllegalArgumentException when a size is negative, or the buffer is on the heap, in
   *     foreign order, not aligned to 4 bytes, or holds fewer than (rows - 1) * ld + cols elements
   */
  public static DenseMatrix of(FloatBuffer buffer, long rows, long cols, long ld) {
    return view(DType.F32, buffer, rows, cols, ld);
  }

  /**
   * Views the bits of bf16 elements, from the buffer's position, as rows that start {@code ld}
   * elements apart.
   *
   * @param buffer direct and in native order; read-only buffers serve as inputs
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view, of {@link DType#BF16}
   * @throws IllegalArgumentException when a size is negative, or the buffer is on the heap, in
   *     foreign order, not aligned to 2 bytes, or too short
   */
  public static DenseMatrix ofBf16(ShortBuffer buffer, long rows, long cols, long ld) {
    return view(DType.BF16, buffer, rows, cols, ld);
  }

  /**
   * Views the bits of fp16 elements, from the buffer's position, as rows that start {@code ld}
   * elements apart.
   *
   * @param buffer direct and in native order; read-only buffers serve as inputs
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view, of {@link DType#F16}
   * @throws IllegalArgumentException when a size is negative, or the buffer is on the heap, in
   *     foreign order, not aligned to 2 bytes, or too short
   */
  public static DenseMatrix ofF16(ShortBuffer buffer, long rows, long cols, long ld) {
    return view(DType.F16, buffer, rows, cols, ld);
  }

  /**
   * Views 8-bit integers, from the buffer's position, as rows that start {@code ld} elements apart.
   *
   * @param dtype {@link DType#S8} or {@link DType#U8}
   * @param buffer direct; read-only buffers serve as inputs
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view
   * @throws IllegalArgumentException when the type has another size, a size is negative, or the
   *     buffer is on the heap or too short
   */
  public static DenseMatrix ofInt8(DType dtype, ByteBuffer buffer, long rows, long cols, long ld) {
    if (dtype != DType.S8 && dtype != DType.U8) {
      throw new IllegalArgumentException("dtype must be S8 or U8, got " + dtype);
    }
    return view(dtype, buffer, rows, cols, ld);
  }

  /**
   * Views the bits of 8-bit floats, from the buffer's position, as rows that start {@code ld}
   * elements apart.
   *
   * @param dtype {@link DType#E4M3} or {@link DType#E5M2}
   * @param buffer direct; read-only buffers serve as inputs
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view
   * @throws IllegalArgumentException when the type is another, a size is negative, or the buffer is
   *     on the heap or too short
   */
  public static DenseMatrix ofFloat8(
      DType dtype, ByteBuffer buffer, long rows, long cols, long ld) {
    if (!dtype.isFloat8()) {
      throw new IllegalArgumentException("dtype must be E4M3 or E5M2, got " + dtype);
    }
    return view(dtype, buffer, rows, cols, ld);
  }

  private static DenseMatrix view(DType dtype, Buffer buffer, long rows, long cols, long ld) {
    Objects.requireNonNull(buffer, "buffer");
    Shape.requireRemaining("buffer", Shape.extent(rows, cols, ld), buffer.remaining());
    return new DenseMatrix(
        Device.cpu(), dtype, new BufferMemory(buffer, dtype.bytes()), 0, rows, cols, ld, 1, 0);
  }

  /**
   * Copies an array into new memory.
   *
   * @param values row-major, rows * cols elements
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return a matrix that owns its memory
   * @throws IllegalArgumentException when a size is negative or the array has another length
   */
  public static DenseMatrix copyOf(float[] values, long rows, long cols) {
    Objects.requireNonNull(values, "values");
    Shape.requireExactly("values", Shape.extent(rows, cols, cols), values.length);
    DenseMatrix matrix = allocate(rows, cols);
    matrix.copyFrom(values);
    return matrix;
  }

  /**
   * New zeros in direct memory that starts at a multiple of 64 bytes and is freed with the view. It
   * counts against {@code -XX:MaxDirectMemorySize}.
   *
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return a matrix that owns its memory
   * @throws IllegalArgumentException when a size is negative or 2 GiB are exceeded
   * @throws OutOfMemoryError when the limit of direct memory is reached
   */
  public static DenseMatrix allocate(long rows, long cols) {
    return allocate(DType.F32, rows, cols);
  }

  /**
   * New zeros of any type, see {@link #allocate(long, long)}.
   *
   * @param dtype the type of the elements
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return a matrix that owns its memory
   * @throws IllegalArgumentException when a size is negative or 2 GiB are exceeded
   * @throws OutOfMemoryError when the limit of direct memory is reached
   */
  public static DenseMatrix allocate(DType dtype, long rows, long cols) {
    long bytes = Shape.extent(rows, cols, cols) * dtype.bytes();
    return view(dtype, typed(BufferMemory.bytes(bytes), dtype), rows, cols, cols);
  }

  private static Buffer typed(ByteBuffer bytes, DType dtype) {
    return switch (dtype) {
      case F32 -> bytes.asFloatBuffer();
      case BF16, F16 -> bytes.asShortBuffer();
      case S8, U8, E4M3, E5M2 -> bytes;
      case S32 -> bytes.asIntBuffer();
    };
  }

  /**
   * New memory of a device, freed when it is forgotten; {@link DeviceMemory} is freed when the
   * program says so.
   *
   * @param device the CPU, see {@link #allocate(DType, long, long)}, or a GPU, whose memory begins
   *     with unspecified contents and may exceed 2 GiB
   * @param dtype the type of the elements
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return a matrix that owns its memory
   * @throws IllegalArgumentException when a size is negative or too large
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#LIBRARY}
   */
  public static DenseMatrix allocate(Device device, DType dtype, long rows, long cols) {
    if (device.isCpu()) {
      return allocate(dtype, rows, cols);
    }
    long bytes = Shape.extent(rows, cols, cols) * dtype.bytes();
    return on(device, new CudaAllocation(device.index(), bytes), 0, dtype, rows, cols, cols);
  }

  /**
   * New zeros in host memory that GPUs read and write directly, so that {@link DeviceStream#copy}
   * runs beside other work. It is scarce: the system cannot swap it out.
   *
   * @param dtype the type of the elements
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return a matrix that owns its memory, like any other of the CPU
   * @throws IllegalArgumentException when a size is negative or 2 GiB are exceeded
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#LIBRARY}
   */
  public static DenseMatrix allocatePinned(DType dtype, long rows, long cols) {
    long bytes = Shape.extent(rows, cols, cols) * dtype.bytes();
    return view(dtype, typed(PinnedMemory.bytes(bytes), dtype), rows, cols, cols);
  }

  /** Not from one GPU to another. */
  void copyTo(DenseMatrix copy) {
    if (device.isCpu() && copy.device.isCpu()) {
      for (long row = 0; row < rows && cols > 0; row++) {
        Elements.copy(row(row), copy.row(row));
      }
    } else {
      DeviceStream stream = (device.isCpu() ? copy.device : device).shared();
      stream.copy(this, copy);
      stream.synchronize();
    }
  }

  /** The same elements, known to have no gaps, in rows of another length. */
  DenseMatrix packed(long newRows, long newCols) {
    return new DenseMatrix(device, dtype, memory, offset, newRows, newCols, newCols, scale, zero);
  }

  static DenseMatrix on(
      Device device, Memory memory, long offset, DType dtype, long rows, long cols, long ld) {
    return new DenseMatrix(device, dtype, memory, offset, rows, cols, ld, 1, 0);
  }

  /**
   * The same elements in memory of another device, without gaps. Blocks until they are there.
   *
   * @param target the CPU or a GPU
   * @return a new matrix, even where the elements are there already
   * @throws IllegalArgumentException when the copy exceeds 2 GiB and the target is the CPU
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#LIBRARY}
   * @throws IllegalStateException when the memory is closed
   */
  public DenseMatrix to(Device target) {
    if (!device.isCpu() && !target.isCpu() && device != target) {
      return to(Device.cpu()).to(target);
    }
    DenseMatrix copy = allocate(target, dtype, rows, cols);
    copyTo(copy);
    return scale == 1 && zero == 0 ? copy : copy.quantized(scale, zero);
  }

  /**
   * The same elements with a meaning: an integer q stands for scale * (q - zero). Products of
   * integer activations count in these numbers, and integer results are rounded to them.
   *
   * @param scale the step between two numbers, finite and above 0; 1 to begin with
   * @param zero the integer that stands for 0, within the range of the type; 0 to begin with
   * @return a view of the same memory
   * @throws IllegalArgumentException when a value is out of range
   * @throws IllegalStateException unless the elements are integers of 8 bits
   */
  public DenseMatrix quantized(float scale, int zero) {
    if (dtype != DType.S8 && dtype != DType.U8) {
      throw new IllegalStateException("only S8 and U8 can be quantized, got " + this);
    }
    if (!(scale > 0) || Float.isInfinite(scale)) {
      throw new IllegalArgumentException("scale must be finite and above 0, got " + scale);
    }
    if (zero != Elements.limit(dtype, zero)) {
      throw new IllegalArgumentException("zero must be in the range of " + dtype + ", got " + zero);
    }
    return new DenseMatrix(device, dtype, memory, offset, rows, cols, ld, scale, zero);
  }

  /**
   * Where the elements lie.
   *
   * @return the CPU or a GPU
   */
  public Device device() {
    return device;
  }

  /**
   * The type of the elements.
   *
   * @return the type
   */
  public DType dtype() {
    return dtype;
  }

  /**
   * The step between two integers, see {@link #quantized}.
   *
   * @return 1 unless the matrix is quantized
   */
  public float scale() {
    return scale;
  }

  /**
   * The integer that stands for 0, see {@link #quantized}.
   *
   * @return 0 unless the matrix is quantized
   */
  public int zero() {
    return zero;
  }

  /**
   * The number of rows.
   *
   * @return at least 0
   */
  public long rows() {
    return rows;
  }

  /**
   * The number of columns.
   *
   * @return at least 0
   */
  public long cols() {
    return cols;
  }

  /**
   * The leading dimension: elements from the start of one row to the start of the next.
   *
   * @return at least {@link #cols}
   */
  public long ld() {
    return ld;
  }

  /**
   * Whether the memory may only be read. Such a matrix is refused where a result is written.
   *
   * @return true for a view of a read-only buffer
   */
  public boolean readOnly() {
    return memory.readOnly();
  }

  /**
   * Reads one element.
   *
   * @param row from 0 to rows - 1
   * @param col from 0 to cols - 1
   * @return the element, rounded where it is an {@link DType#S32} beyond 2^24
   * @throws IndexOutOfBoundsException outside the matrix
   */
  public float get(long row, long col) {
    return Elements.get(memory.buffer(index(row, col), 1), dtype, 0);
  }

  /**
   * Writes one element.
   *
   * @param row from 0 to rows - 1
   * @param col from 0 to cols - 1
   * @param value the new value
   * @throws IndexOutOfBoundsException outside the matrix
   * @throws ReadOnlyBufferException when the memory may only be read
   */
  public void set(long row, long col, float value) {
    Elements.put(memory.buffer(index(row, col), 1), dtype, 0, value);
  }

  /**
   * A view of some of the rows, in the same memory.
   *
   * @param from the first row
   * @param count how many rows
   * @return the view, with the same columns and leading dimension
   * @throws IndexOutOfBoundsException unless all these rows exist
   */
  public DenseMatrix rows(long from, long count) {
    Objects.checkFromIndexSize(from, count, rows);
    boolean empty = count == 0 || cols == 0; // and its start may lie beyond the memory
    return new DenseMatrix(
        device, dtype, memory, empty ? offset : offset + from * ld, count, cols, ld, scale, zero);
  }

  /** A view, one column wide, of the elements whose column is {@code first} more than their row. */
  DenseMatrix diagonal(long first) {
    return on(device, memory, offset + first, dtype, rows, 1, ld + 1);
  }

  /**
   * A view of some of the columns, in the same memory.
   *
   * @param from the first column
   * @param count how many columns
   * @return the view, with the same rows and leading dimension
   * @throws IndexOutOfBoundsException unless all these columns exist
   */
  public DenseMatrix columns(long from, long count) {
    Objects.checkFromIndexSize(from, count, cols);
    boolean empty = count == 0 || rows == 0; // and its start may lie beyond the memory
    return new DenseMatrix(
        device, dtype, memory, empty ? offset : offset + from, rows, count, ld, scale, zero);
  }

  /**
   * Copies the elements out.
   *
   * @return rows * cols elements, row-major without gaps
   * @throws IllegalStateException when they exceed an array
   */
  public float[] toArray() {
    float[] values = new float[size()];
    if (!device.isCpu()) {
      return to(Device.cpu()).toArray();
    }
    for (int row = 0; row < rows && cols > 0; row++) {
      Elements.get(row(row), dtype, values, row * (int) cols, (int) cols);
    }
    return values;
  }

  /**
   * Copies elements in.
   *
   * @param values rows * cols elements, row-major without gaps
   * @throws IllegalArgumentException when the array has another length
   * @throws ReadOnlyBufferException when the memory may only be read
   */
  public void copyFrom(float[] values) {
    Objects.requireNonNull(values, "values");
    Shape.requireExactly("values", Shape.extent(rows, cols, cols), values.length);
    if (!device.isCpu()) {
      DenseMatrix host = allocate(dtype, rows, cols);
      host.copyFrom(values);
      host.copyTo(this);
      return;
    }
    for (int row = 0; row < rows && cols > 0; row++) {
      Elements.put(row(row), dtype, values, row * (int) cols, (int) cols);
    }
  }

  /**
   * The memory itself: from the first element to the last one, gaps between rows included.
   *
   * @return a new view, read-only when the matrix is
   * @throws IllegalStateException when it exceeds a buffer, which {@link #rows(long, long)} cuts
   *     down, or is not of {@link DType#F32}
   */
  public FloatBuffer buffer() {
    return (FloatBuffer) typedBuffer(dtype == DType.F32, "F32");
  }

  /**
   * The bits of bf16 or fp16 elements, see {@link #buffer}.
   *
   * @return a new view, read-only when the matrix is
   * @throws IllegalStateException when it exceeds a buffer or is not of {@link DType#BF16} or
   *     {@link DType#F16}
   */
  public ShortBuffer bf16Buffer() {
    return (ShortBuffer) typedBuffer(dtype.bytes() == Short.BYTES, "BF16 or F16");
  }

  /**
   * The memory of 8-bit integers, or the bits of 8-bit floats, see {@link #buffer}.
   *
   * @return a new view, read-only when the matrix is
   * @throws IllegalStateException when it exceeds a buffer or elements are not of 8 bits
   */
  public ByteBuffer int8Buffer() {
    return (ByteBuffer) typedBuffer(dtype.bytes() == 1, "8 bits");
  }

  /**
   * The memory of 32-bit integers, see {@link #buffer}.
   *
   * @return a new view, read-only when the matrix is
   * @throws IllegalStateException when it exceeds a buffer or is not of {@link DType#S32}
   */
  public IntBuffer int32Buffer() {
    return (IntBuffer) typedBuffer(dtype == DType.S32, "S32");
  }

  /**
   * A short description.
   *
   * @return shape, leading dimension and type, not the elements
   */
  @Override
  public String toString() {
    String type = dtype == DType.F32 ? "" : ", " + dtype;
    String where = device.isCpu() ? "" : ", " + device;
    return "DenseMatrix[" + rows + " x " + cols + ", ld " + ld + type + where + "]";
  }

  /**
   * Address of the first of fp32 elements, valid while {@link #keepAlive} is still to be called.
   *
   * @throws IllegalArgumentException when the matrix is of another type or not in host memory
   */
  long address() {
    if (dtype != DType.F32) {
      throw new IllegalArgumentException("expected a matrix of F32, got " + this);
    }
    return typedAddress();
  }

  /** As {@link #address}, for elements of any type. */
  long typedAddress() {
    if (device != Device.cpu()) {
      throw new IllegalArgumentException("expected a matrix in host memory, got " + this);
    }
    return address;
  }

  /** As {@link #address}, for elements of any type on any device. */
  long anyAddress() {
    return address;
  }

  Memory memory() {
    return memory;
  }

  /** Lets nobody free memory of a GPU during a call. */
  void hold(Call call) {
    if (memory instanceof CudaMemory cuda) {
      call.use(cuda);
    }
  }

  /** To be called after native code has used {@link #address}. */
  void keepAlive() {
    Reference.reachabilityFence(memory);
  }

  private Buffer row(long row) {
    return memory.buffer(offset + row * ld, (int) cols);
  }

  private Buffer typedBuffer(boolean right, String expected) {
    if (!right) {
      throw new IllegalStateException("expected a matrix of " + expected + ", got " + this);
    }
    long extent = Shape.extent(rows, cols, ld);
    if (extent > Integer.MAX_VALUE / dtype.bytes()) {
      throw new IllegalStateException(
          extent + " elements do not fit a direct buffer; view fewer rows");
    }
    return memory.buffer(offset, (int) extent);
  }

  private int size() {
    long size = rows * cols;
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalStateException(size + " elements do not fit an array; copy fewer rows");
    }
    return (int) size;
  }

  private long index(long row, long col) {
    return offset + Objects.checkIndex(row, rows) * ld + Objects.checkIndex(col, cols);
  }
}
