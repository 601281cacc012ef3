/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * nm4j: N:M fine-grained structured sparsity. The C ABI.
 *
 * A weight matrix W has `rows` x `cols` elements, row-major. An N:M pattern keeps at most N of every M consecutive
 * elements of a row; groups start at column 0 and run along the reduction dimension (the columns). When cols is not a
 * multiple of M the last group is short and keeps at most min(N, its length). N always counts what is kept.
 *
 * Conventions, valid for every function unless it says otherwise:
 *  - Sizes, leading dimensions and positions are int64_t and count elements. ld is the distance between the starts of
 *    two consecutive rows and is at least the row's length. Any byte count must fit int64_t.
 *  - Pointers need the natural alignment of their element type (float: 4 bytes), no more. Memory stays the caller's;
 * nothing is kept after a function returns. Nothing outside the documented elements is read or written, padding between
 *    `cols` and `ld` included.
 *  - Where overlap is refused, buffers whose address ranges meet are refused, except columns of one wide buffer: equal
 *    leading dimensions and column ranges that do not meet.
 *  - A size of 0 is legal where the text does not exclude it; then the pointers to empty data may be NULL.
 *  - Every function returns a status (NM_OK = 0). On failure outputs are unspecified unless stated, handles are
 *    unchanged, and nm_last_error() of the same thread explains what was expected and what was given.
 *  - Functions may be called from any thread. Functions that take a const nm_matrix* may run concurrently on it.
 *    No function starts a thread, prints, aborts or lets a C++ exception out.
 */
#ifndef NM4J_NM4J_H_
#define NM4J_NM4J_H_

#include <stdint.h>

#if defined(_WIN32)
#define NM_API __declspec(dllexport)
#else
#define NM_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------------- constants -- */

enum nm_status {
  NM_OK = 0,
  NM_INVALID_ARGUMENT = 1, /* NULL, negative, ld shorter than a row, overlapping buffers, unknown enum value */
  NM_INVALID_PATTERN = 2,  /* not 1 <= N < M <= 32 */
  NM_OVERFLOW = 3,         /* a byte count does not fit int64_t or the address space */
  NM_PATTERN_BREACH = 4,   /* a matrix or mask keeps more than N in a group */
  NM_NAN = 5,              /* a NaN among the weights, and NM_ALLOW_NAN not given; with NM_S8 any infinity too */
  NM_OUT_OF_MEMORY = 6,
  NM_INVALID_STATE = 7, /* matrix not sealed yet, already sealed, or rows missing */
  NM_UNSUPPORTED = 8,   /* legal, but not implemented for these element types or this matrix */
  NM_INTERNAL = 9       /* a defect of this library */
};

/* Element types. Weights are NM_F32, NM_BF16 or NM_S8; activations and results as "multiplication" says. A bf16 is the
 * upper half of an fp32, in 16 bits. */
enum nm_dtype { NM_F32 = 0, NM_BF16 = 1, NM_S8 = 2, NM_U8 = 3, NM_S32 = 4 };

/* Instruction sets, each including the ones before it. AVX2 means AVX2, FMA and BMI2; AVX512 means F, BW, DQ and VL;
 * then VNNI (with VBMI: not the first CPUs that have VNNI) and BF16. AMX means AMX-TILE, AMX-BF16 and AMX-INT8, with
 * VBMI2. */
enum nm_isa {
  NM_ISA_SCALAR = 0,
  NM_ISA_AVX2 = 1,
  NM_ISA_AVX512 = 2,
  NM_ISA_AVX512_VNNI = 3,
  NM_ISA_AVX512_BF16 = 4,
  NM_ISA_AMX = 5
};

/* How activations and results lie in memory; W is rows x cols = M x K, and N is the batch. */
enum nm_layout {
  NM_FEATURE_MAJOR = 0, /* X is K x N, Y and C are M x N: Y = W X, N contiguous */
  NM_BATCH_MAJOR = 1    /* X is N x K, Y and C are N x M: Y = X W^T, a linear layer */
};

/* Which multiplications a matrix is packed for. Every matrix multiplies every batch correctly; this chooses speed
 * against memory (see nm_matrix_bytes).
 * 2:4 in percent of dense weights of the type (NM_F32, NM_BF16, NM_S8): small batches 53, 56, 63; large ones 63, 75,
 * 100; any 116, 131, 163. From NM_ISA_AVX512_BF16 on NM_BF16 takes 131 for large ones too, from NM_ISA_AVX512_VNNI on
 * NM_S8 163; with NM_ISA_AMX they take 188 and 225 for any. */
enum nm_workload {
  NM_SMALL_BATCH = 1, /* packed for few activations, bound by memory bandwidth */
  NM_LARGE_BATCH = 2, /* packed for many activations, bound by arithmetic */
  NM_ANY_BATCH = 3    /* both */
};

enum nm_activation {
  NM_IDENTITY = 0,
  NM_RELU = 1, /* max(x, 0); NaN stays NaN */
  NM_GELU = 2  /* x/2 (1 + erf(x / sqrt 2)), the exact (not tanh) form; absolute error below 4e-7 max(1, |x|) */
};

/* Flags of the functions that read weights. */
enum nm_flags {
  NM_ALLOW_NAN = 1 /* treat NaN as the largest magnitude, so that it is kept and seen, instead of failing */
};

/* ------------------------------------------------------------------------------------------ library and machine -- */

/* "MAJOR.MINOR.PATCH", static. */
NM_API const char* nm_version(void);

/* Message of the last failure on this thread, "" if there was none. Valid until the next failure on this thread. */
NM_API const char* nm_last_error(void);

