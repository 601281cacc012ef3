/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * nm4j on NVIDIA GPUs: the C ABI of libnm4j_cuda.so, a library of its own beside libnm4j. It contains the CUDA runtime
 * and opens libcusparseLt.so.0 when a sparse product is first asked for, so that it loads on every machine; what is
 * missing is a reason that nm_cuda_device_reason and nm_cuda_product_reason tell, never a link error.
 *
 * The conventions of nm4j.h hold, with these differences:
 *  - Every function returns a status of nm_status or nm_cuda_status; its message is nm_cuda_last_error(), of the same
 *    thread. Without a usable device a function fails with NM_CUDA_UNAVAILABLE and the reason as its message.
 *  - "Device memory" is memory of the GPU to which the stream of the call belongs, made by nm_cuda_alloc or by anybody
 *    else's CUDA allocation (its address is all that counts). Pointers to it are checked: host memory, and memory of
 *    another GPU, are NM_INVALID_ARGUMENT. Scalars and structs lie in host memory.
 *  - Work is queued on a stream and may run after the function has returned: memory that takes part, on either side,
 *    must neither be freed nor changed until the stream has passed that point. Functions that wait say "blocks".
 *    A failure of the GPU itself (NM_CUDA_FAILURE) may therefore be reported by a later call.
 *  - Work on one stream runs in order. Between two streams only nm_cuda_event and synchronisation give an order, except
 *    for nm_cuda_weights and nm_cuda_panels, which look after themselves.
 *  - Functions may be called from any thread, also on the same stream; the calling thread's current CUDA device is left
 *    as it was found. Handles of cuSPARSELt belong to a device and a thread; they are made when a thread first needs
 *    them and released when it ends.
 *  - *out is NULL on failure. A _free function takes NULL too; no other call on the object may be running or follow.
 */
#ifndef NM4J_NM4J_CUDA_H_
#define NM4J_NM4J_CUDA_H_

#include <stdint.h>

#include "nm4j/nm4j.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------------- constants -- */

/* Statuses beside those of nm_status. */
enum nm_cuda_status {
  NM_CUDA_UNAVAILABLE = 100, /* no usable device, or no cuSPARSELt or cuBLAS for a product; the message is the reason */
  NM_CUDA_FAILURE = 101,     /* the CUDA runtime or cuBLAS failed; the message names its error and the call */
  NM_CUDA_LT_FAILURE = 102   /* cuSPARSELt failed where it should not have; likewise */
};

/* Element types beside those of nm_dtype, in one numbering with them. */
enum nm_cuda_dtype {
  NM_CUDA_F16 = 16,  /* IEEE binary16 */
  NM_CUDA_E4M3 = 17, /* 8 bits, 4 of exponent, no infinities (OCP OFP8) */
  NM_CUDA_E5M2 = 18  /* 8 bits, 5 of exponent */
};

/* Activations beside those of nm_activation, in one numbering with them. */
enum nm_cuda_activation {
  NM_CUDA_GELU_TANH = 16 /* x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), computed by cuSPARSELt */
};

/* Why a device cannot be used. */
enum nm_cuda_reason {
  NM_CUDA_AVAILABLE = 0,
  NM_CUDA_NO_DRIVER = 1,        /* no NVIDIA driver on this machine */
  NM_CUDA_DRIVER_TOO_OLD = 2,   /* the driver is older than the CUDA runtime inside this library */
  NM_CUDA_NO_DEVICE = 3,        /* a driver, but no device (or CUDA_VISIBLE_DEVICES hides them) */
  NM_CUDA_OLD_DEVICE = 4,       /* compute capability below 8.0: no sparse tensor cores */
  NM_CUDA_DEVICE_FAILED = 5,    /* the device does not initialise, for example because another process owns it */
  NM_CUDA_LT_MISSING = 6,       /* libcusparseLt.so.0 was not found; the text lists where it was looked for */
  NM_CUDA_LT_BROKEN = 7,        /* found, but not loadable or lacking a function */
  NM_CUDA_LT_TOO_OLD = 8,       /* older than 0.6: other numbers for the same types */
  NM_CUDA_LT_TOO_NEW = 9,       /* newer than 0.10, the newest whose declarations this library was checked against */
  NM_CUDA_LT_REFUSED = 10,      /* 0.8.0, which crashes on unaligned host structs and is slow on H100 and L4 */
  NM_CUDA_LT_LACKS_DEVICE = 11, /* this cuSPARSELt has no kernels for this device */
  NM_CUDA_LT_FAILED = 12,       /* cuSPARSELt does not initialise */
  NM_CUDA_BLAS_MISSING = 13,    /* libcublas was not found; the text lists where it was looked for */
  NM_CUDA_BLAS_BROKEN = 14,     /* found, but not loadable or lacking a function */
  NM_CUDA_BLAS_TOO_OLD = 15     /* older than 11.0 */
};

