/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernels that memory binds, against their floor: the bytes that they have to read and write, at the speed of a copy on
 * the same device in the same run. A table in Markdown; with --json FILE, one object a line.
 *
 * Usage: nm4j_cuda_kernel_bandwidth [--size N] [--json FILE]   (N x N weights, a multiple of 64; default 8192)
 *
 * On the double it runs with a few weights and says so: its times are made up, and tell that the program works.
 */
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "nm4j/nm4j_cuda.h"

namespace {

constexpr int kRepetitions = 25;
constexpr int64_t kFlushBytes = int64_t{256} << 20;  // more than any cache

void need(int32_t status, const char* what) {
  if (status == NM_OK) return;
  std::fprintf(stderr, "%s: %s: %s\n", what, nm_cuda_status_name(status), nm_cuda_last_error());
  std::exit(1);
}

struct Type {
  int32_t dtype;
  const char* name;
  double bytes;
};
constexpr Type kF32 = {NM_F32, "fp32", 4}, kBf16 = {NM_BF16, "bf16", 2}, kF16 = {NM_CUDA_F16, "fp16", 2},
               kS8 = {NM_S8, "int8", 1};
constexpr Type kAll[] = {kF32, kBf16, kF16, kS8}, kFloats[] = {kF32, kBf16, kF16};

// What runs, and its floor in bytes a weight.
struct Kernel {
  std::string name;
  double bytes;
  std::function<int32_t()> run;
};

class Bench {
 public:
  Bench(int64_t size, FILE* json) : size_(size), count_(size * size), json_(json) {
    need(nm_cuda_stream_create(0, &stream_), "stream");
    need(nm_cuda_event_create(0, &begin_), "event");
    need(nm_cuda_event_create(0, &end_), "event");
    for (void** matrix : {&w_, &other_, &grad_, &first_, &second_, &copy_}) *matrix = allocate(4 * count_);
    mask_ = static_cast<uint8_t*>(allocate(count_ / 8));
    mask_2_ = static_cast<uint8_t*>(allocate(count_ / 8));
    metadata_ = allocate(count_);
    metadata_2_ = allocate(count_);
    results_ = allocate(256);
    scales_ = static_cast<float*>(allocate(4 * size));
    flush_ = allocate(nm_cuda_simulated() ? 256 : kFlushBytes);
    fill_weights();
  }

  ~Bench() {
    for (void* memory : allocated_) need(nm_cuda_free(0, memory), "free");
    need(nm_cuda_event_free(begin_), "event");
    need(nm_cuda_event_free(end_), "event");
    need(nm_cuda_stream_free(stream_), "stream");
  }

  void run() {
    const double copy = seconds([this] { return nm_cuda_copy(stream_, NM_CUDA_ON_DEVICE, copy_, w_, 4 * count_); });
    copy_speed_ = 2 * 4 * static_cast<double>(count_) / copy;
    nm_cuda_device_info device;
    need(nm_cuda_device_get(0, &device), "device");
    std::printf("%s, %lld x %lld weights; a copy on the device runs at %.1f GB/s (bytes read and written).\n\n",
                device.name, static_cast<long long>(size_), static_cast<long long>(size_), copy_speed_ / 1e9);
    std::printf("| kernel | bytes a weight | us | GB/s | of the copy |\n|---|---|---|---|---|\n");
    masks();
    checks();
    compression();
    casts();
    columns();
    training();
    panels();
  }

 private:
  void* allocate(int64_t bytes) {
    void* memory = nullptr;
    need(nm_cuda_alloc(0, bytes, &memory), "alloc");
    allocated_.push_back(memory);
    return memory;
  }

  void fill_weights() {
    std::vector<float> host(static_cast<size_t>(count_));
    uint32_t state = 1;
    for (float& value : host) {
      state = state * 1664525u + 1013904223u;
      value = (static_cast<float>(state >> 8) + 0.5f) * 0x1p-23f - 1.0f;
    }
    for (void* to : {w_, grad_}) need(nm_cuda_copy(stream_, NM_CUDA_TO_DEVICE, to, host.data(), 4 * count_), "copy");
    for (void* to : {first_, second_}) need(nm_cuda_fill(stream_, to, 0, 4 * count_), "fill");
    need(nm_cuda_stream_synchronize(stream_), "synchronize");
  }