/* "NM_OK", ...; "NM_UNKNOWN" for a value that is no status. Static. */
NM_API const char* nm_status_name(int32_t status);

/* CPU model name, and the instruction-set extensions found (space separated). Static. */
NM_API const char* nm_cpu_name(void);
NM_API const char* nm_cpu_features(void);

/* The best instruction set this CPU and operating system support, and the one in use. In use is the smallest of:
 * detected, the environment variable NM4J_ISA (scalar, avx2, avx512, avx512vnni, avx512bf16, amx; read once), and
 * nm_isa_limit(). NM_INVALID_ARGUMENT when NM4J_ISA is set to anything else. Unless NM4J_ISA forbids NM_ISA_AMX, Linux
 * is asked, for the whole process, for the permission that it takes. */
NM_API int32_t nm_isa_detected(int32_t* isa);
NM_API int32_t nm_isa_active(int32_t* isa);

/* Why that one is in use: "avx512, the best this CPU supports", "avx2, limited by NM4J_ISA=avx2", ... Valid until the
 * next call on this thread. */
NM_API const char* nm_isa_reason(void);

/* Limits the process to `isa` from now on; matrices created before keep their kernels. A value above the detected one
 * is accepted and has no effect. Pass NM_ISA_AMX to lift an earlier limit (NM4J_ISA still holds). */
NM_API int32_t nm_isa_limit(int32_t isa);

/* -------------------------------------------------------------------------------------------------------- masks --
 * A mask has one bit per weight, 1 = kept. Rows start at byte boundaries: row r begins at byte r * ceil(cols / 8), the
 * bit of column c is bit c % 8 (least significant first) of byte c / 8 of its row, and the spare bits of a row's last
 * byte are 0. This is the bitmask of the sparse-24-bitmask checkpoint format. */

/* rows * ceil(cols / 8). */
NM_API int32_t nm_mask_bytes(int64_t rows, int64_t cols, int64_t* bytes);

/* Weights a row keeps: N * floor(cols / M) + min(N, cols % M). */
NM_API int32_t nm_kept_per_row(int64_t cols, int32_t n, int32_t m, int64_t* kept);

/* Magnitude pruning: in each group the N weights of largest |w|. Ties: the lowest column wins; -0.0 ties with 0.0;
 * infinities are the largest; NaN see NM_ALLOW_NAN. Exactly min(N, length) bits are set in each group.
 * w: rows x cols, ld. mask: nm_mask_bytes(rows, cols) bytes, written whole. */
NM_API int32_t nm_mask_magnitude_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                                     int32_t flags, uint8_t* mask);

/* Pruning by scores of any sign, for whoever has a better measure than |w|, such as Wanda's |w| times the norm of the
 * input (Sun et al., arXiv 2306.11695): in each group the N largest scores. Ties, -0.0 and NaN as for magnitudes;
 * -infinity is the smallest. */
NM_API int32_t nm_mask_scores_f32(const float* scores, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                                  int32_t flags, uint8_t* mask);

/* Rows first_row .. first_row + rows - 1 of a random mask: each group keeps exactly min(N, length), each choice being
 * equally likely (within 2^-26). The mask of a row depends on its number, cols, n, m and seed alone, so that blocks of
 * rows may be made apart. Group number g (of the whole matrix, by rows) takes its random numbers from the
 * counter-based generator Philox4x32-10 (Salmon et al., SC 2011) with key seed (low word first) and counters
 * (g mod 2^32, g / 2^32, i / 4, 1): number i, word i % 4 of the result, belongs to column i, which is kept if
 * floor(number * (length - i) / 2^32) is less than how many are still to be kept. */
NM_API int32_t nm_mask_random(int64_t rows, int64_t cols, int32_t n, int32_t m, int64_t seed, int64_t first_row,
                              uint8_t* mask);

/* The mask of a matrix that already obeys N:M: its non-zeros, completed to min(N, length) in each group by the lowest
 * columns that are zero. -0.0 counts as zero. NM_PATTERN_BREACH names the first group with more than N non-zeros. */
NM_API int32_t nm_mask_nonzero_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                                   int32_t flags, uint8_t* mask);

/* Counts the groups that keep more than N, and gives the row and first column of the first one (-1, -1 if none).
 * nm_check_f32 counts non-zeros (-0.0 is zero, NaN is not), nm_check_mask bits. Finding breaches is not a failure. */
NM_API int32_t nm_check_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                            int64_t* breaches, int64_t* first_row, int64_t* first_col);
NM_API int32_t nm_check_mask(const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m, int64_t* breaches,
                             int64_t* first_row, int64_t* first_col);

/* Transposable masks: in every M x M block (rows and columns from multiples of M on) each row and each column keeps
 * exactly N, so that W^T obeys N:M as well (Hubara et al., NeurIPS 2021, arXiv 2102.08124). A short block at an edge is
 * completed by zeros for this: there each row and column keeps at most N.
 * 2:4: the best of the 90 such masks of each 4 x 4 block by its sum of |w|, added in fp32; of equal sums the first in a
 * fixed order. Other patterns: heaviest first while row and column have room, then rows and columns are completed, then
 * pairs of rows exchange columns while that keeps more; ties by row, then column. nm_kept_share_f32 says what is kept.
 * Magnitudes above 2^124, infinities and NaN (see NM_ALLOW_NAN) count as 2^124. Several threads may each make the masks
 * of rows from a multiple of M on: the result is the same. */
NM_API int32_t nm_mask_transposable_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                                        int32_t flags, uint8_t* mask);

/* Counts the M x M blocks with a row or a column that keeps more than N, and gives the first row and column of the
 * first one (-1, -1 if none). */