enum nm_cuda_copy_kind { NM_CUDA_TO_DEVICE = 1, NM_CUDA_FROM_DEVICE = 2, NM_CUDA_ON_DEVICE = 3 };

/* ------------------------------------------------------------------------------------------- library and devices -- */

/* "MAJOR.MINOR.PATCH", the version of nm4j; static. */
NM_API const char* nm_cuda_version(void);

/* Message of the last failure on this thread, "" if there was none. Valid until the next failure on this thread. */
NM_API const char* nm_cuda_last_error(void);

/* Name of a status of nm_status or nm_cuda_status; "NM_UNKNOWN" for any other value. Static. */
NM_API const char* nm_cuda_status_name(int32_t status);

/* 1 in the build for tests, whose CUDA runtime is a double on the CPU: nothing it computes or times comes from a GPU.
 * 0 otherwise. */
NM_API int32_t nm_cuda_simulated(void);

/* Versions of the CUDA runtime inside this library and of the driver, as 1000 * major + 10 * minor; driver 0: none. */
NM_API int32_t nm_cuda_runtime_versions(int32_t* runtime, int32_t* driver);

/* Number of devices, usable or not. 0, and no failure, where there is no driver. */
NM_API int32_t nm_cuda_device_count(int32_t* count);

/* Whether a device can be used for memory, streams and kernels: a value of nm_cuda_reason, and a text such as "device 0
 * (Tesla T4): compute capability 7.5 is below 8.0". device 0 may be asked for where there is none: the reason is then
 * that. The text is valid until the next call on this thread. */
NM_API int32_t nm_cuda_device_reason(int32_t device, int32_t* reason, const char** text);

/* The same for sparse products too: all that nm_cuda_device_reason looks at, then cuSPARSELt, which is opened by the
 * first call. It is looked for at the path in the environment variable NM4J_CUSPARSELT if that is set, and nowhere
 * else; otherwise as libcusparseLt.so.0 where the system's loader looks, then where NVIDIA's packages put it. The
 * first attempt's outcome holds for the life of the process. */
NM_API int32_t nm_cuda_product_reason(int32_t device, int32_t* reason, const char** text);

/* The same for dense products, with cuBLAS 11.0 or newer: at the path in NM4J_CUBLAS, and nowhere else, or as
 * libcublas.so.13, 12 or 11, that of this library's CUDA first, where the system's loader looks, then in
 * /usr/local/cuda/lib64. */
NM_API int32_t nm_cuda_gemm_reason(int32_t device, int32_t* reason, const char** text);

typedef struct nm_cuda_device_info {
  char name[256];
  int32_t major, minor; /* compute capability */
  int32_t multiprocessors;
  int32_t integrated; /* 1: shares the host's memory */
  int64_t total_bytes, free_bytes;
} nm_cuda_device_info;

/* Of a device that exists, usable or not. */
NM_API int32_t nm_cuda_device_get(int32_t device, nm_cuda_device_info* info);

/* Version and path of the cuSPARSELt in use. NM_CUDA_UNAVAILABLE if there is none. The path is valid for the life of
 * the process. */
NM_API int32_t nm_cuda_lt_version(int32_t* major, int32_t* minor, int32_t* patch);
NM_API int32_t nm_cuda_lt_path(const char** path);

/* Blocks until all work on the device is done. */
NM_API int32_t nm_cuda_synchronize(int32_t device);

/* --------------------------------------------------------------------------------------------- streams and events --
 */

typedef struct nm_cuda_stream nm_cuda_stream;
typedef struct nm_cuda_event nm_cuda_event;

/* A new stream, which does not wait for the default stream; or one on somebody else's cudaStream_t (NULL: the device's
 * default stream), which must outlive it. A stream keeps scratch memory on the device, as much as its largest product
 * needed; only a larger product makes it wait for its work and allocate again. */
NM_API int32_t nm_cuda_stream_create(int32_t device, nm_cuda_stream** out);
NM_API int32_t nm_cuda_stream_wrap(int32_t device, void* cuda_stream, nm_cuda_stream** out);

/* Blocks until its work is done, then frees it; a wrapped cudaStream_t lives on. */
NM_API int32_t nm_cuda_stream_free(nm_cuda_stream* stream);

NM_API int32_t nm_cuda_stream_device(const nm_cuda_stream* stream, int32_t* device);

/* The cudaStream_t, for other libraries. */
NM_API int32_t nm_cuda_stream_raw(const nm_cuda_stream* stream, void** cuda_stream);

