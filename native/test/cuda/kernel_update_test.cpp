/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Training steps on the device are those of the CPU, whose arithmetic is tested against the formulas: bit for bit where
// the CPU has fused multiply-adds, as the device does.
#include <gtest/gtest.h>

#include <memory>

#include "cuda/support/device.h"
#include "nm4j/nm4j.h"
#include "support/matrix.h"

namespace nm4j_test {
namespace {

struct Tensors {
  std::vector<float> w, grad, first, second, masked;
  std::vector<uint16_t> bf16;
  std::vector<uint8_t> mask;

  Tensors(int64_t rows, int64_t cols, Random& random) {
    const auto size = static_cast<size_t>(rows * cols);
    for (std::vector<float>* v : {&w, &grad, &first, &second, &masked}) v->resize(size);
    bf16.resize(size);
    mask.resize(static_cast<size_t>(rows * ((cols + 7) / 8)));
    for (float& x : w) x = random.Uniform();
    NewGradient(random);
  }
  void NewGradient(Random& random) {
    for (float& x : grad) x = random.Uniform();
  }
  void Point(nm_update* u) {
    u->w = w.data();
    u->grad = grad.data();
    u->first = first.data();
    u->second = second.data();
    u->mask = mask.data();
    u->masked = masked.data();
    u->masked_bf16 = bf16.data();
  }
};

// The same tensors on the device.
struct DeviceTensors {
  DeviceArray<float> w, grad, first, second, masked;
  DeviceArray<uint16_t> bf16;
  DeviceArray<uint8_t> mask;

  DeviceTensors(nm_cuda_stream* stream, const Tensors& t, int64_t offset)
      : w(stream, t.w, offset),
        grad(stream, t.grad, offset),
        first(stream, t.first, offset),
        second(stream, t.second, offset),
        masked(stream, t.masked, offset),
        bf16(stream, t.bf16, offset),
        mask(stream, t.mask, offset) {}
  void Point(nm_update* u) const {
    u->w = w.data();
    u->grad = grad.data();
    u->first = first.data();
    u->second = second.data();
    u->mask = mask.data();
    u->masked = masked.data();
    u->masked_bf16 = bf16.data();
  }
};

bool HasFusedMultiplyAdd() {
  int32_t isa = NM_ISA_SCALAR;
  return nm_isa_active(&isa) == NM_OK && isa >= NM_ISA_AVX2;
}

class DeviceUpdateTest : public DeviceTest {
 protected:
  nm_update Settings(int64_t rows, int64_t cols, Pattern p) {
    nm_update u = {};
    u.rows = rows;
    u.cols = cols;
    u.n = p.n;
    u.m = p.m;
    u.group_stride = 1;
    u.step = 1;
    u.lr = 0.05f;
    u.weight_decay = 0.01f;
    u.beta1 = 0.9f;
    u.beta2 = 0.999f;
    u.eps = 1e-8f;
    u.lambda = 0.02f;
    return u;
  }