NM_API int32_t nm_check_transposable(const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m,
                                     int64_t* breaches, int64_t* first_row, int64_t* first_col);

/* V:N:M masks (VENOM: Castro et al., SC 2023, arXiv 2310.02065): of every V x M block only the 4 columns with the
 * largest sums of |w|, and of these the N largest |w| in each row. V >= 1, 1 <= N <= 4, N < M, 4 <= M <= 32. Ties: the
 * lowest column; sums are in fp64, in the order of rows. A short block at an edge keeps min(4, its columns) columns and
 * min(N, that) weights of a row. Rows may be divided at multiples of V. The result obeys N:M too. */
NM_API int32_t nm_mask_vnm_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t v, int32_t n, int32_t m,
                               int32_t flags, uint8_t* mask);

/* Counts the V x M blocks that keep weights of more than 4 columns, or more than N in a row, and gives the first row
 * and column of the first one (-1, -1 if none). */
NM_API int32_t nm_check_vnm(const uint8_t* mask, int64_t rows, int64_t cols, int32_t v, int32_t n, int32_t m,
                            int64_t* breaches, int64_t* first_row, int64_t* first_col);

/* out = w where the mask keeps, +0.0 elsewhere. out may be w itself (then ldo = ldw); any other overlap is refused.
 * The mask may be any bits. */
NM_API int32_t nm_mask_apply_f32(const float* w, int64_t rows, int64_t cols, int64_t ldw, const uint8_t* mask,
                                 float* out, int64_t ldo);

/* Share of sum |w| and of sum w^2 that the mask keeps, accumulated in double; 1.0 for a matrix of zeros, NaN when the
 * weights have NaN or infinities. */
NM_API int32_t nm_kept_share_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, const uint8_t* mask,
                                 double* abs_share, double* square_share);

/* ----------------------------------------------------------------------------------------------- portable format --
 * The portable compressed form, for storage and exchange: values, rows x nm_kept_per_row(cols), row-major without
 * padding, each row's kept weights by ascending column; and a mask with exactly min(N, length) bits in each group. */

/* Compresses w under `mask`, which keeps at most N per group. Groups that keep fewer are completed by their lowest free
 * columns with value +0.0, and `full_mask` receives the completed mask; it may be `mask` itself.
 * NM_PATTERN_BREACH, NM_NAN (among kept weights) name the first position. */
NM_API int32_t nm_compress_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, const uint8_t* mask, int32_t n,
                               int32_t m, int32_t flags, float* values, uint8_t* full_mask);

/* The inverse: kept values at their columns, +0.0 elsewhere. NM_PATTERN_BREACH when a group of the mask does not hold
 * exactly min(N, length) bits. */
NM_API int32_t nm_decompress_f32(const float* values, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n,
                                 int32_t m, float* w, int64_t ld);

/* ------------------------------------------------------------------------------------------------ packed matrices --
 * A matrix of fixed shape and pattern, packed once into the order its kernels consume. Life cycle:
 *   nm_matrix_create -> nm_matrix_set_rows_f32 and its kin until each row is set -> nm_matrix_seal
 *   -> any number of multiplications, from any threads -> nm_matrix_free.
 * Rows may be set in blocks of any size and order, also again; disjoint blocks from several threads at once. */

typedef struct nm_matrix nm_matrix;

/* 1 <= rows, cols. dtype is the type in which weights are stored:
 *   NM_F32   as they are
 *   NM_BF16  rounded to the nearest bf16, ties to even; NaN stays NaN
 *   NM_S8    integers -127 .. 127 times one scale per row. From fp32 rows: scale = max |w| / 127 over the kept weights
 *            (1 if all are 0, and at least the smallest normal fp32), integers rounded to nearest, ties to even.
 * Kernels are chosen here, by the instruction set in use. *out is NULL on failure. */
NM_API int32_t nm_matrix_create(int64_t rows, int64_t cols, int32_t n, int32_t m, int32_t dtype, int32_t workload,
                                nm_matrix** out);

/* Sets rows row0 .. row0 + count - 1 from dense rows w (count x cols, ld) and their mask (count rows, at most N per
 * group; completed as nm_compress_f32 does). On failure rows of the block are left unset. */
NM_API int32_t nm_matrix_set_rows_f32(nm_matrix* a, int64_t row0, int64_t count, const float* w, int64_t ld,
                                      const uint8_t* mask, int32_t flags);

/* The same from dense rows alone, pruned by magnitude as nm_mask_magnitude_f32 does: in one pass, several times faster
 * than making the mask first. mask receives the mask of the rows (count rows), or is NULL; it must not overlap w. */
NM_API int32_t nm_matrix_prune_rows_f32(nm_matrix* a, int64_t row0, int64_t count, const float* w, int64_t ld,
                                        int32_t flags, uint8_t* mask);

/* Sets rows of an NM_S8 matrix from integers and one scale per row (count scales, finite): weight = scale * integer.
 * -128 is allowed here. NM_UNSUPPORTED for other matrices. */
NM_API int32_t nm_matrix_set_rows_s8(nm_matrix* a, int64_t row0, int64_t count, const int8_t* w, int64_t ld,
                                     const uint8_t* mask, const float* scales);

/* The same from the portable format (count rows of values and mask). */
NM_API int32_t nm_matrix_set_compressed_f32(nm_matrix* a, int64_t row0, int64_t count, const float* values,
                                            const uint8_t* mask, int32_t flags);

/* Makes the matrix immutable and ready; all calls that set rows must have returned. NM_INVALID_STATE names the first
 * row that was never set. */
NM_API int32_t nm_matrix_seal(nm_matrix* a);