  // Median of one run, caches emptied before.
  double seconds(const std::function<int32_t()>& work) {
    std::vector<float> times;
    for (int i = -1; i < kRepetitions; ++i) {  // the first one warms up
      need(nm_cuda_fill(stream_, flush_, 0, nm_cuda_simulated() ? 256 : kFlushBytes), "flush");
      need(nm_cuda_event_record(begin_, stream_), "record");
      need(work(), "kernel");
      need(nm_cuda_event_record(end_, stream_), "record");
      need(nm_cuda_event_synchronize(end_), "synchronize");
      float milliseconds = 0;
      need(nm_cuda_event_elapsed(begin_, end_, &milliseconds), "elapsed");
      if (i >= 0) times.push_back(milliseconds);
    }
    std::nth_element(times.begin(), times.begin() + kRepetitions / 2, times.end());
    return times[kRepetitions / 2] / 1e3;
  }

  void measure(const Kernel& kernel) {
    const double time = seconds(kernel.run), bytes = kernel.bytes * static_cast<double>(count_);
    const double speed = bytes / time, share = speed / copy_speed_;
    std::printf("| %s | %.3f | %.1f | %.1f | %.1f %% |\n", kernel.name.c_str(), kernel.bytes, time * 1e6, speed / 1e9,
                100 * share);
    if (json_ == nullptr) return;
    std::fprintf(json_,
                 "{\"kernel\":\"%s\",\"rows\":%lld,\"cols\":%lld,\"bytes\":%.0f,\"microseconds\":%.3f,\"gbps\":%.3f,"
                 "\"copy_gbps\":%.3f,\"share\":%.4f,\"simulated\":%s}\n",
                 kernel.name.c_str(), static_cast<long long>(size_), static_cast<long long>(size_), bytes, time * 1e6,
                 speed / 1e9, copy_speed_ / 1e9, share, nm_cuda_simulated() ? "true" : "false");
  }

  // w_ in another type, in other_.
  void cast_to(const Type& type) {
    const float factor = type.dtype == NM_S8 ? 127.0f : 1.0f;
    need(nm_cuda_cast(stream_, NM_F32, w_, size_, type.dtype, other_, size_, size_, size_, nullptr, factor), "cast");
  }

  void masks() {
    const auto magnitude = [this](const Type& type, int32_t n, int32_t m) {
      measure(
          {"mask_magnitude " + std::to_string(n) + ":" + std::to_string(m) + " " + type.name, type.bytes + 0.125, [=] {
             return nm_cuda_mask_magnitude(stream_, type.dtype, other_, size_, size_, size_, n, m, 1, mask_, nullptr);
           }});
    };
    for (const Type& type : kAll) {
      cast_to(type);
      magnitude(type, 2, 4);
      if (type.dtype == NM_F32) {
        magnitude(type, 1, 2);
        magnitude(type, 4, 8);
        magnitude(type, 1, 16);
        magnitude(type, 16, 32);
        magnitude(type, 2, 5);
      }
      measure({std::string("mask_transposable 2:4 ") + type.name, type.bytes + 0.125, [=] {
                 return nm_cuda_mask_transposable(stream_, type.dtype, other_, size_, size_, size_, mask_, nullptr);
               }});
      measure({std::string("mask_vnm 64:2:8 ") + type.name, type.bytes + 0.125, [=] {
                 return nm_cuda_mask_vnm(stream_, type.dtype, other_, size_, size_, size_, 64, 2, 8, mask_, nullptr);
               }});
      measure({std::string("mask_nonzero 2:4 ") + type.name, type.bytes + 0.125, [=] {
                 return nm_cuda_mask_nonzero(stream_, type.dtype, other_, size_, size_, size_, 2, 4, mask_, nullptr);
               }});
    }
    for (const Type& type : kFloats) {
      cast_to(type);
      measure({std::string("mask_scores 2:4 ") + type.name, type.bytes + 0.125, [=] {
                 return nm_cuda_mask_scores(stream_, type.dtype, other_, size_, size_, size_, 2, 4, mask_, nullptr);
               }});
    }
    measure({"mask_random 2:4", 0.125, [=] { return nm_cuda_mask_random(stream_, size_, size_, 2, 4, 1, 0, mask_); }});
  }

