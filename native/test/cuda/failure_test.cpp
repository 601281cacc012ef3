/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every call of CUDA and of cuSPARSELt fails once: each time there is a status with a message, nothing is lost, and the
 * same work succeeds afterwards.
 */
#include <functional>

#include "cuda/support/product.h"

namespace nm4j_test {
namespace {

bool IsFailure(int32_t status) {
  return status == NM_CUDA_FAILURE || status == NM_CUDA_LT_FAILURE || status == NM_OUT_OF_MEMORY ||
         status == NM_CUDA_UNAVAILABLE;
}

// Calls `work` with the k-th call failing, for every k until none is left to fail. `reset` undoes what it did.
void FailEveryCall(const char* name, const std::function<int32_t()>& work, const std::function<void()>& reset) {
  ASSERT_TRUE(CudaOk(work())) << name;  // handles of the thread are there from now on
  reset();
  for (int64_t k = 0;; ++k) {
    ASSERT_LT(k, 10000) << name;
    const int64_t live = LiveObjects();
    FailAt(k);
    const int32_t status = work();
    const bool failed = HasFailed();
    FailAt(-1);
    if (!failed) {
      EXPECT_TRUE(CudaOk(status)) << name;
      reset();
      EXPECT_GT(k, 0) << name << ": nothing was made to fail";
      return;
    }
    // Some failures do not matter: what is destroyed is gone, a cache of the machine's state is asked again.
    if (status != NM_OK) {
      EXPECT_TRUE(IsFailure(status)) << name << ", call " << k << ": " << nm_cuda_status_name(status);
      EXPECT_STRNE(nm_cuda_last_error(), "") << name << ", call " << k;
    }
    reset();
    EXPECT_LE(LiveObjects(), live) << name << ", call " << k << " lost something";
    ASSERT_TRUE(CudaOk(work())) << name << " after the failure of call " << k;
    reset();
  }
}

class CudaFailure : public testing::Test {
 protected:
  void SetUp() override { NM4J_NEEDS_DOUBLE(); }
};

TEST_F(CudaFailure, Streams) {
  nm_cuda_stream* stream = nullptr;
  FailEveryCall(
      "create", [&] { return nm_cuda_stream_create(0, &stream); },
      [&] {
        EXPECT_TRUE(CudaOk(nm_cuda_stream_free(stream)));
        stream = nullptr;
      });
  const Stream other(1);
  FailEveryCall(
      "synchronize", [&] { return nm_cuda_stream_synchronize(other.get()); }, [] {});
  int32_t done;
  FailEveryCall(
      "query", [&] { return nm_cuda_stream_query(other.get(), &done); }, [] {});
  FailEveryCall(
      "trim", [&] { return nm_cuda_stream_trim(other.get()); }, [] {});
}

// What is freed is gone, whatever the device says meanwhile.
TEST_F(CudaFailure, Freeing) {
  for (int64_t k = -1; k < 12; ++k) {  // -1: nothing fails, and the thread has its handle from then on
    const int64_t live = LiveObjects();
    nm_cuda_stream* stream = nullptr;
    nm_cuda_event* event = nullptr;
    nm_cuda_weights* weights = nullptr;
    ASSERT_TRUE(CudaOk(nm_cuda_stream_create(0, &stream)));
    ASSERT_TRUE(CudaOk(nm_cuda_event_create(0, &event)));
    ASSERT_TRUE(CudaOk(nm_cuda_weights_create(0, 32, 32, 1, 2, 4, NM_BF16, &weights)));
    const std::vector<float> dense(32 * 32, 0.0f);
    ASSERT_TRUE(CudaOk(nm_cuda_weights_set_host(weights, stream, dense.data(), NM_F32, 32, 0, nullptr)));
    FailAt(k);
    nm_cuda_weights_free(weights);
    nm_cuda_event_free(event);
    nm_cuda_stream_free(stream);
    FailAt(-1);
    EXPECT_LE(LiveObjects(), live + (k == -1 ? 1 : 0)) << "call " << k;
  }
}

TEST_F(CudaFailure, EventsAndMemory) {
  const Stream stream;
  nm_cuda_event* event = nullptr;
  FailEveryCall(
      "event", [&] { return nm_cuda_event_create(1, &event); },
      [&] {
        nm_cuda_event_free(event);
        event = nullptr;
      });
  void* memory = nullptr;
  FailEveryCall(
      "alloc", [&] { return nm_cuda_alloc(0, 1000, &memory); },
      [&] {
        EXPECT_TRUE(CudaOk(nm_cuda_free(0, memory)));
        memory = nullptr;
      });
  FailEveryCall(
      "host alloc", [&] { return nm_cuda_host_alloc(1000, &memory); },
      [&] {
        EXPECT_TRUE(CudaOk(nm_cuda_host_free(memory)));
        memory = nullptr;
      });
  const DeviceBytes bytes(256);
  std::vector<unsigned char> host(256);
  FailEveryCall(
      "copy", [&] { return nm_cuda_copy(stream.get(), NM_CUDA_TO_DEVICE, bytes.data(), host.data(), 256); },
      [&] { stream.Synchronize(); });
  FailEveryCall(
      "fill", [&] { return nm_cuda_fill(stream.get(), bytes.data(), 1, 256); }, [&] { stream.Synchronize(); });
}

TEST_F(CudaFailure, DenseProducts) {
  const DeviceBytes memory(12);
  auto* const x = static_cast<float*>(memory.data());
  const nm_cuda_gemm_problem p = {NM_F32, NM_F32, 0, 0, 1, 1, 1, x, 1, x + 1, 1, 0, x + 2, 1};
  nm_cuda_stream* stream = nullptr;
  FailEveryCall(
      "gemm",  // the first one of a stream, which makes a handle
      [&] {
        const int32_t created = stream == nullptr ? nm_cuda_stream_create(0, &stream) : int32_t{NM_OK};
        return created != NM_OK ? created : nm_cuda_gemm(stream, &p);
      },
      [&] {
        EXPECT_TRUE(CudaOk(nm_cuda_stream_free(stream)));
        stream = nullptr;
      });
}

TEST_F(CudaFailure, Weights) {
  const Stream stream;
  nm_cuda_weights* weights = nullptr;
  const auto free_weights = [&] {
    EXPECT_TRUE(CudaOk(nm_cuda_weights_free(weights)));
    weights = nullptr;
  };
  FailEveryCall(
      "create", [&] { return nm_cuda_weights_create(0, 40, 40, 1, 2, 4, NM_BF16, &weights); }, free_weights);
  const std::vector<float> dense(40 * 40, 0.0f);
  ASSERT_TRUE(CudaOk(nm_cuda_weights_create(0, 40, 40, 1, 2, 4, NM_BF16, &weights)));
  FailEveryCall(
      "set from the host",
      [&] { return nm_cuda_weights_set_host(weights, stream.get(), dense.data(), NM_F32, 40, 0, nullptr); },
      [&] { stream.Synchronize(); });
  const DeviceBytes device(stream, std::vector<unsigned char>(40 * 40 * 2));
  FailEveryCall(
      "set", [&] { return nm_cuda_weights_set(weights, stream.get(), device.data(), 40, 0, NM_CUDA_ROW_MAJOR, 0); },
      [&] {
        stream.Synchronize();
        EXPECT_TRUE(CudaOk(nm_cuda_stream_trim(stream.get())));
      });
  free_weights();
}

// Staged operands, a bias, and a plan that has to be made each time, since the bias lies elsewhere.
TEST_F(CudaFailure, Products) {
  const Stream stream;
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  c.rows = 40;
  c.cols = 40;
  c.batch = 5;
  c.c = CPlace::kApart;
  ProductTest test(c, stream);
  const DeviceBytes biases(64 * 1024);
  int64_t next = 0;
  FailEveryCall(
      "product",
      [&] {
        test.product().bias = static_cast<unsigned char*>(biases.data()) + 2 * next++ % (63 * 1024);
        return test.Run();
      },
      [&] {
        stream.Synchronize();
        EXPECT_TRUE(CudaOk(nm_cuda_stream_trim(stream.get())));
      });
  test.product().bias = nullptr;
  ASSERT_TRUE(CudaOk(test.Run()));
  test.Check();
}

// What was queued before a failure still reads or writes: new weights on another stream wait for it.
TEST_F(CudaFailure, WeightsOnAnotherStream) {
  const Stream stream, other;
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  c.rows = c.cols = 40;
  c.batch = 5;
  c.activation = NM_GELU;  // a kernel behind the product, and a copy, since the batch is padded
  ProductTest test(c, stream);
  const DeviceBytes dense(other, std::vector<unsigned char>(40 * 40 * 2));
  const auto set_on = [&](const Stream& on) {
    return nm_cuda_weights_set(test.weights(), on.get(), dense.data(), 40, 0, NM_CUDA_ROW_MAJOR, 0);
  };
  const auto set_on_other = [&] {
    EXPECT_TRUE(CudaOk(set_on(other)));
    other.Synchronize();
    stream.Synchronize();
  };
  FailEveryCall(
      "product", [&] { return test.Run(); }, set_on_other);
  FailEveryCall(
      "set", [&] { return set_on(stream); }, set_on_other);
}

// A search goes on when one algorithm fails, and ends when the device does.
TEST_F(CudaFailure, Searches) {
  const Stream stream;
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  c.rows = c.cols = 16;
  c.batch = 8;
  ProductTest test(c, stream);
  nm_cuda_algorithm algorithm;
  FailEveryCall(
      "search", [&] { return nm_cuda_search(test.weights(), &test.product(), stream.get(), 1, 1, &algorithm); },
      [&] { stream.Synchronize(); });
  ASSERT_TRUE(CudaOk(test.Run()));
  test.Check();
  EXPECT_TRUE(CudaOk(nm_cuda_algorithms_clear()));
}

// Kernels: each launch of a function, and what it does besides.
TEST_F(CudaFailure, Kernels) {
  const Stream stream;
  nm_cuda_stream* const on = stream.get();
  const DeviceBytes w(64 * 64 * 4), out(64 * 64 * 4), more(64 * 64 * 4), mask(64 * 8), other(64 * 8), results(64);
  for (const DeviceBytes* memory : {&w, &out, &more, &mask, &other}) {
    ASSERT_TRUE(CudaOk(nm_cuda_fill(on, memory->data(), 0, memory->bytes())));
  }
  stream.Synchronize();
  auto* const weights = static_cast<float*>(w.data());
  auto* const copy = static_cast<float*>(out.data());
  auto* const bits = static_cast<uint8_t*>(mask.data());
  auto* const findings = static_cast<nm_cuda_findings*>(results.data());
  const auto fails = [&](const char* name, const std::function<int32_t()>& work) {
    FailEveryCall(name, work, [&] { stream.Synchronize(); });
  };
  fails("magnitude", [&] { return nm_cuda_mask_magnitude(on, NM_F32, weights, 64, 64, 64, 2, 4, 1, bits, findings); });
  fails("transposable", [&] { return nm_cuda_mask_transposable(on, NM_F32, weights, 64, 64, 64, bits, findings); });
  fails("scores", [&] { return nm_cuda_mask_scores(on, NM_F32, weights, 64, 64, 64, 2, 4, bits, findings); });
  fails("vnm", [&] { return nm_cuda_mask_vnm(on, NM_F32, weights, 64, 64, 64, 4, 2, 8, bits, findings); });
  fails("random", [&] { return nm_cuda_mask_random(on, 64, 64, 2, 4, 1, 0, bits); });
  fails("nonzero", [&] { return nm_cuda_mask_nonzero(on, NM_F32, weights, 64, 64, 64, 2, 4, bits, findings); });
  fails("check", [&] { return nm_cuda_check(on, NM_F32, weights, 64, 64, 64, 2, 4, findings); });
  fails("check mask", [&] { return nm_cuda_check_mask(on, bits, 64, 64, 2, 4, findings); });
  fails("check transposable", [&] { return nm_cuda_check_transposable(on, bits, 64, 64, 2, 4, findings); });
  fails("check finite", [&] { return nm_cuda_check_finite(on, NM_F32, weights, 64, 64, 64, findings); });
  fails("check vnm", [&] { return nm_cuda_check_vnm(on, bits, 64, 64, 4, 2, 8, findings); });
  fails("distance", [&] {
    return nm_cuda_mask_distance(on, bits, static_cast<uint8_t*>(other.data()), 64, 64,
                                 static_cast<int64_t*>(results.data()));
  });
  fails("compress",
        [&] { return nm_cuda_compress(on, NM_F32, weights, 64, 64, 64, bits, copy, more.data(), findings); });
  fails("decompress", [&] { return nm_cuda_decompress(on, NM_F32, copy, more.data(), 64, 64, weights, 64, findings); });
  fails("quantize rows", [&] {
    return nm_cuda_quantize_rows(on, NM_F32, weights, 64, 64, 64, bits, static_cast<int8_t*>(out.data()), 64,
                                 static_cast<float*>(more.data()), findings);
  });
  fails("gradient",
        [&] { return nm_cuda_srste_gradient(on, weights, bits, 64, 64, 1e-4f, static_cast<float*>(more.data())); });
  fails("cast", [&] { return nm_cuda_cast(on, NM_F32, weights, 64, NM_BF16, copy, 64, 64, 64, bits, 1); });
  fails("soft threshold",
        [&] { return nm_cuda_soft_threshold(on, NM_F32, weights, 64, 64, 64, 2, 4, 1, copy, 64, findings); });
  FailEveryCall(
      "scale",
      [&] {
        return nm_cuda_soft_threshold_scale(on, NM_F32, weights, 64, 64, 64, 2, 4, static_cast<double*>(more.data()),
                                            findings);
      },
      [&] { EXPECT_TRUE(CudaOk(nm_cuda_stream_trim(on))); });
  fails("sample", [&] { return nm_cuda_sample(on, weights, 64, 64, 64, 2, 4, 1, 0, copy, 64, bits, findings); });
  nm_update update = {};
  update.rows = update.cols = 64;
  update.n = 2;
  update.m = 5;  // a step, then a mask
  update.group_stride = update.step = 1;
  update.lr = 0.1f;
  update.flags = NM_CHECK_GRADIENT;
  update.w = weights;
  update.grad = static_cast<const float*>(more.data());
  update.mask = bits;
  update.masked = copy;
  FailEveryCall(
      "update", [&] { return nm_cuda_update(on, &update, static_cast<int64_t*>(results.data())); },
      [&] { EXPECT_TRUE(CudaOk(nm_cuda_stream_trim(on))); });
}

TEST_F(CudaFailure, Panels) {
  const Stream stream;
  const DeviceBytes w(40 * 40 * 4), x(40 * 40 * 4), y(2 * 40 * 40 * 4), mask(40 * 5);
  for (const DeviceBytes* memory : {&w, &x, &mask}) {
    ASSERT_TRUE(CudaOk(nm_cuda_fill(stream.get(), memory->data(), 0, memory->bytes())));
  }
  nm_cuda_panels* panels = nullptr;
  const auto free_panels = [&] {
    EXPECT_TRUE(CudaOk(nm_cuda_panels_free(panels)));
    panels = nullptr;
  };
  FailEveryCall(
      "create", [&] { return nm_cuda_panels_create(0, 40, 40, 3, 8, NM_F32, &panels); }, free_panels);
  ASSERT_TRUE(CudaOk(nm_cuda_panels_create(0, 40, 40, 3, 8, NM_F32, &panels)));
  const auto set_on = [&](const Stream& on) {
    return nm_cuda_panels_set(panels, on.get(), w.data(), 40, static_cast<const uint8_t*>(mask.data()), nullptr);
  };
  // What was queued before a failure still reads or writes: new panels on another stream wait for it.
  const Stream other;
  const auto set_on_other = [&] {
    EXPECT_TRUE(CudaOk(set_on(other)));
    other.Synchronize();
    stream.Synchronize();
  };
  FailEveryCall(
      "set", [&] { return set_on(stream); }, set_on_other);
  nm_cuda_product product = {};
  product.y_dtype = NM_F32;
  product.batch = 40;
  product.count = 2;
  product.x = x.data();
  product.y = y.data();
  product.ldx = product.ldy = 40;
  product.y_stride = 40 * 40;
  product.alpha = 1;
  FailEveryCall(
      "multiply", [&] { return nm_cuda_panels_multiply(panels, &product, stream.get()); }, set_on_other);
  free_panels();
}

}  // namespace
}  // namespace nm4j_test