/* W^T, cols x rows, from a sealed W of rows x cols: a new sealed matrix, independent of `a`, packed for large batches
 * and to be freed like any other; its weights are fp32, whatever the type of a. Multiplied as any other: with the
 * activations dY of batch x rows, batch-major, nm_multiply_f32 of W^T gives dX = dY W, the backward pass of a linear
 * layer Y = X W^T. W needs no mask that also fits its columns: the rows of W^T obey no pattern. nm_matrix_get_rows_f32
 * gives its dense rows; the portable format and another transposition, which need a pattern, are NM_UNSUPPORTED. Kept
 * positions stay kept, zeros among them. Time and memory grow with the kept weights; nothing dense is made. *out is
 * NULL on failure. */
NM_API int32_t nm_matrix_transpose(const nm_matrix* a, nm_matrix** out);

/* W^T of rows x cols weights W, as nm_matrix_transpose makes it, but straight from dense fp32 rows of W and their mask:
 * create, set the columns of W^T (rows of W) in whole blocks of 128, the last one may be shorter, and seal. Blocks may
 * be set in any order, also again, and disjoint ones from several threads at once. Several times faster than packing W
 * and transposing it. Masks, flags and errors are those of nm_matrix_set_rows_f32. */
NM_API int32_t nm_matrix_create_transposed(int64_t rows, int64_t cols, int32_t n, int32_t m, nm_matrix** out);
NM_API int32_t nm_matrix_set_columns_f32(nm_matrix* t, int64_t col0, int64_t count, const float* w, int64_t ld,
                                         const uint8_t* mask, int32_t flags);

/* Takes the seal off, for weights that change: rows or columns may be set again, into the memory at hand, those that
 * are not stay as they are; then seal again. No other call on it may be running. NM_INVALID_STATE while handles exist
 * that were restricted from it; NM_UNSUPPORTED when it comes from nm_matrix_transpose or nm_matrix_restrict. */
NM_API int32_t nm_matrix_reopen(nm_matrix* a);

/* A second handle on the packed weights of a sealed matrix, which multiplies every batch with the packing for
 * `workload` (NM_SMALL_BATCH or NM_LARGE_BATCH): for whoever measures which is faster, instead of trusting the
 * crossover. Nothing is copied; the weights live until both handles are freed. NM_UNSUPPORTED when `a` lacks that
 * packing. *out is NULL on failure. */
NM_API int32_t nm_matrix_restrict(const nm_matrix* a, int32_t workload, nm_matrix** out);

/* Frees the matrix; NULL is allowed. No other call on it may be running. */
NM_API int32_t nm_matrix_free(nm_matrix* a);

/* The rows back as dense (+0.0 where not kept) or in the portable format. NM_F32: exactly what was set, bit for bit;
 * NM_BF16: rounded to bf16; NM_S8: scale * integer, rounded to fp32 once. Sealed matrices only. */
NM_API int32_t nm_matrix_get_rows_f32(const nm_matrix* a, int64_t row0, int64_t count, float* w, int64_t ld);
NM_API int32_t nm_matrix_get_compressed_f32(const nm_matrix* a, int64_t row0, int64_t count, float* values,
                                            uint8_t* mask);

/* The scales of an NM_S8 matrix, one per row; for a matrix of another dtype ones. Sealed matrices only. */
NM_API int32_t nm_matrix_get_scales(const nm_matrix* a, int64_t row0, int64_t count, float* scales);

/* Bytes of memory the packed matrix occupies. */
NM_API int32_t nm_matrix_bytes(const nm_matrix* a, int64_t* bytes);

/* Name of the kernel that nm_multiply_f32 would run, for example "f32_nxm_rowstream_4x64_avx512"; static. */
NM_API int32_t nm_matrix_kernel(const nm_matrix* a, int32_t layout, int64_t batch, const char** name);

/* ------------------------------------------------------------------------------------------------- multiplication --
 *   Y = act(alpha * (W X) + beta * C + bias)
 * x, c, y lie as `layout` says, with leading dimensions ldx, ldc, ldy. bias: rows floats, one per output feature, or
 * NULL. c is not read, and may be NULL, when beta is 0. c may be y itself (same ld): accumulation in place. Any other
 * overlap of y with x, c or bias is refused. batch may be 0.
 * Products follow IEEE 754 in fp32 over the kept positions: activations opposite pruned weights take no part, not even
 * infinities and NaN; those opposite a kept 0.0 do.
 * For a given matrix, layout, batch and instruction set the result is the same bits on every call, however the tiles
 * are split over calls and threads.
 * With bf16 weights and activations, products of two bf16 are exact in fp32; sums are fp32, in another order and
 * rounding than fp32 products have, and from NM_ISA_AVX512_BF16 on denormal operands and sums count as 0; with
 * NM_ISA_AMX items of a tile with an activation that is not finite are summed in fp32 with denormals.
 * Each calling thread keeps a scratch buffer of at most 256 bytes * (cols + 2048) until it ends; products of integers
 * on instruction sets before AVX512_VNNI one more, of at most 256 bytes * (cols + rows + 512), and
 * products of bf16 or integers with NM_ISA_AMX one more, of 2.1 MiB. */

/* Number of tiles into which the product is divided; each writes its own part of Y. */
NM_API int32_t nm_multiply_tiles(const nm_matrix* a, int32_t layout, int64_t batch, int64_t* tiles);

/* Computes tiles tile_begin .. tile_end - 1 of a product of fp32 activations and results. All arguments are checked on
 * every call. Calls with disjoint ranges may run concurrently on the same buffers. */
NM_API int32_t nm_multiply_f32(const nm_matrix* a, int32_t layout, int64_t batch, const float* x, int64_t ldx,
                               float alpha, const float* c, int64_t ldc, float beta, const float* bias,
                               int32_t activation, float* y, int64_t ldy, int64_t tile_begin, int64_t tile_end);