/* Blocks until all work queued so far is done; reports what failed. query: *done is 1 if it is done, 0 if not. */
NM_API int32_t nm_cuda_stream_synchronize(nm_cuda_stream* stream);
NM_API int32_t nm_cuda_stream_query(nm_cuda_stream* stream, int32_t* done);

/* Bytes of scratch memory that the stream holds on the device; trim blocks, and gives them back. */
NM_API int32_t nm_cuda_stream_scratch(nm_cuda_stream* stream, int64_t* bytes);
NM_API int32_t nm_cuda_stream_trim(nm_cuda_stream* stream);

/* A point in a stream's work. Record queues it, again as often as one likes; a stream that waits for it queues nothing
 * before its last recording is reached. Waiting for, or asking, one that was never recorded succeeds at once. */
NM_API int32_t nm_cuda_event_create(int32_t device, nm_cuda_event** out);
NM_API int32_t nm_cuda_event_free(nm_cuda_event* event);
NM_API int32_t nm_cuda_event_record(nm_cuda_event* event, nm_cuda_stream* stream);
NM_API int32_t nm_cuda_stream_wait(nm_cuda_stream* stream, nm_cuda_event* event);
NM_API int32_t nm_cuda_event_query(nm_cuda_event* event, int32_t* done);
NM_API int32_t nm_cuda_event_synchronize(nm_cuda_event* event); /* blocks */

/* Milliseconds between two recorded events of one device, both reached; NM_INVALID_STATE if not. */
NM_API int32_t nm_cuda_event_elapsed(nm_cuda_event* begin, nm_cuda_event* end, float* milliseconds);

/* --------------------------------------------------------------------------------------------------------- memory --
 */

/* Device memory, aligned to 256 bytes, contents unspecified. bytes >= 0; 0 gives NULL. NM_OUT_OF_MEMORY says how much
 * is free. Freeing blocks until all work on the device is done, so that nothing can be freed under a running kernel. */
NM_API int32_t nm_cuda_alloc(int32_t device, int64_t bytes, void** memory);
NM_API int32_t nm_cuda_free(int32_t device, void* memory);

/* Host memory that the device reads and writes directly: copies with it overlap with other work. */
NM_API int32_t nm_cuda_host_alloc(int64_t bytes, void** memory);
NM_API int32_t nm_cuda_host_free(void* memory);

/* Copies bytes, or rows of `width` bytes that begin `pitch` bytes apart, between host and device or within the device.
 * Source and destination may not overlap. Queued; with host memory of other origin than nm_cuda_host_alloc the call may
 * block. The direction is checked against where the pointers lie. */
NM_API int32_t nm_cuda_copy(nm_cuda_stream* stream, int32_t kind, void* to, const void* from, int64_t bytes);
NM_API int32_t nm_cuda_copy_rows(nm_cuda_stream* stream, int32_t kind, void* to, int64_t to_pitch, const void* from,
                                 int64_t from_pitch, int64_t width, int64_t rows);

/* Sets each byte of device memory to `value`, 0 .. 255. */
NM_API int32_t nm_cuda_fill(nm_cuda_stream* stream, void* memory, int32_t value, int64_t bytes);

/* -------------------------------------------------------------------------------------------------------- kernels --
 * Masks, checks, compression, casts and training steps on the device. All are queued on the stream and take device
 * memory; masks are those of nm4j.h, and so are ties, -0.0, infinities and the meaning of N:M. Element types: NM_F32,
 * NM_BF16, NM_CUDA_F16 and NM_S8, others are NM_UNSUPPORTED. Any sizes, leading dimensions and alignments (of an
 * element) are taken; accesses of 16 bytes want rows that begin at multiples of 16 bytes. Inputs and outputs may not
 * overlap unless it is said. Sums of counts over all threads, hence results, do not depend on the order in which they
 * run. */

/* What a kernel found: how many, and where the first one lies, as row * cols + column; -1 if there is none. In device
 * memory, aligned to 8 bytes; each call sets it anew. */
typedef struct nm_cuda_findings {
  int64_t count, first;
} nm_cuda_findings;

/* nm_mask_magnitude_strided_f32, for any leading dimension: group_stride 1 is nm_mask_magnitude_f32; n = m keeps all.
 * NaN are kept before all others, and found; findings may be NULL. */
NM_API int32_t nm_cuda_mask_magnitude(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                                      int64_t ld, int32_t n, int32_t m, int64_t group_stride, uint8_t* mask,
                                      nm_cuda_findings* findings);

/* nm_mask_transposable_f32 for 2:4: bit for bit the same mask. NaN are found; findings may be NULL. */
NM_API int32_t nm_cuda_mask_transposable(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows,
                                         int64_t cols, int64_t ld, uint8_t* mask, nm_cuda_findings* findings);

