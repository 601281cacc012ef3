// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/trial.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cuda/runtime/event.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

// A cheap sequence of the same numbers each time.
class Sequence {
 public:
  uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 33);
  }

 private:
  uint64_t state_ = 1;
};

// The bits of -2 .. 2.
uint32_t integer_bits(int value, int32_t dtype) {
  struct Bits {
    int32_t dtype;
    uint32_t one, two, sign;
  };
  constexpr Bits kFloats[] = {{NM_F32, 0x3f800000, 0x40000000, 0x80000000},
                              {NM_BF16, 0x3f80, 0x4000, 0x8000},
                              {NM_CUDA_F16, 0x3c00, 0x4000, 0x8000},
                              {NM_CUDA_E4M3, 0x38, 0x40, 0x80},
                              {NM_CUDA_E5M2, 0x3c, 0x40, 0x80}};
  for (const Bits& bits : kFloats) {
    if (bits.dtype != dtype) continue;
    const uint32_t magnitude = value == 0 ? 0 : std::abs(value) == 1 ? bits.one : bits.two;
    return value < 0 ? magnitude | bits.sign : magnitude;
  }
  return static_cast<uint32_t>(value);
}

void put(std::vector<unsigned char>* to, int64_t index, int value, int32_t dtype) {
  const uint32_t bits = integer_bits(value, dtype);  // the low bytes come first
  const auto bytes = static_cast<size_t>(element_bytes(dtype));
  std::memcpy(to->data() + static_cast<size_t>(index) * bytes, &bits, bytes);
}

std::vector<unsigned char> integers(int64_t elements, int32_t dtype, Sequence* sequence) {
  std::vector<unsigned char> out(static_cast<size_t>(elements * element_bytes(dtype)));
  for (int64_t i = 0; i < elements; ++i) put(&out, i, static_cast<int>(sequence->next() % 5) - 2, dtype);
  return out;
}

// Lines x width without gaps; every group along the reduction dimension keeps what the hardware does.
std::vector<unsigned char> sparse_integers(const Problem& p, Sequence* sequence) {
  const auto dtype = static_cast<int32_t>(p.a_type);
  const int64_t group = group_length(dtype), kept = kept_of_group(dtype);
  std::vector<unsigned char> out(static_cast<size_t>(p.m * p.k * p.a_count * element_bytes(dtype)));
  for (int64_t row = 0; row < p.m * p.a_count; ++row) {
    const int64_t matrix = row / p.m * p.m * p.k, r = row % p.m;
    for (int64_t col = 0; col < p.k; col += group) {
      const auto first = static_cast<int64_t>(sequence->next()) % group;
      for (int64_t i = 0; i < kept; ++i) {
        const int64_t c = col + (first + i) % group;
        constexpr int kValues[] = {-2, -1, 1, 2};
        put(&out, matrix + (p.a_column_major ? c * p.m + r : r * p.k + c), kValues[sequence->next() % 4], dtype);
      }
    }
  }
  return out;
}

// From the first element to behind the last one of `count` matrices.
int64_t extent(int64_t lines, int64_t ld, int64_t stride, int64_t count) { return (count - 1) * stride + lines * ld; }

}  // namespace

int32_t Trial::upload(const std::vector<unsigned char>& host, DeviceBuffer* device) {
  NM_TRY(device->allocate(static_cast<int64_t>(host.size())));
  NM_CUDA_TRY(cudaMemcpyAsync, device->data(), host.data(), host.size(), cudaMemcpyHostToDevice, stream_->raw);
  NM_CUDA_TRY(cudaStreamSynchronize, stream_->raw);
  return NM_OK;
}

