// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launches of the kernels. Arguments are known to be good, pointers are device memory, nothing is empty; what a NULL
// means is said with the kernels. Each returns a cudaError_t, and works in the order of the stream.
#ifndef NM4J_CUDA_KERNELS_KERNELS_H_
#define NM4J_CUDA_KERNELS_KERNELS_H_

#include <cstdint>

#include "cuda/kernels/elements.h"
#include "cuda/kernels/launch.h"
#include "cuda/kernels/panel.h"
#include "format/conv2d_columns.h"
#include "nm4j/nm4j_cuda.h"
#include "train/update.h"

namespace nm {
namespace cuda {

// Calls visit with a null pointer of the type's C++ type; dtype is one of the four.
template <typename Visit>
int visit_element(int32_t dtype, const Visit& visit) {
  switch (dtype) {
    case NM_BF16:
      return visit(static_cast<Bf16*>(nullptr));
    case NM_S8:
      return visit(static_cast<int8_t*>(nullptr));
    case NM_CUDA_F16:
      return visit(static_cast<F16*>(nullptr));
    default:
      return visit(static_cast<float*>(nullptr));
  }
}

// The same for the three that are floats.
template <typename Visit>
int visit_float(int32_t dtype, const Visit& visit) {
  if (dtype == NM_BF16) return visit(static_cast<Bf16*>(nullptr));
  if (dtype == NM_CUDA_F16) return visit(static_cast<F16*>(nullptr));
  return visit(static_cast<float*>(nullptr));
}

// A matrix in device memory.
struct DenseView {
  int32_t dtype;
  void* data;
  int64_t rows, cols, ld;
};

int launch_clear(Stream stream, Findings* findings);

int launch_mask_magnitude(Stream stream, const DenseView& w, int32_t n, int32_t m, int64_t group_stride, uint8_t* mask,
                          Findings* nan);
int launch_mask_transposable(Stream stream, const DenseView& w, uint8_t* mask, Findings* nan);
int launch_mask_scores(Stream stream, const DenseView& scores, int32_t n, int32_t m, uint8_t* mask, Findings* nan);
int launch_mask_vnm(Stream stream, const DenseView& w, int32_t v, int32_t n, int32_t m, uint8_t* mask, Findings* nan);
int launch_mask_nonzero(Stream stream, const DenseView& w, int32_t n, int32_t m, uint8_t* mask, Findings* breaches);
int launch_mask_random(Stream stream, int64_t rows, int64_t cols, int32_t n, int32_t m, int64_t seed, int64_t first_row,
                       uint8_t* mask);

int launch_check(Stream stream, const DenseView& w, int32_t n, int32_t m, Findings* breaches);
int launch_check_mask(Stream stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m,
                      Findings* breaches);
int launch_check_transposable(Stream stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m,
                              Findings* breaches);
int launch_check_vnm(Stream stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t v, int32_t n, int32_t m,
                     Findings* breaches);
int launch_check_finite(Stream stream, const DenseView& x, Findings* findings);
int launch_mask_distance(Stream stream, const uint8_t* a, const uint8_t* b, int64_t rows, int64_t cols, uint64_t* bits);

// Dense columns that a word of E describes, and the word's bytes.
struct MetadataWord {
  int32_t columns, bytes;
};
MetadataWord metadata_word(int32_t dtype);

int launch_compress(Stream stream, const DenseView& w, const uint8_t* mask, void* values, void* metadata,
                    Findings* breaches);
int launch_decompress(Stream stream, const void* values, const void* metadata, const DenseView& w, Findings* breaches);
int launch_reorder_metadata(Stream stream, int32_t dtype, bool to_cutlass, int64_t rows, int64_t words,
                            const void* from, void* to);

int launch_cast(Stream stream, const DenseView& x, const uint8_t* mask, float factor, const DenseView& out);
int launch_scale_columns(Stream stream, const DenseView& x, const float* factors, const DenseView& out);  // of fp32
int launch_quantize_rows(Stream stream, const DenseView& w, const uint8_t* mask, int8_t* out, int64_t ldo,
                         float* scales, Findings* not_finite);

// `rule` is that of `update`, whose pointers are device memory.
int launch_update(Stream stream, const nm_update& update, const UpdateRule& rule, uint64_t* flips);

int launch_soft_threshold(Stream stream, const DenseView& w, int32_t n, int32_t m, float scale, const DenseView& out,
                          Findings* not_finite);
// `sums`: kScaleSumBytes of scratch memory.
constexpr int64_t kScaleSumBytes = 16 * 2048;
int launch_soft_threshold_scale(Stream stream, const DenseView& w, int32_t n, int32_t m, void* sums, double* scale,
                                Findings* not_finite);
int launch_sample(Stream stream, const DenseView& g, int32_t n, int32_t m, int64_t seed, int64_t first_row, float* out,
                  int64_t ldo, Findings* not_finite);

// grad += lambda * (1 - E) * w, without gaps.
int launch_regularize(Stream stream, const float* w, const uint8_t* mask, int64_t rows, int64_t cols, float lambda,
                      float* grad);

int launch_pack_panel(Stream stream, const PanelShape& shape, const DenseView& w, const uint8_t* mask, void* values,
                      uint8_t* columns, Findings* breaches);
// One of the product's `count`; its pointers are those of this one.
int launch_panel_product(Stream stream, const PanelShape& shape, int32_t dtype, const void* values,
                         const uint8_t* columns, const nm_cuda_product& product);

// Columns of images of the columns' type, whose sizes fit 32 bits: those of output pixels from `first` on, or the sums
// of all, which are of floats.
int launch_columns(Stream stream, const Conv2dColumns& c, const void* x, int64_t first, const DenseView& columns);
int launch_sum_columns(Stream stream, const Conv2dColumns& c, const DenseView& columns, void* x);

// out = factor * in, the factor alone for NULL; y = act(y) with an nm_activation.
int launch_factors(Stream stream, const float* in, float factor, int64_t count, float* out);
int launch_activation(Stream stream, const DenseView& y, int32_t activation);

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_KERNELS_H_