/* nm_mask_scores_f32: the N largest scores of each group; not for NM_S8. NaN are kept before all others, and found;
 * findings may be NULL. */
NM_API int32_t nm_cuda_mask_scores(nm_cuda_stream* stream, int32_t dtype, const void* scores, int64_t rows,
                                   int64_t cols, int64_t ld, int32_t n, int32_t m, uint8_t* mask,
                                   nm_cuda_findings* findings);

/* nm_mask_vnm_f32: bit for bit the same mask. NaN are found; findings may be NULL. rows / V times cols / 128 below
 * 2^31. */
NM_API int32_t nm_cuda_mask_vnm(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                                int64_t ld, int32_t v, int32_t n, int32_t m, uint8_t* mask, nm_cuda_findings* findings);

/* nm_mask_random: the same bits. */
NM_API int32_t nm_cuda_mask_random(nm_cuda_stream* stream, int64_t rows, int64_t cols, int32_t n, int32_t m,
                                   int64_t seed, int64_t first_row, uint8_t* mask);

/* nm_mask_nonzero_f32: the mask of a matrix that already obeys N:M; NaN are non-zeros, -0.0 is not. Of groups with more
 * than N the lowest columns are taken, and found; findings may be NULL. */
NM_API int32_t nm_cuda_mask_nonzero(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                                    int64_t ld, int32_t n, int32_t m, uint8_t* mask, nm_cuda_findings* findings);

/* Groups that keep more than N, of non-zeros (NaN among them, -0.0 not) and of mask bits; the first column of a group
 * is its position. And the numbers that are not finite. */
NM_API int32_t nm_cuda_check(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                             int64_t ld, int32_t n, int32_t m, nm_cuda_findings* findings);
NM_API int32_t nm_cuda_check_mask(nm_cuda_stream* stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n,
                                  int32_t m, nm_cuda_findings* findings);
NM_API int32_t nm_cuda_check_finite(nm_cuda_stream* stream, int32_t dtype, const void* x, int64_t rows, int64_t cols,
                                    int64_t ld, nm_cuda_findings* findings);

/* Blocks that break nm_check_transposable's and nm_check_vnm's rule; a block's first row and column are its position.
 */
NM_API int32_t nm_cuda_check_transposable(nm_cuda_stream* stream, const uint8_t* mask, int64_t rows, int64_t cols,
                                          int32_t n, int32_t m, nm_cuda_findings* findings);
NM_API int32_t nm_cuda_check_vnm(nm_cuda_stream* stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t v,
                                 int32_t n, int32_t m, nm_cuda_findings* findings);

/* Bits that differ between two masks (nm_mask_distance), to device memory. */
NM_API int32_t nm_cuda_mask_distance(nm_cuda_stream* stream, const uint8_t* a, const uint8_t* b, int64_t rows,
                                     int64_t cols, int64_t* bits);

/* The operand of the "mma.sp" instructions (PTX ISA), in nm4j's own order: for tools that feed such kernels themselves;
 * nm_cuda_weights has cuSPARSELt's. 2:4, for NM_F32 (as TF32) 1:2. Rows of values, the kept half of the padded columns;
 * rows of metadata E, words of 16 bits (NM_S8: 32), little-endian: four bits for each group of four columns, lowest
 * bits first, the first kept column in their lower two bits; for NM_F32, for each group of two, 0100 or 1110 for the
 * first or second. Rows are padded with zeros to the columns that a word describes: 16, NM_F32 8, NM_S8 32. Elements of
 * a row of values, bytes of a row of metadata, for rows of `cols` weights: */
NM_API int32_t nm_cuda_compressed_row(int32_t dtype, int64_t cols, int64_t* values, int64_t* metadata_bytes);

/* Groups of which the mask keeps too few are completed by their lowest free columns, with +0.0. Of groups that keep too
 * many the lowest columns are taken, and found; findings may be NULL. values and metadata: rows without gaps, metadata
 * aligned to its word. */
NM_API int32_t nm_cuda_compress(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                                int64_t ld, const uint8_t* mask, void* values, void* metadata,
                                nm_cuda_findings* findings);

/* The inverse. Groups whose metadata is none of the legal combinations become zeros, and are found. */
NM_API int32_t nm_cuda_decompress(nm_cuda_stream* stream, int32_t dtype, const void* values, const void* metadata,
                                  int64_t rows, int64_t cols, void* w, int64_t ld, nm_cuda_findings* findings);

/* Metadata from rows to the order of CUTLASS's sparse kernels and back: CUTLASS's reorder_meta, then its layout
 * ColumnMajorInterleaved<2>. PyTorch's CUTLASS back-end stores the same (its E of fp32 included). words: of a row, a
 * multiple of 2; rows: a multiple of 32 (NM_S8: 16). */