  // Some steps on both sides, each from the CPU's state, so that one difference is not blamed on the next step.
  void Compare(nm_update u, int steps) {
    if (!HasFusedMultiplyAdd()) GTEST_SKIP() << "this CPU rounds products before it adds them";
    Tensors host(u.rows, u.cols, random());
    ASSERT_EQ(NM_OK, nm_mask_magnitude_strided_f32(host.w.data(), u.rows, u.cols, u.n, u.m, u.group_stride, 0,
                                                   host.mask.data()));
    for (int step = 1; step <= steps; ++step) {
      host.NewGradient(random());
      u.step = step;
      const DeviceTensors device(stream(), host, random().Int(0, 3));
      const DeviceArray<int64_t> device_flips(stream(), {-7});
      nm_update on_device = u;
      device.Point(&on_device);
      ASSERT_TRUE(CudaOk(nm_cuda_update(stream(), &on_device, device_flips.data())));
      host.Point(&u);
      int64_t flips = -1;
      ASSERT_EQ(NM_OK, nm_update_rows(&u, 0, u.rows, &flips)) << nm_last_error();
      ASSERT_EQ(host.w, device.w.Read());
      ASSERT_EQ(host.first, device.first.Read());
      ASSERT_EQ(host.second, device.second.Read());
      ASSERT_EQ(host.mask, device.mask.Read());
      ASSERT_EQ(host.masked, device.masked.Read());
      ASSERT_EQ(host.bf16, device.bf16.Read());
      ASSERT_EQ(flips, device_flips.Read()[0]);
      ASSERT_EQ(host.grad, device.grad.Read());
    }
  }
};

TEST_F(DeviceUpdateTest, EveryOptimizerAndPlacement) {
  for (const int32_t optimizer : {NM_SGD, NM_ADAM, NM_ADAMW}) {
    for (const int32_t placement : {NM_IN_GRADIENT, NM_OUTSIDE_MOMENTS, NM_DECOUPLED}) {
      for (const float momentum : {0.0f, 0.9f}) {
        nm_update u = Settings(5, 68, {2, 4});
        u.optimizer = optimizer;
        u.placement = placement;
        u.momentum = momentum;
        u.pruned_factor = momentum;  // decaying masks too
        SCOPED_TRACE(testing::Message() << "optimizer " << optimizer << ", placement " << placement);
        Compare(u, 4);
      }
    }
  }
}

TEST_F(DeviceUpdateTest, EveryFlag) {
  for (const int flags : {0 + NM_KEEP_MASK, NM_KEEP_MASK | NM_MASK_UPDATE, 0 + NM_FREEZE_SECOND, 0 + NM_NESTEROV,
                          0 + NM_NO_STEP, 0 + NM_CHECK_GRADIENT, NM_NO_STEP | NM_KEEP_MASK}) {
    nm_update u = Settings(6, 64, {2, 4});
    u.optimizer = (flags & NM_NESTEROV) != 0 ? NM_SGD : NM_ADAM;
    u.momentum = 0.9f;
    u.flags = flags;
    SCOPED_TRACE(testing::Message() << "flags " << flags);
    Compare(u, 3);
  }
}

TEST_F(DeviceUpdateTest, PatternsLengthsAndStrides) {
  for (const Pattern p :
       {Pattern{1, 2}, Pattern{4, 8}, Pattern{1, 16}, Pattern{3, 5}, Pattern{31, 32}, Pattern{4, 4}, Pattern{1, 1}}) {
    for (const int64_t cols : {1, 7, 16, 33, 160}) {
      nm_update u = Settings(3, cols, p);
      u.momentum = 0.9f;
      SCOPED_TRACE(testing::Message() << p.n << ":" << p.m << ", " << cols << " columns");
      Compare(u, 2);
    }
  }
  for (const int64_t stride : {2, 9}) {
    nm_update u = Settings(4, stride * 13, {2, 4});
    u.optimizer = NM_ADAMW;
    u.group_stride = stride;
    Compare(u, 3);
  }
}

// What a step does not need may be NULL; flips too.
TEST_F(DeviceUpdateTest, NeedsNoMoreThanItUses) {
  Tensors host(2, 16, random());
  const DeviceTensors device(stream(), host, 0);
  nm_update u = Settings(2, 16, {2, 4});
  u.w = device.w.data();
  u.grad = device.grad.data();
  u.mask = device.mask.data();
  ASSERT_TRUE(CudaOk(nm_cuda_update(stream(), &u, nullptr)));
  EXPECT_NE(host.w, device.w.Read());
  EXPECT_EQ(host.first, device.first.Read());
  EXPECT_EQ(host.masked, device.masked.Read());
}

TEST_F(DeviceUpdateTest, AnInfiniteGradientIsFoundAndChangesNothing) {
  Tensors host(3, 40, random());
  host.grad[57] = kNan;
  host.grad[101] = kInfinity;
  const DeviceTensors device(stream(), host, 0);
  nm_update u = Settings(3, 40, {2, 4});
  device.Point(&u);
  u.flags = NM_CHECK_GRADIENT;
  const DeviceArray<int64_t> flips(stream(), {-7});
  EXPECT_EQ(NM_NAN, nm_cuda_update(stream(), &u, flips.data()));
  EXPECT_NE(nullptr, std::strstr(nm_cuda_last_error(), "row 1, column 17")) << nm_cuda_last_error();
  EXPECT_EQ(host.w, device.w.Read());
  EXPECT_EQ(host.mask, device.mask.Read());
  EXPECT_EQ(-7, flips.Read()[0]);
}

TEST_F(DeviceUpdateTest, SrSteTermForOtherOptimisers) {
  if (!HasFusedMultiplyAdd()) GTEST_SKIP() << "this CPU rounds products before it adds them";
  for (const int64_t cols : {1, 7, 16, 33, 160}) {
    Tensors host(5, cols, random());
    for (uint8_t& bits : host.mask) bits = static_cast<uint8_t>(random().Int(0, 255));
    const DeviceTensors device(stream(), host, random().Int(0, 3));
    ASSERT_TRUE(CudaOk(
        nm_cuda_srste_gradient(stream(), device.w.data(), device.mask.data(), 5, cols, 0.02f, device.grad.data())));
    ASSERT_EQ(NM_OK,
              nm_srste_gradient_rows_f32(host.w.data(), host.mask.data(), 5, cols, 0.02f, host.grad.data(), 0, 5));
    ASSERT_EQ(host.grad, device.grad.Read()) << cols << " columns";
    ASSERT_EQ(host.w, device.w.Read());
  }
}

TEST_F(DeviceUpdateTest, SrSteTermRefusesBadArguments) {
  const Tensors host(2, 16, random());
  const DeviceTensors d(stream(), host, 0);
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_srste_gradient(stream(), d.w.data(), d.mask.data(), 2, 16, kNan, d.grad.data()),
                          {"lambda"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_srste_gradient(stream(), d.w.data(), d.mask.data(), -2, 16, 1, d.grad.data()),
                          {"-2"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_srste_gradient(stream(), d.w.data(), host.mask.data(), 2, 16, 1, d.grad.data()),
                          {"mask"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_srste_gradient(stream(), d.w.data(), d.mask.data(), 2, 16, 1, d.w.data()),
                          {"separate memory"}));
}

}  // namespace
}  // namespace nm4j_test