/* A product in general: element types, quantisation, scales per feature and strided batches.
 *   Y_i = act(alpha * f * (W X_i) + beta * C_i + bias),  i = 0 .. count - 1,  f: feature_scale of the output feature
 * Types (x, y):   weights   x                y and c
 *                 NM_F32    NM_F32           NM_F32, NM_BF16, NM_S8, NM_U8
 *                 NM_BF16   NM_F32, NM_BF16  NM_F32, NM_BF16, NM_S8, NM_U8
 *                 NM_S8     NM_F32           NM_F32, NM_BF16, NM_S8, NM_U8
 *                 NM_S8     NM_S8, NM_U8     NM_F32, NM_BF16, NM_S8, NM_U8, NM_S32
 * Others are NM_UNSUPPORTED. C always has Y's type and quantisation.
 * Integers times integers: the sum of w (x - x_zero) over a row's kept weights is exact, on every instruction set; it
 * is rounded to fp32 once, then scaled. Rows that keep more than 65793 weights, whose sums may not fit 32 bits, are
 * NM_UNSUPPORTED for integer activations. Results of NM_S32 are these sums themselves: no scale applies (those of X and
 * of the weights included), and alpha must be 1, beta 0, bias and feature_scale NULL, activation NM_IDENTITY; anything
 * else is NM_INVALID_ARGUMENT.
 * Integers stand for real numbers: scale * (integer - zero), with x_scale and x_zero for X, y_scale and y_zero for Y
 * and C. A result is stored as round(value / y_scale) + y_zero, ties to even, limited to the type's range; NaN becomes
 * the lowest value. (1 / y_scale is computed once, in fp32.) Results of bf16 are rounded to nearest, ties to even. Set
 * every member; a struct of zeros but for the sizes and pointers is not a valid product (alpha = 0). */
typedef struct nm_product {
  int32_t layout;
  int32_t activation;
  int64_t batch;
  int64_t count;              /* products with the same W, at least 0 */
  const void* x;              /* X_0 */
  int64_t ldx, x_stride;      /* X_i begins x_stride elements after X_(i-1); at least 0, 0: all the same X */
  const void* c;              /* C_0 */
  int64_t ldc, c_stride;      /* as for x */
  void* y;                    /* Y_0 */
  int64_t ldy, y_stride;      /* so that no two Y_i share an element: one after the other, or as columns of
                                 one buffer (y_stride >= a row of Y_i and count * y_stride <= ldy) */
  const float* bias;          /* rows floats, or NULL */
  const float* feature_scale; /* rows floats, or NULL: 1 */
  float alpha, beta;
  int32_t x_dtype, y_dtype;
  float x_scale, y_scale; /* of integers only, ignored otherwise; finite, positive */
  int32_t x_zero, y_zero; /* of integers only, ignored otherwise; within the type's range */
} nm_product;

/* Tiles of all count products together; the name of the kernel; and some of the tiles, as nm_multiply_f32. */
NM_API int32_t nm_product_tiles(const nm_matrix* a, const nm_product* product, int64_t* tiles);
NM_API int32_t nm_product_kernel(const nm_matrix* a, const nm_product* product, const char** name);
NM_API int32_t nm_multiply(const nm_matrix* a, const nm_product* product, int64_t tile_begin, int64_t tile_end);

/* What nm_multiply_f32 does after the sums, for a product P that was computed elsewhere, in place:
 *   P = act(alpha * P + beta * C + bias)
 * features: rows of W. Layouts, leading dimensions, C and bias as there; C may not overlap P at all. */
NM_API int32_t nm_finish_f32(int32_t layout, int64_t features, int64_t batch, float alpha, const float* c, int64_t ldc,
                             float beta, const float* bias, int32_t activation, float* p, int64_t ldp);

/* -------------------------------------------------------------------------------------------- 2-D convolution --
 * Y = act(alpha * conv(X, W) + beta * C + bias), a cross-correlation as in all neural-network libraries:
 *   conv(n, oh, ow, o) = sum over kh, kw, i of W(o, kh, kw, i) *
 *                        X(n, oh * stride_h - pad_top + kh * dilation_h, ow * stride_w - pad_left + kw * dilation_w, i)
 * where X is 0 outside the image. It is computed as a product whose columns are (kh, kw, input channel), in this order,
 * and whose batch are the output pixels of all images, without making that matrix of columns.
 *
 * Weights W lie in OHWI order: out_channels x kernel_h x kernel_w x (in_channels / groups), without gaps. For masks,
 * and for all functions above that take weights and masks, they are a matrix of out_channels * kernel_h * kernel_w
 * rows, one per output channel and kernel position, and of in_channels / groups columns: groups of an N:M pattern run
 * along the input channels of one kernel position, the last one of each position may be short, and each row of a mask
 * begins at a byte. So nm_mask_magnitude_f32 with these sizes is magnitude pruning of a convolution. */

/* Fields are int64_t from 0, or where not said otherwise from 1, to 2^31 - 1. */
typedef struct nm_conv2d_geometry {
  int64_t in_channels, out_channels;
  int64_t
      groups; /* divides both; group g takes the g-th part of the input channels to the g-th of the output channels */
  int64_t kernel_h, kernel_w;
  int64_t stride_h, stride_w;
  int64_t dilation_h, dilation_w;                   /* distance between kernel positions; 1 is none between them */
  int64_t pad_top, pad_left, pad_bottom, pad_right; /* rows and columns of zeros around X; from 0 */
} nm_conv2d_geometry;