NM_API int32_t nm_cuda_metadata_to_cutlass(nm_cuda_stream* stream, int32_t dtype, int64_t rows, int64_t words,
                                           const void* metadata, void* reordered);
NM_API int32_t nm_cuda_metadata_from_cutlass(nm_cuda_stream* stream, int32_t dtype, int64_t rows, int64_t words,
                                             const void* reordered, void* metadata);

/* out = factor * x where the mask keeps (everywhere if it is NULL), +0.0 elsewhere: the product in fp32, then rounded
 * to nearest, ties to even; to NM_S8 limited to -128 .. 127, NaN becomes -128. out may be x itself if type and leading
 * dimension are the same. */
NM_API int32_t nm_cuda_cast(nm_cuda_stream* stream, int32_t from, const void* x, int64_t ldx, int32_t to, void* out,
                            int64_t ldo, int64_t rows, int64_t cols, const uint8_t* mask, float factor);

/* A dense product by cuBLAS, for what no mask makes sparse: C = op(A) op(B) + beta C, all row by row. */
typedef struct nm_cuda_gemm_problem {
  int32_t dtype, c_dtype;           /* of A and B: NM_F32, NM_BF16 or NM_CUDA_F16; of C: the same, or NM_F32 */
  int32_t transpose_a, transpose_b; /* 1: op is the transpose */
  int64_t m, n, k;                  /* C is m x n, op(A) m x k, op(B) k x n; all sizes below 2^31 */
  const void* a;
  int64_t lda;
  const void* b;
  int64_t ldb;
  float beta; /* 0: C's contents do not matter */
  void* c;
  int64_t ldc;
} nm_cuda_gemm_problem;

/* Sums are of fp32, and fp32 is multiplied as such. The problem is read before the call returns; C overlaps nothing.
 * NM_CUDA_UNAVAILABLE without cuBLAS, see nm_cuda_gemm_reason. */
NM_API int32_t nm_cuda_gemm(nm_cuda_stream* stream, const nm_cuda_gemm_problem* problem);

/* Rows of the matrix of columns of images, as nm_conv2d_columns_f32 has it, of fp32, bf16, fp16 or int8: `count` of
 * them from that of output pixel `first` on. And the opposite, as nm_conv2d_sum_columns_f32, of all rows, of the three
 * floats: summed in fp32 in the order of the rows, then rounded once. All images together have below 2^31 pixels, of
 * the input and of the output, and columns below 2^31 elements in a row (NM_UNSUPPORTED). */
NM_API int32_t nm_cuda_conv2d_columns(nm_cuda_stream* stream, int32_t dtype, const nm_conv2d_geometry* geometry,
                                      const void* x, const nm_images* x_images, int64_t first, int64_t count,
                                      void* columns, int64_t ld);
NM_API int32_t nm_cuda_conv2d_sum_columns(nm_cuda_stream* stream, int32_t dtype, const nm_conv2d_geometry* geometry,
                                          const void* columns, int64_t ld, void* x, const nm_images* x_images);

/* out = x times a factor for each column, of fp32: weights whose magnitudes are those that NM_MASK_SCALED compares. */
NM_API int32_t nm_cuda_scale_columns(nm_cuda_stream* stream, const float* x, int64_t rows, int64_t cols, int64_t ldx,
                                     const float* factors, float* out, int64_t ldo);

/* Weights to integers and one scale a row, as NM_S8 says in nm_matrix_create, over what the mask keeps (everything if
 * it is NULL); 0 elsewhere. Weights that are not finite are found, and their row's results mean nothing; findings may
 * be NULL. rows below 2^31. */
NM_API int32_t nm_cuda_quantize_rows(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                                     int64_t ld, const uint8_t* mask, int8_t* out, int64_t ldo, float* scales,
                                     nm_cuda_findings* findings);

/* nm_update_rows of all rows on the device, with the same arithmetic: `update` lies in host memory and is read before
 * the call returns, its pointers are device memory. Masks are NM_MASK_MAGNITUDE; other kinds, unless NM_KEEP_MASK, are
 * NM_UNSUPPORTED. flips, in device memory, is set to the number of mask bits that changed; or NULL. With
 * NM_CHECK_GRADIENT it blocks; NM_NAN then changes nothing. */
NM_API int32_t nm_cuda_update(nm_cuda_stream* stream, const nm_update* update, int64_t* flips);

/* S-STE's continuous pruning, nm_soft_threshold_f32, with the same arithmetic; results in the weights' type, rounded to
 * nearest, ties to even. Not for NM_S8. Weights that are not finite are found, and their group's results mean nothing;
 * findings may be NULL. */