  void checks() {
    auto* const findings = static_cast<nm_cuda_findings*>(results_);
    need(nm_cuda_mask_magnitude(stream_, NM_F32, w_, size_, size_, size_, 2, 4, 1, mask_, nullptr), "mask");
    need(nm_cuda_mask_random(stream_, size_, size_, 2, 4, 7, 0, mask_2_), "mask");
    for (const Type& type : kAll) {
      cast_to(type);
      measure({std::string("check 2:4 ") + type.name, type.bytes,
               [=] { return nm_cuda_check(stream_, type.dtype, other_, size_, size_, size_, 2, 4, findings); }});
    }
    for (const Type& type : kFloats) {
      cast_to(type);
      measure({std::string("check_finite ") + type.name, type.bytes,
               [=] { return nm_cuda_check_finite(stream_, type.dtype, other_, size_, size_, size_, findings); }});
    }
    measure(
        {"check_mask 2:4", 0.125, [=] { return nm_cuda_check_mask(stream_, mask_, size_, size_, 2, 4, findings); }});
    measure({"check_transposable 2:4", 0.125,
             [=] { return nm_cuda_check_transposable(stream_, mask_, size_, size_, 2, 4, findings); }});
    measure({"check_vnm 64:2:8", 0.125,
             [=] { return nm_cuda_check_vnm(stream_, mask_, size_, size_, 64, 2, 8, findings); }});
    measure({"mask_distance", 0.25, [=] {
               return nm_cuda_mask_distance(stream_, mask_, mask_2_, size_, size_, static_cast<int64_t*>(results_));
             }});
  }

  void compression() {
    for (const Type& type : kAll) {
      const bool half = type.dtype == NM_F32;  // 1:2
      const double code = half ? 0.25 : 0.125;
      cast_to(type);
      need(nm_cuda_mask_magnitude(stream_, type.dtype, other_, size_, size_, size_, half ? 1 : 2, half ? 2 : 4, 1,
                                  mask_, nullptr),
           "mask");
      measure({std::string("compress ") + type.name, 1.5 * type.bytes + 0.125 + code, [=] {
                 return nm_cuda_compress(stream_, type.dtype, other_, size_, size_, size_, mask_, copy_, metadata_,
                                         nullptr);
               }});
      measure({std::string("decompress ") + type.name, 1.5 * type.bytes + code, [=] {
                 return nm_cuda_decompress(stream_, type.dtype, copy_, metadata_, size_, size_, other_, size_, nullptr);
               }});
      int64_t values, bytes;
      need(nm_cuda_compressed_row(type.dtype, size_, &values, &bytes), "compressed_row");
      const int64_t words = bytes / (type.dtype == NM_S8 ? 4 : 2);
      measure({std::string("metadata_to_cutlass ") + type.name, 2 * code,
               [=] { return nm_cuda_metadata_to_cutlass(stream_, type.dtype, size_, words, metadata_, metadata_2_); }});
      measure({std::string("metadata_from_cutlass ") + type.name, 2 * code, [=] {
                 return nm_cuda_metadata_from_cutlass(stream_, type.dtype, size_, words, metadata_2_, metadata_);
               }});
    }
  }