enum nm_image_layout {
  NM_NHWC = 0, /* channels are contiguous: stride_c is 1 */
  NM_NCHW = 1  /* pixels of an image row are contiguous: stride_w is 1 */
};

/* n images of h x w pixels with c channels: element (n, h, w, c) lies n * stride_n + h * stride_h + w * stride_w +
 * c * stride_c elements behind the first. From the outermost to the innermost dimension in the layout's order, a stride
 * is at least the extent of all that it steps over, so that no two elements share memory. All are int64_t, layout
 * included, and every size is at most 2^31 - 1; n may be 0. */
typedef struct nm_images {
  int64_t layout; /* nm_image_layout */
  int64_t n, h, w, c;
  int64_t stride_n, stride_h, stride_w, stride_c;
} nm_images;

/* A packed convolution. Immutable: any thread may use it at any time until it is freed. */
typedef struct nm_conv2d nm_conv2d;

/* Weights from OIHW order (out_channels x (in_channels / groups) x kernel_h x kernel_w, as PyTorch and ONNX have them)
 * to OHWI order, without gaps. in_channels counts those of one group. The two must not overlap. */
NM_API int32_t nm_ohwi_from_oihw_f32(const float* w, int64_t out_channels, int64_t in_channels, int64_t kernel_h,
                                     int64_t kernel_w, float* out);

/* Height and width of the output for images of h x w:
 * (h + pad_top + pad_bottom - dilation_h * (kernel_h - 1) - 1) / stride_h + 1, rounded down.
 * NM_INVALID_ARGUMENT when the kernel does not fit the padded image. */
NM_API int32_t nm_conv2d_output(const nm_conv2d_geometry* geometry, int64_t h, int64_t w, int64_t* out_h,
                                int64_t* out_w);

/* The matrix of columns of images x (im2col), for training: a row for each output pixel of each image, of kernel_h *
 * kernel_w * in_channels elements in the order of OHWI weights, 0 where the kernel reaches beyond the image. So Y is
 * columns W^T, with W of out_channels rows. geometry->groups must be 1 (NM_UNSUPPORTED). columns must not overlap x. */
NM_API int32_t nm_conv2d_columns_f32(const nm_conv2d_geometry* geometry, const float* x, const nm_images* x_images,
                                     float* columns, int64_t ld);

/* The opposite (col2im): each element of x becomes the sum of those of columns that would come from it, in their order.
 * With columns = dY W this is the gradient dX. */
NM_API int32_t nm_conv2d_sum_columns_f32(const nm_conv2d_geometry* geometry, const float* columns, int64_t ld, float* x,
                                         const nm_images* x_images);

/* Packs weights (OHWI) and their mask, at most N per group; completed as nm_compress_f32 does, zeros among the kept.
 * dtype is the type in which weights are stored, as nm_matrix_create says; NM_S8 has one scale for each output channel,
 * over all its kernel positions. NM_UNSUPPORTED when in_channels / groups is at most N, depthwise convolutions among
 * them: such a pattern drops nothing, and dense is the faster choice. Patterns whose M exceeds in_channels / groups are
 * computed, but gain less than M / N, since each kernel position takes the time of whole groups. NM_PATTERN_BREACH and
 * NM_NAN name row and column as above. *out is NULL on failure. */
NM_API int32_t nm_conv2d_create_f32(const nm_conv2d_geometry* geometry, int32_t n, int32_t m, int32_t dtype,
                                    const float* w, const uint8_t* mask, int32_t flags, nm_conv2d** out);

/* The same of NM_S8 from integers (OHWI) and one scale for each output channel (out_channels scales, finite): weight =
 * scale * integer. -128 is allowed here. */
NM_API int32_t nm_conv2d_create_s8(const nm_conv2d_geometry* geometry, int32_t n, int32_t m, const int8_t* w,
                                   const uint8_t* mask, const float* scales, nm_conv2d** out);

/* Frees the convolution; NULL is allowed. No other call on it may be running. */
NM_API int32_t nm_conv2d_free(nm_conv2d* a);

/* The weights back (OHWI), +0.0 where not kept. NM_F32: what was kept bit for bit; NM_BF16: rounded to bf16; NM_S8:
 * the product of scale and integer, rounded to fp32 once. */
NM_API int32_t nm_conv2d_get_f32(const nm_conv2d* a, float* w);

/* The scales of NM_S8 weights, one for each output channel; ones for those of another type. */
NM_API int32_t nm_conv2d_get_scales(const nm_conv2d* a, float* scales);

/* Bytes of memory the packed convolution occupies. */
NM_API int32_t nm_conv2d_bytes(const nm_conv2d* a, int64_t* bytes);

/* Name of the kernel for images x of a type, for example "f32_nxm_conv2d_rowstream_4x64_avx512"; static.
 * NM_UNSUPPORTED when there is none. */
NM_API int32_t nm_conv2d_kernel(const nm_conv2d* a, int32_t x_dtype, const char** name);

/* Number of tiles into which the output for images x (of which layout and strides do not matter) is divided. */
NM_API int32_t nm_conv2d_tiles(const nm_conv2d* a, int64_t n, int64_t h, int64_t w, int64_t* tiles);

/* Computes tiles tile_begin .. tile_end - 1 for images of fp32. X and Y may have different layouts; C, whose layout is
 * Y's, may be Y itself (same strides), and is not read, and it and its images may be NULL, when beta is 0. bias:
 * out_channels floats, or NULL. Any other overlap of y with x, c or bias is refused; channels of one wide buffer are no
 * overlap where images have no other gaps. All arguments are checked on every call. Calls with disjoint ranges of tiles
 * may run concurrently on the same buffers.
 * Products follow IEEE 754 in fp32 over the kept positions, the zeros around an image included; input opposite pruned
 * weights takes no part. For a given convolution, type of images and instruction set a result is the same bits on every
 * call, whatever the tiles, layouts, and other images of the batch.
 * Each calling thread keeps a scratch buffer of at most 256 KiB until it ends, whatever the geometry. */