NM_API int32_t nm_cuda_soft_threshold(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                                      int64_t ld, int32_t n, int32_t m, float scale, void* out, int64_t ldo,
                                      nm_cuda_findings* findings);

/* Its scale of a tensor, nm_soft_threshold_scale_f32, to device memory. The sums are added in another order than on the
 * CPU, always the same for a shape, so that results may differ in the last digits of fp64. Takes scratch memory. */
NM_API int32_t nm_cuda_soft_threshold_scale(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows,
                                            int64_t cols, int64_t ld, int32_t n, int32_t m, double* scale,
                                            nm_cuda_findings* findings);

/* Random sparsity of gradients, nm_sample_f32: the same bits. mask may be NULL. Groups whose sum of |g| is not finite
 * are found, and their results mean nothing; findings may be NULL. */
NM_API int32_t nm_cuda_sample(nm_cuda_stream* stream, const float* g, int64_t rows, int64_t cols, int64_t ld, int32_t n,
                              int32_t m, int64_t seed, int64_t first_row, float* out, int64_t ldo, uint8_t* mask,
                              nm_cuda_findings* findings);

/* nm_srste_gradient_rows_f32 of all rows on the device, with the same arithmetic; nothing has gaps. */
NM_API int32_t nm_cuda_srste_gradient(nm_cuda_stream* stream, const float* w, const uint8_t* mask, int64_t rows,
                                      int64_t cols, float lambda, float* grad);

/* --------------------------------------------------------------------------------------------------- sparse weights --
 * W, rows x cols (M x K), compressed for sparse tensor cores by cuSPARSELt. These keep 2 of 4 consecutive weights of a
 * row, or 1 of 2 with NM_F32, whose products take the weights and activations rounded to TF32 (10 bits of mantissa).
 * Any N:M that implies this is taken: N <= 2 and M a multiple of 4 (1:4, 2:8, 1:16 ...), with NM_F32 N = 1 and M even.
 * Others are NM_UNSUPPORTED: run them dense, or with the N:M kernels on ordinary cores.
 * Types of weights and activations: NM_F32, NM_BF16, NM_CUDA_F16, NM_S8, and where the device has them NM_CUDA_E4M3 and
 * NM_CUDA_E5M2 (compute capability 8.9 with cuSPARSELt 0.8.1 or newer; 9.0 and above).
 * Any rows and cols >= 1 are taken: weights are padded with zeros to the multiples that the library wants, 32 bytes of
 * elements. The compressed form depends on the device and the version of cuSPARSELt, and never leaves this object. */

typedef struct nm_cuda_weights nm_cuda_weights;

enum nm_cuda_order {
  NM_CUDA_ROW_MAJOR = 0,   /* ld >= cols: element (r, c) at r * ld + c */
  NM_CUDA_COLUMN_MAJOR = 1 /* ld >= rows: element (r, c) at c * ld + r. So W^T of a matrix that lies row-major is had
                              without transposing it, for dX = dY W; its groups run along the rows of what lies there.
                              NM_UNSUPPORTED for 8-bit types. */
};

/* Weights without contents; `count` matrices of this shape, at least 1, for products with one matrix per batch item. */
NM_API int32_t nm_cuda_weights_create(int32_t device, int64_t rows, int64_t cols, int64_t count, int32_t n, int32_t m,
                                      int32_t dtype, nm_cuda_weights** out);

/* Blocks until nothing uses them any more. */
NM_API int32_t nm_cuda_weights_free(nm_cuda_weights* weights);

enum nm_cuda_set_flags {
  NM_CUDA_TRUST = 1 /* skip the check that the weights obey the pattern; they were made so on the device. Weights that
                       do not obey it then lose elements, silently. */
};

/* Compresses weights in device memory, `count` matrices `stride` elements apart, of the type of `weights`; again as
 * often as one likes, for example after each training step. Products queued before, on any stream, still use the old
 * contents, products queued after it the new ones. Without NM_CUDA_TRUST it blocks, and checks all groups first:
 * NM_PATTERN_BREACH changes nothing. Non-zeros count, -0.0 is zero.
 * NM_PATTERN_BREACH is found against what cuSPARSELt needs (2:4, 1:2), not against a narrower N:M, and names the first
 * group of row-major weights. */
NM_API int32_t nm_cuda_weights_set(nm_cuda_weights* weights, nm_cuda_stream* stream, const void* dense, int64_t ld,
                                   int64_t stride, int32_t order, int32_t flags);