int32_t Trial::prepare(const nm_cuda_weights& w) {
  const Problem& p = problem_;
  const Types& types = *find_types(static_cast<int32_t>(p.a_type), static_cast<int32_t>(p.d_type));
  Sequence sequence;
  weights_.device = w.device;
  weights_.rows = weights_.padded_rows = p.m;
  weights_.cols = weights_.padded_cols = p.k;
  weights_.count = p.a_count;
  weights_.dtype = w.dtype;
  DeviceBuffer dense;
  NM_TRY(upload(sparse_integers(p, &sequence), &dense));
  const int64_t ld = p.a_column_major ? p.m : p.k;
  NM_TRY(compress_weights(&weights_, stream_, {dense.data(), p.m, p.k, ld, p.m * p.k, p.a_column_major != 0}, true));
  NM_CUDA_TRY(cudaStreamSynchronize, stream_->raw);

  const int64_t b_lines = p.b_column_major ? p.n : p.k, d_lines = p.d_column_major ? p.n : p.m;
  NM_TRY(upload(integers(extent(b_lines, p.ldb, p.b_stride, p.count), types.a, &sequence), &b_));
  const int64_t d_elements = extent(d_lines, p.ldd, p.d_stride, p.count);
  d_bytes_ = d_elements * element_bytes(types.d);
  NM_TRY(d_.allocate(d_bytes_));
  if (p.accumulates) {
    NM_TRY(upload(integers(extent(d_lines, p.ldd, p.c_stride, p.count), types.c, &sequence), &c_));
    beta_ = 1;
  }
  if (p.has_bias) NM_TRY(upload(integers(p.m, types.bias, &sequence), &bias_));
  // A power of two, which keeps sums within the range of 8 bits: their deviation is about 1.6 times the root of k.
  alpha_ = std::exp2(-std::ceil(std::log2(std::sqrt(static_cast<float>(p.k)) / 16)));
  if (p.has_vectors) {
    std::vector<unsigned char> scales(static_cast<size_t>(p.m) * sizeof(float));
    for (int64_t i = 0; i < p.m; ++i)
      std::memcpy(&scales[static_cast<size_t>(i) * sizeof alpha_], &alpha_, sizeof alpha_);
    NM_TRY(upload(scales, &scales_));
    for (int64_t i = 0; i < p.m; ++i) std::memcpy(&scales[static_cast<size_t>(i) * sizeof beta_], &beta_, sizeof beta_);
    NM_TRY(upload(scales, &betas_));
  }
  return NM_OK;
}

Operands Trial::operands() const {
  const void* const alpha = problem_.has_vectors ? static_cast<const void*>(scales_.data()) : &alpha_;
  const void* const beta =
      problem_.has_vectors && problem_.accumulates ? static_cast<const void*>(betas_.data()) : &beta_;
  return {alpha,
          beta,
          weights_.compressed.data(),
          b_.data(),
          problem_.accumulates ? c_.data() : d_.data(),
          d_.data(),
          stream_->workspace.data()};
}

int32_t Trial::result(const PreparedPlan& plan, std::vector<unsigned char>* out) {
  NM_TRY(reserve_workspace(stream_, plan.workspace_bytes()));
  // What a product leaves unwritten differs from anything that it writes, and is the same for all.
  NM_CUDA_TRY(cudaMemsetAsync, d_.data(), 0xff, static_cast<size_t>(d_bytes_), stream_->raw);
  NM_TRY(plan.run(operands(), stream_->raw));
  out->resize(static_cast<size_t>(d_bytes_));
  NM_CUDA_TRY(cudaMemcpyAsync, out->data(), d_.data(), out->size(), cudaMemcpyDeviceToHost, stream_->raw);
  NM_CUDA_TRY(cudaStreamSynchronize, stream_->raw);
  return NM_OK;
}

int32_t Trial::time(const PreparedPlan& plan, int32_t iterations, float* milliseconds) {
  NM_TRY(reserve_workspace(stream_, plan.workspace_bytes()));
  std::vector<Event> events(static_cast<size_t>(iterations) + 1);
  for (size_t i = 0; i < events.size(); ++i) {
    NM_TRY(events[i].create(cudaEventDefault));
    if (i > 0) NM_TRY(plan.run(operands(), stream_->raw));
    NM_CUDA_TRY(cudaEventRecord, events[i].raw(), stream_->raw);
  }
  NM_CUDA_TRY(cudaStreamSynchronize, stream_->raw);
  std::vector<float> times(static_cast<size_t>(iterations));
  for (size_t i = 0; i < times.size(); ++i) {
    NM_CUDA_TRY(cudaEventElapsedTime, &times[i], events[i].raw(), events[i + 1].raw());
  }
  std::nth_element(times.begin(), times.begin() + iterations / 2, times.end());
  *milliseconds = times[static_cast<size_t>(iterations) / 2];
  return NM_OK;
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