NM_API int32_t nm_conv2d_f32(const nm_conv2d* a, const float* x, const nm_images* x_images, float alpha, const float* c,
                             const nm_images* c_images, float beta, const float* bias, int32_t activation, float* y,
                             const nm_images* y_images, int64_t tile_begin, int64_t tile_end);

/* A convolution in general: element types, quantisation and scales per output channel.
 *   Y = act(alpha * f * conv(X, W) + beta * C + bias),  f: feature_scale of the output channel
 * Types, quantisation, what is refused, and the meaning of members that nm_product has too are those of a product; the
 * limit of 65793 kept weights counts those of an output channel. The zeros around images of integers are real ones, so
 * x_zero. bf16 images are widened and multiplied as fp32, on every instruction set. Set every member. */
typedef struct nm_convolution {
  const void* x;
  nm_images x_images;
  const void* c; /* not read, and its images neither, when beta is 0 */
  nm_images c_images;
  void* y;
  nm_images y_images;
  const float* bias;          /* out_channels floats, or NULL */
  const float* feature_scale; /* out_channels floats, or NULL: 1 */
  float alpha, beta;
  int32_t activation;
  int32_t x_dtype, y_dtype;
  float x_scale, y_scale; /* of integers only, ignored otherwise; finite, positive */
  int32_t x_zero, y_zero; /* of integers only, ignored otherwise; within the type's range */
} nm_convolution;

/* Some of the tiles, as nm_conv2d_f32. */
NM_API int32_t nm_convolve(const nm_conv2d* a, const nm_convolution* convolution, int64_t tile_begin, int64_t tile_end);

/* ------------------------------------------------------------------------------------------------------ training --
 * Masked training works in place on memory that the caller owns: dense fp32 weights w, the mask E of what the network
 * uses of them, and the gradient g of the loss with respect to E * w, which is dense (straight-through estimator). */

enum nm_optimizer { NM_SGD = 0, NM_ADAM = 1, NM_ADAMW = 2 };

/* Where SR-STE's term lambda * (1 - E) * w acts (E is the mask before the step; "*" is by elements). */
enum nm_placement {
  NM_IN_GRADIENT = 0, /* added to the gradient: through weight decay, momentum and moments, as in the authors' code */
  NM_OUTSIDE_MOMENTS = 1, /* added to what momentum or the moments make of the gradient, and takes no part in them */
  NM_DECOUPLED = 2        /* w -= lr * lambda * (1 - E) * w beside the optimiser, as AdamW does with weight decay */
};

/* Of what, and how, a mask is made. All but the first say what nm_mask_..._f32 of that name does with the new weights;
 * NaN counts as there with NM_ALLOW_NAN. */
enum nm_mask_kind {
  NM_MASK_MAGNITUDE = 0,    /* the N largest |w| of each group */
  NM_MASK_TRANSPOSABLE = 1, /* N of M in rows and columns of each M x M block */
  NM_MASK_VNM = 2,          /* of each mask_v x M block 4 columns, and N of these in each row; N <= 4 <= M */
  NM_MASK_RANDOM = 3,       /* by mask_seed: nm_mask_random */
  NM_MASK_SCORES = 4,       /* the N largest of scores, rows x cols numbers without gaps: nm_mask_scores_f32 */
  NM_MASK_SCALED = 5        /* the N largest |w * s|, s being one of `cols` numbers in scores: Wanda, where that is the
                               norm of a column's inputs (Sun et al., arXiv 2306.11695) */
};

enum nm_update_flags {
  NM_KEEP_MASK = 1,       /* E stays as it is; otherwise it becomes the mask of the new weights, see nm_mask_kind */
  NM_MASK_UPDATE = 2,     /* ASP: the gradient is masked before, the weights after the step. With NM_KEEP_MASK only. */
  NM_FREEZE_SECOND = 4,   /* STEP's second phase: `second` is read as it is, without bias correction, and not written */
  NM_NESTEROV = 8,        /* NM_SGD with momentum and without dampening only */
  NM_CHECK_GRADIENT = 16, /* a pass over the gradient first: NM_NAN if it is not finite, and nothing is changed */
  NM_NO_STEP = 32         /* mask and masked copies only, of weights as they are; gradient and moments are not needed */
};

/* One optimiser step of one tensor, fused with SR-STE and the new mask. Each tensor has rows x cols elements without
 * gaps, a mask as everywhere. A gradient step is exactly that of torch.optim (SGD, Adam, AdamW) with these parameters,
 * up to rounding; lambda = 0 is the plain straight-through estimator, bit for bit.
 * SR-STE (Zhou et al., ICLR 2021, arXiv 2102.04010): w_(t+1) = w_t - lr * (g + lambda * (1 - E_t) * w_t). */