/* The same from host memory: one row-major matrix for all `count`, matrices `stride` elements apart, of the type of
 * `weights`, or NM_F32 (dtype says which), which is rounded to it (to nearest, ties to even; not for NM_S8). mask: one
 * bit per weight as in nm4j.h, matrices one after the other, which has to keep at most N of M; or NULL: all non-zeros
 * are kept, and have to obey N:M. Blocks. NM_PATTERN_BREACH names the first position and changes nothing. */
NM_API int32_t nm_cuda_weights_set_host(nm_cuda_weights* weights, nm_cuda_stream* stream, const void* dense,
                                        int32_t dtype, int64_t ld, int64_t stride, const uint8_t* mask);

/* Bytes on the device. */
NM_API int32_t nm_cuda_weights_bytes(const nm_cuda_weights* weights, int64_t* bytes);

/* -------------------------------------------------------------------------------------------------------- products --
 *   Y_i = act(alpha * f * (W_i X_i) + beta * C_i + bias),  i = 0 .. count - 1,  f: feature_scale of the output feature
 * X is K x N, Y and C are M x N, each feature-major (N contiguous) or batch-major (transposed: features contiguous);
 * the layouts of X and Y are independent of each other, and cost nothing. 8-bit types take batch-major X only.
 *
 * Types:   weights, X      Y and C                             sums     bias
 *          NM_F32          NM_F32                              fp32     NM_F32
 *          NM_BF16         NM_BF16                             fp32     NM_BF16
 *          NM_CUDA_F16     NM_CUDA_F16                         fp32     NM_CUDA_F16
 *          NM_S8           NM_S8, NM_S32, NM_CUDA_F16, NM_BF16 int32    NM_F32
 *          NM_CUDA_E4M3,   the same, NM_CUDA_F16, NM_BF16,     fp32     that of C: Y's, or NM_CUDA_F16
 *          NM_CUDA_E5M2    NM_F32 (C is NM_CUDA_F16 where               where Y has 8 bits
 *                          Y has 8 bits)
 * Results are rounded to nearest, ties to even; to NM_S8 they are limited to its range.
 *
 * Activations: NM_IDENTITY and NM_RELU for all types. NM_GELU, exact, for results of NM_F32, NM_BF16 and NM_CUDA_F16: a
 * second pass over Y, so that it takes values already rounded to Y's type. NM_CUDA_GELU_TANH from NM_S8 to NM_S8 and
 * from 8-bit floats to NM_BF16. Everything else is NM_UNSUPPORTED, and so are more than 2^30 - 1 (32-bit), 2^31 - 1
 * (16-bit) or 2^32 - 1 (8-bit) elements in a padded operand.
 *
 * Any sizes, leading dimensions and alignments are taken: where cuSPARSELt wants others (multiples of 16 bytes in every
 * extent and address), operands pass through the stream's scratch memory, which costs a copy of each such operand;
 * nm_cuda_product_copies tells which. Activations opposite zero weights take part where the hardware multiplies them.
 * The same product on the same device with the same algorithm gives the same bits. */
typedef struct nm_cuda_product {
  int32_t x_layout, y_layout; /* nm_layout; C has Y's */
  int32_t y_dtype;
  int32_t activation; /* nm_activation or nm_cuda_activation */
  int64_t batch;      /* N; 0: nothing happens */
  int64_t count;      /* that of the weights, or anything >= 0 if theirs is 1 */
  const void* x;      /* device memory, of the weights' type */
  int64_t ldx, x_stride;
  const void* c; /* may be y itself (same ld and stride); NULL, and not read, when beta is 0 */
  int64_t ldc, c_stride;
  void* y; /* otherwise overlaps nothing */
  int64_t ldy, y_stride;
  const void* bias;           /* device memory, M entries of the type above; or NULL */
  const float* feature_scale; /* device memory, M floats; or NULL: 1. Beside beta != 0 or alpha != 1 it costs a small
                                 kernel each. */
  float alpha, beta;
} nm_cuda_product;

/* Queues Y. All arguments are checked on every call; plans and descriptors are made by the first product of a kind and
 * kept (nm_cuda_plan_stats). */
NM_API int32_t nm_cuda_multiply(const nm_cuda_weights* weights, const nm_cuda_product* product, nm_cuda_stream* stream);

/* Which operands would pass through scratch memory: a sum of these. Pointers are looked at for their alignment only. */
enum nm_cuda_copied { NM_CUDA_COPIES_X = 1, NM_CUDA_COPIES_C = 2, NM_CUDA_COPIES_Y = 4, NM_CUDA_COPIES_VECTORS = 8 };
NM_API int32_t nm_cuda_product_copies(const nm_cuda_weights* weights, const nm_cuda_product* product, int32_t* copies);