  void casts() {
    const auto cast = [this](const Type& type, const uint8_t* mask) {
      measure({std::string("cast fp32 to ") + type.name + (mask == nullptr ? "" : ", masked"),
               4 + type.bytes + (mask == nullptr ? 0 : 0.125), [=] {
                 return nm_cuda_cast(stream_, NM_F32, w_, size_, type.dtype, other_, size_, size_, size_, mask, 1);
               }});
    };
    for (const Type& type : kAll) cast(type, nullptr);
    for (const Type& type : kAll) cast(type, mask_);
    measure({"scale_columns fp32", 8, [=] {
               return nm_cuda_scale_columns(stream_, static_cast<const float*>(w_), size_, size_, size_, scales_,
                                            static_cast<float*>(other_), size_);
             }});
    for (const uint8_t* mask : {static_cast<const uint8_t*>(nullptr), static_cast<const uint8_t*>(mask_)}) {
      measure(
          {std::string("quantize_rows fp32") + (mask == nullptr ? "" : ", masked"), mask == nullptr ? 5 : 5.125, [=] {
             return nm_cuda_quantize_rows(stream_, NM_F32, w_, size_, size_, size_, mask, static_cast<int8_t*>(other_),
                                          size_, scales_, nullptr);
           }});
    }
  }

  // Of an image with a pixel for each 256 weights, 64 channels, and a kernel of 2 x 2, for which each is needed 4
  // times.
  void columns() {
    const int64_t side = size_ / 16;
    const nm_conv2d_geometry g = {64, 1, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0};
    const nm_images images[] = {{NM_NHWC, 1, side, side, 64, side * side * 64, side * 64, 64, 1},
                                {NM_NCHW, 1, side, side, 64, side * side * 64, side, 1, side * side}};
    for (const nm_images& x : images) {
      const std::string layout = x.layout == NM_NHWC ? " NHWC " : " NCHW ";
      for (const Type& type : kAll) {
        measure({"columns 2 x 2" + layout + type.name, 1.25 * type.bytes,
                 [=] { return nm_cuda_conv2d_columns(stream_, type.dtype, &g, w_, &x, 0, side * side, copy_, 256); }});
      }
      for (const Type& type : kFloats) {
        measure({"sum_columns 2 x 2" + layout + type.name, 1.25 * type.bytes,
                 [=] { return nm_cuda_conv2d_sum_columns(stream_, type.dtype, &g, w_, 256, copy_, &x); }});
      }
    }
  }

  void training() {
    const auto update = [this](const char* name, int32_t optimizer, float momentum, bool masked, double bytes) {
      nm_update u = {};
      u.rows = u.cols = size_;
      u.n = 2;
      u.m = 4;
      u.group_stride = u.step = 1;
      u.optimizer = optimizer;
      u.lr = 1e-6f;
      u.momentum = momentum;
      u.beta1 = 0.9f;
      u.beta2 = 0.999f;
      u.eps = 1e-8f;
      u.lambda = 2e-4f;
      u.w = static_cast<float*>(w_);
      u.grad = static_cast<const float*>(grad_);
      u.first = optimizer == NM_SGD && momentum == 0 ? nullptr : static_cast<float*>(first_);
      u.second = optimizer == NM_SGD ? nullptr : static_cast<float*>(second_);
      u.mask = mask_;
      u.masked = masked ? static_cast<float*>(copy_) : nullptr;
      measure({name, bytes, [this, u] { return nm_cuda_update(stream_, &u, nullptr); }});
    };
    update("update SGD 2:4", NM_SGD, 0, false, 12.25);
    update("update SGD, momentum 2:4", NM_SGD, 0.9f, false, 20.25);
    update("update SGD, momentum, masked copy 2:4", NM_SGD, 0.9f, true, 24.25);
    update("update Adam, masked copy 2:4", NM_ADAM, 0, true, 32.25);
    for (const Type& type : kFloats) {
      cast_to(type);
      measure({std::string("soft_threshold 2:4 ") + type.name, 2 * type.bytes, [=] {
                 return nm_cuda_soft_threshold(stream_, type.dtype, other_, size_, size_, size_, 2, 4, 1, copy_, size_,
                                               nullptr);
               }});
      measure({std::string("soft_threshold_scale 2:4 ") + type.name, type.bytes, [=] {
                 return nm_cuda_soft_threshold_scale(stream_, type.dtype, other_, size_, size_, size_, 2, 4,
                                                     static_cast<double*>(results_), nullptr);
               }});
    }
    for (uint8_t* mask : {static_cast<uint8_t*>(nullptr), mask_2_}) {
      measure(
          {std::string("sample 2:4") + (mask == nullptr ? "" : ", with its mask"), mask == nullptr ? 8 : 12.125, [=] {
             return nm_cuda_sample(stream_, static_cast<const float*>(grad_), size_, size_, size_, 2, 4, 1, 0,
                                   static_cast<float*>(copy_), size_, mask, nullptr);
           }});
    }
    measure({"srste_gradient", 12.125, [=] {
               return nm_cuda_srste_gradient(stream_, static_cast<const float*>(w_), mask_, size_, size_, 1e-9f,
                                             static_cast<float*>(grad_));
             }});
  }