typedef struct nm_update {
  int64_t rows, cols;
  int32_t n, m; /* the pattern; n = m keeps everything, and m may then be 1 */

  /* Elements of a group lie this far apart; divides cols. 1: neighbours. Weights of a convolution, output x input x
   * height x width: height * width makes groups of input channels at each kernel position. Groups begin at a row's
   * first element; the last ones of a row may be short. Blocks, and the numbers of random groups, are those of matrices
   * W_p of `rows` rows, p being 0 .. group_stride - 1, of every group_stride-th element from element p on; row r of W_p
   * has the groups of row r * group_stride + p of all. */
  int64_t group_stride;

  int32_t mask_kind, mask_v; /* nm_mask_kind. mask_v: NM_MASK_VNM, at least 1 */
  int64_t mask_seed;         /* NM_MASK_RANDOM: any number; the same one gives the same mask */
  const float* scores;       /* NM_MASK_SCORES, NM_MASK_SCALED; otherwise not looked at. Overlaps nothing. */
  int32_t optimizer, placement, flags;
  int64_t step; /* 1, 2, ...: the number of this step */
  float lr, weight_decay;
  float momentum, dampening; /* NM_SGD */
  float beta1, beta2, eps;   /* NM_ADAM, NM_ADAMW; 0 <= beta < 1 */
  float lambda;
  float pruned_factor; /* by which pruned weights appear in `masked`: 0, or more for decaying masks */
  float* w;
  const float* grad;
  float* first;          /* momentum buffer or first moment; NULL for NM_SGD with momentum = 0. Zeros before step 1. */
  float* second;         /* second moment; NULL for NM_SGD. Zeros before step 1. */
  uint8_t* mask;         /* E: read, and written unless NM_KEEP_MASK */
  float* masked;         /* receives the new w where the new E keeps, pruned_factor * w elsewhere; or NULL */
  uint16_t* masked_bf16; /* the same as bf16, rounded to nearest, ties to even; or NULL */
} nm_update;

/* Updates rows row_begin .. row_end - 1 in one pass over memory; *flips receives how many bits of their mask changed.
 * Calls with disjoint rows may run concurrently. Rows are divided at multiples of M where the mask becomes
 * transposable, at multiples of mask_v where it becomes V:N:M; n = m and NM_KEEP_MASK take any rows. Weights that
 * become NaN are kept before all others; nothing fails. */
NM_API int32_t nm_update_rows(const nm_update* update, int64_t row_begin, int64_t row_end, int64_t* flips);

/* For optimisers other than these: grad += lambda * (1 - E) * w in rows row_begin .. row_end - 1, SR-STE's term
 * NM_IN_GRADIENT. Where the mask keeps the gradient stays as it is. Calls with disjoint rows may run
 * concurrently. After that optimiser's step, nm_update_rows with NM_NO_STEP makes the next mask. */
NM_API int32_t nm_srste_gradient_rows_f32(const float* w, const uint8_t* mask, int64_t rows, int64_t cols, float lambda,
                                          float* grad, int64_t row_begin, int64_t row_end);

/* NM_NAN, with row and column, unless all of x is finite. For gradients of which several threads then each take rows:
 * NM_CHECK_GRADIENT sees the rows of its own call only. */
NM_API int32_t nm_check_finite_f32(const float* x, int64_t rows, int64_t cols, int64_t ld);

/* The magnitude mask of w for groups with a stride, as nm_update makes it. NaN as NM_ALLOW_NAN. */
NM_API int32_t nm_mask_magnitude_strided_f32(const float* w, int64_t rows, int64_t cols, int32_t n, int32_t m,
                                             int64_t group_stride, int32_t flags, uint8_t* mask);

/* Continuous pruning, S-STE (Hu et al., NeurIPS 2024, arXiv 2409.09099): out = scale * S(w), where
 * S(w) = sign(w) max(|w| - t, 0) with the group's threshold t, its (N + 1)-th largest |w| (0 where it has no more than
 * N). So at most N are not 0, and no weight jumps when the mask changes. out must not overlap w. NM_NAN names the first
 * weight that is not finite. */
NM_API int32_t nm_soft_threshold_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                                     float scale, float* out, int64_t ldo);

/* S-STE's scale of a tensor, <w, S(w)> / <S(w), S(w)>, which brings scale * S(w) nearest to w; 1 when S(w) is 0. The
 * authors compute it once, from the first weights, and keep it. Sums in fp64, by rows. */
NM_API int32_t nm_soft_threshold_scale_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                                           double* scale);

/* Random sparsity of gradients, unbiased and of the least variance (MVUE: Chmiel et al., arXiv 2203.10991). In each
 * group number i is kept with probability p_i and becomes g_i / p_i, otherwise 0, so that its mean is g_i; p_i is
 * proportional to |g_i| but at most 1, and all p_i of a group sum to N (or to its non-zeros, if these are fewer: then
 * they are kept as they are). Exactly that many are kept, by systematic sampling with one random number u for each
 * group; which ones is correlated within a group, but not between groups. 1:2 is a with probability
 * |a| / (|a| + |b|), then with the magnitude |a| + |b|.
 * u is a multiple of 2^-23 (plus half of one), so probabilities below that are rounded. Group number k (of the whole
 * matrix, by rows; rows here are first_row and on) takes it from Philox4x32-10 with key seed and counter
 * (k mod 2^32, k / 2^32, 0, 2), first word. The result depends on nothing else: blocks of rows may be sampled apart,
 * and every instruction set gives the same bits. Another seed for each call makes calls independent. mask: NULL, or
 * receives the non-zeros, completed as by nm_mask_nonzero_f32. Nothing may overlap. NM_NAN names the first group whose
 * sum of |g| is not finite. */
NM_API int32_t nm_sample_f32(const float* g, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m, int64_t seed,
                             int64_t first_row, float* out, int64_t ldo, uint8_t* mask);

/* How many bits differ: the sparse architecture divergence (SAD) of two masks (Zhou et al.). */
NM_API int32_t nm_mask_distance(const uint8_t* a, const uint8_t* b, int64_t rows, int64_t cols, int64_t* bits);

#ifdef __cplusplus
}
#endif

#endif /* NM4J_NM4J_H_ */