/* --------------------------------------------------------------------------------- products on ordinary cores --
 * Weights of any N:M (M up to 32) for products on the ordinary cores: what sparse tensor cores lack. NM_F32, which
 * stays fp32, NM_BF16 and NM_CUDA_F16; sums are fp32, in the order of the columns, so that the same product gives the
 * same bits on every call. Where N / M is 1/2 expect no gain over dense products: shared memory bounds it
 * (native/README.md). */

typedef struct nm_cuda_panels nm_cuda_panels;

/* Without contents. rows and cols from 1. */
NM_API int32_t nm_cuda_panels_create(int32_t device, int64_t rows, int64_t cols, int32_t n, int32_t m, int32_t dtype,
                                     nm_cuda_panels** out);

/* Blocks until the device is done with them. */
NM_API int32_t nm_cuda_panels_free(nm_cuda_panels* panels);

/* Packs dense weights in device memory and their mask, again as often as one likes: products queued before, on any
 * stream, still use the old contents, products queued after it the new ones. Groups that keep more than N keep their
 * lowest N, and are found; findings may be NULL. */
NM_API int32_t nm_cuda_panels_set(nm_cuda_panels* panels, nm_cuda_stream* stream, const void* dense, int64_t ld,
                                  const uint8_t* mask, nm_cuda_findings* findings);

/* Bytes on the device. */
NM_API int32_t nm_cuda_panels_bytes(const nm_cuda_panels* panels, int64_t* bytes);

/* Queues nm_cuda_product's Y, with these differences: Y, C and bias have the type of the weights; activations are those
 * of nm_activation (NM_GELU is exact up to rounding); feature_scale and beta go together; nothing is copied, whatever
 * the alignment; activations opposite weights that the mask does not keep take no part, not even infinities and NaN.
 * batch below 2^23. */
NM_API int32_t nm_cuda_panels_multiply(const nm_cuda_panels* panels, const nm_cuda_product* product,
                                       nm_cuda_stream* stream);

/* ------------------------------------------------------------------------------------------ algorithms and plans --
 * cuSPARSELt has several kernels ("configurations", with split-K variants) per product; without a search, its default
 * number 0 runs. */

typedef struct nm_cuda_algorithm {
  int32_t config, split_k, split_k_mode, split_k_buffers; /* cuSPARSELt's numbers */
  int32_t candidates;                                     /* how many were tried */
  int32_t rejected; /* of these: gave other results than configuration 0 in one of several runs, or failed */
  float milliseconds, default_milliseconds; /* of this one and of configuration 0, medians, on the device's clock */
  int64_t workspace_bytes;
} nm_cuda_algorithm;

/* Finds the fastest algorithm for products of this kind: all configurations, and the one that cusparseLtMatmulSearch
 * proposes, are checked against configuration 0 (bit for bit, on integers, `runs` times) and timed. Blocks, and needs
 * memory for a second set of operands: those of the product are not touched, its pointers are looked at for their
 * alignment only. The result is kept for the process and used by every later product of this kind. iterations, runs:
 * from 1. Products and weights are of the same kind when all but their pointers, contents, alpha and beta's value
 * (other than 0) are equal. */
NM_API int32_t nm_cuda_search(const nm_cuda_weights* weights, const nm_cuda_product* product, nm_cuda_stream* stream,
                              int32_t iterations, int32_t runs, nm_cuda_algorithm* algorithm);

/* *known: 1 if products of this kind have an algorithm, searched or imported; 0 if the default runs. */
NM_API int32_t nm_cuda_algorithm_known(const nm_cuda_weights* weights, const nm_cuda_product* product, int32_t* known);

/* All results as text, one line each, for a file; they hold for the same device model, driver-independent, and version
 * of cuSPARSELt. Export: *size is set to the bytes needed, the final 0 included; written only if `capacity` suffices
 * (else NM_INVALID_ARGUMENT; with text NULL and capacity 0 the size is only asked for). Import: lines of other devices
 * and versions are kept for the next export but not used; *used receives the number of others. A line that cannot be
 * read is NM_INVALID_ARGUMENT, and nothing changes. */
NM_API int32_t nm_cuda_algorithms_export(char* text, int64_t capacity, int64_t* size);
NM_API int32_t nm_cuda_algorithms_import(const char* text, int64_t* used);

/* Forgets all results. */
NM_API int32_t nm_cuda_algorithms_clear(void);

typedef struct nm_cuda_plans {
  int64_t hits, misses, evicted; /* since the process started, all threads */
  int64_t plans, threads;        /* held now, and by how many threads */
} nm_cuda_plans;

/* Plans are kept per device and thread, the 128 last used. */
NM_API int32_t nm_cuda_plan_stats(nm_cuda_plans* stats);

#ifdef __cplusplus
}
#endif

#endif /* NM4J_NM4J_CUDA_H_ */