  // Packing, and a product of one tile of items.
  void panels() {
    need(nm_cuda_mask_magnitude(stream_, NM_F32, w_, size_, size_, size_, 2, 4, 1, mask_, nullptr), "mask");
    for (const Type& type : kFloats) {
      cast_to(type);
      nm_cuda_panels* panels = nullptr;
      need(nm_cuda_panels_create(0, size_, size_, 2, 4, type.dtype, &panels), "panels");
      const double packed = (type.bytes + 1) / 2;
      measure({std::string("panels_set 2:4 ") + type.name, type.bytes + 0.125 + packed,
               [=] { return nm_cuda_panels_set(panels, stream_, other_, size_, mask_, nullptr); }});
      nm_cuda_product product = {};
      product.y_dtype = type.dtype;
      product.batch = std::min<int64_t>(size_, 128);
      product.count = 1;
      product.x_layout = product.y_layout = NM_BATCH_MAJOR;
      product.x = other_;
      product.y = copy_;
      product.ldx = product.ldy = size_;
      product.alpha = 1;
      measure({"panels_multiply 2:4 " + std::string(type.name) + ", batch " + std::to_string(product.batch),
               packed + 2 * type.bytes * static_cast<double>(product.batch) / static_cast<double>(size_),
               [=] { return nm_cuda_panels_multiply(panels, &product, stream_); }});
      need(nm_cuda_panels_free(panels), "panels");
    }
  }

  const int64_t size_, count_;
  FILE* const json_;
  nm_cuda_stream* stream_ = nullptr;
  nm_cuda_event *begin_ = nullptr, *end_ = nullptr;
  std::vector<void*> allocated_;
  void *w_, *other_, *grad_, *first_, *second_, *copy_, *metadata_, *metadata_2_, *results_, *flush_;
  uint8_t *mask_, *mask_2_;
  float* scales_;
  double copy_speed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  int64_t size = nm_cuda_simulated() ? 64 : 8192;
  const char* file = nullptr;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--size") == 0 && i + 1 < argc) {
      size = std::atoll(argv[++i]);
    } else if (std::strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
      file = argv[++i];
    } else {
      std::fprintf(stderr, "unknown option %s; expected --size N or --json FILE\n", argv[i]);
      return 2;
    }
  }
  if (size < 64 || size % 64 != 0 || size > 32768) {
    std::fprintf(stderr, "--size: expected a multiple of 64 up to 32768\n");
    return 2;
  }
  FILE* const json = file == nullptr ? nullptr : std::fopen(file, "w");
  if (file != nullptr && json == nullptr) {
    std::fprintf(stderr, "--json: cannot write %s\n", file);
    return 2;
  }
  if (nm_cuda_simulated()) std::printf("**SIMULATED: times of a double on the CPU, which are made up.**\n\n");
  Bench(size, json).run();
  if (json != nullptr && std::fclose(json) != 0) return 1;
  return 0;
}
